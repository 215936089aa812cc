"""Bringing published measurements from their public store."""
