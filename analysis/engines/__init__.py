"""Engines that answer SQL over the view `flat`: DuckDB on one machine, ClickHouse beyond it."""
