"""URLs of ours and of servers' redirects; a hostile one is None, never an exception."""

from urllib.parse import urljoin, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def split(url: str) -> tuple[str, str, str]:
    """Scheme, authority as a browser sends it (no default port), and path with its query."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    if parts.port not in (None, _DEFAULT_PORTS.get(parts.scheme)):
        host = f"{host}:{parts.port}"
    return parts.scheme, host, (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def join(base: str, location: str) -> str | None:
    """Where a redirect from `base` leads; None if that is no URL."""
    try:
        joined = urljoin(base, location)
        _ = urlsplit(joined).port  # raises when it is no number
    except ValueError:
        return None
    return joined


def same_origin(first: str, second: str) -> bool:
    """True if scheme, host and port are the same."""
    return split(first)[:2] == split(second)[:2]
