"""Signals that end a measurement like Ctrl-C does: what is finished is kept, and the exit code is 130."""

import asyncio
import os
import signal
import sys


def stop_on_signals() -> None:
    """A service manager's stop, and the terminal's window being closed, cancel the task that calls this.

    Windows has neither signal for a program like this. Under nohup (SIGHUP ignored) the run outlives its terminal.
    """
    if sys.platform == "win32":
        return
    task = asyncio.current_task()
    assert task is not None
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, task.cancel)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        # Asked now: once the terminal has gone, nothing tells that it was one.
        on_terminal = [stream.fileno() for stream in (sys.stdout, sys.stderr) if stream.isatty()]
        loop.add_signal_handler(signal.SIGHUP, _hang_up, task, on_terminal)


def _hang_up(task: "asyncio.Task[object]", on_terminal: list[int]) -> None:
    """Writing to a terminal that has gone would be an error before the results are kept."""
    with open(os.devnull, "wb") as nowhere:
        for descriptor in on_terminal:
            os.dup2(nowhere.fileno(), descriptor)
    task.cancel()
