"""Recording and alert rules for Prometheus: templates, thresholds, what they render to, and unit tests beside it."""
