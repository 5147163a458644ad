"""The claims of papers as data: read from the plug-ins, run, and judged by the rules of the audit."""
