"""How often the association test errs: simulated lines with known truth (docs/calibration.md)."""
