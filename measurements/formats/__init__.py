"""Formats in which records leave and come: the flat table, OONI's measurements."""
