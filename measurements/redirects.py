"""Where a stored redirect leads."""

from urllib.parse import urlsplit

from measurements.scrub import MARK


def host_of(location: str) -> str | None:
    """Host of a redirect's target, None if it names none.

    Block pages and portals often live at a bare address, which was scrubbed before storing: its host is the mark,
    which is no host of anybody's.
    """
    try:
        return urlsplit(location).hostname
    except ValueError:  # the mark's brackets look like a broken IPv6 address
        return MARK
