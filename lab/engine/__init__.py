"""The processes and namespaces that a lab consists of."""
