"""OONI's measurements: read, reduced to evidence, and judged by our rules (docs/ooni.md)."""
