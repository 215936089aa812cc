"""From rows of the flat table to votes: one per vantage and half hour, or one per OONI measurement (DESIGN section 8).

The engine pairs flows and adds up half hours, some days at a time, so that memory does not grow with the data; what
comes back is a few numbers a vote. Queries use only the dialect's own snippets where engines differ.
"""
