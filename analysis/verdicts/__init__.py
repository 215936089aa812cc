"""Verdicts computed again over stored data, by the rules of the probe."""
