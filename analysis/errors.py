"""What goes wrong with data before anything is computed."""


class DataError(Exception):
    """The data cannot be read: what is wrong, where, and what to do."""
