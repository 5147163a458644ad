"""How fast the same work is done by what a user would pick instead: `make bench`."""
