"""Bringing data in: what a file is, reading it whatever state it is in, counting what became of each record."""
