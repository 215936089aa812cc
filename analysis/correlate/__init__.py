"""Does a platform get slower, or fail more, in the hours of a schedule? (docs/association.md)

    votes + schedule -> cell (grid, windows) -> identifiable? -> shifts (p) -> effect (ratio, interval) -> verdict

One *cell* is one platform on one provider. `core` goes this way; `selection` says which votes take part, `details` what
stands beside the answer. Everything here is pure: arrays and windows in, records out; seeds are arguments.
"""
