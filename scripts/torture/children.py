"""Processes that are meant to be killed: how they begin, how they end."""

import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from measurements.store_errors import StoreError


def fork(work: Callable[[], None]) -> int:
    """Run `work` in a child; it ends with 0, or 1 after an exception."""
    pid = os.fork()
    if not pid:
        _in_child(work)
    return pid


def _in_child(work: Callable[[], None]) -> NoReturn:
    code = 1
    try:
        logging.disable()
        work()
        code = 0
    except (StoreError, OSError, KeyboardInterrupt):
        pass  # a full disk, or the parent's end
    finally:
        os._exit(code)


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
