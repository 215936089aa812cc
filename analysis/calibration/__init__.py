"""How often the association test errs, on simulated lines with known truth (`make calibrate`).

scenarios (a table) -> lines (simulated) -> measure (ours and the plain tests) -> page (docs/calibration.md)
"""
