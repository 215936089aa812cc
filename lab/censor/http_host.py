"""The Host header out of a clear-text HTTP/1 request, from as many bytes as a box has seen. Pure. RFC 9112."""

from lab.censor.names import MORE, More

_METHODS = (b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"OPTIONS ", b"PATCH ", b"CONNECT ", b"TRACE ")

# Servers refuse longer headers; a stream this long without an end of headers is no request.
_LONGEST_HEAD = 1 << 16


def host_of_stream(data: bytes) -> str | More | None:
    """The name without its port: "" for a request without one, None for what is no HTTP/1 request."""
    if not any(data.startswith(method[: len(data)]) for method in _METHODS):
        return None
    head, end, _ = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    complete = lines[1:] if end else lines[1:-1]  # the last line may go on
    for line in complete:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"host":
            return _without_port(value.strip().decode("latin-1").lower())
    if end or len(data) > _LONGEST_HEAD:
        return ""
    return MORE


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
