"""Does an HTTP answer look as `expect` in `targets.yaml` says a good one does?"""

from measurements.targets import Expect


def missed(expect: Expect, status: int, text: str, title: str | None, length: int) -> str | None:
    """The first expectation that the answer misses, in words; None if it meets them all.

    `text` is the decoded body as far as it was read, `length` its number of bytes.
    """
    if not expects_status(expect, status):
        return f"status {status}, expected {' or '.join(map(str, _statuses(expect)))}"
    if expect.title_contains is not None and expect.title_contains not in (title or ""):
        return f"title without {expect.title_contains!r}"
    if expect.body_contains is not None and expect.body_contains not in text:
        return f"body without {expect.body_contains!r}"
    if expect.min_bytes is not None and length < expect.min_bytes:
        return f"{length} bytes, expected {expect.min_bytes} or more"
    return None


def expects_status(expect: Expect, status: int) -> bool:
    """True if `status` is one of those named, or none is named."""
    return expect.status is None or status in _statuses(expect)


def _statuses(expect: Expect) -> tuple[int, ...]:
    if expect.status is None:
        return ()
    return (expect.status,) if isinstance(expect.status, int) else expect.status
