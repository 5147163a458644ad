"""The way of one question: what a user gives becomes a query, and a method's answer a checked result."""
