"""Does a platform get slower, or fail more, in the hours of a schedule? (docs/association.md)

    votes + schedule -> cell (grid, windows) -> identifiable? -> shifts (p) -> effect (ratio, interval) -> verdict

One *cell* is one platform on one provider. Everything here is pure: arrays and windows in, records out; seeds are
arguments.
"""
