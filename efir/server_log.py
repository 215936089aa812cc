"""What our web servers write about requests: our own mistakes, and nobody's address."""

import logging
from functools import cache


@cache
def server_log() -> logging.Logger:
    """The `logger` for aiohttp's handlers; its own one begins each line with the client's address."""
    log = logging.getLogger("efir.server")
    log.addFilter(_anonymous)
    return log


def _anonymous(record: logging.LogRecord) -> bool:
    """Pass on, without its client, what is no stranger's mistake: those could fill the log, and quote the request."""
    from aiohttp.http import HttpProcessingError
    from aiohttp.web import RequestPayloadError

    error = record.exc_info[1] if record.exc_info else None
    record.msg, record.args = "A request could not be answered", ()
    # A head that is no HTTP, and a body that is not packed as its head says, are the sender's.
    return not isinstance(error, HttpProcessingError | RequestPayloadError)
