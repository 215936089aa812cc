"""Verdicts from observations: facts first, then ordered rules that are data (DESIGN section 6)."""
