"""Packaged data: targets, roots, certificate knowledge."""
