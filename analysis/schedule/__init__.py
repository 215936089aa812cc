"""Schedules of events: YAML or iCalendar files, every mistake named with its line (docs/schedule.md)."""
