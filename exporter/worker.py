"""The process that reads and makes: `python -m exporter.worker`, started by `exporter.process` alone.

On its standard input it gets a pickled function that makes a `Maker`, then jobs; on its standard output it answers
each, pickled, behind its length. It ends when its input does, so it never outlives the server.
"""

import os
import pickle
import signal
import sys
import traceback
from contextlib import closing
from typing import Any, BinaryIO, Final

from exporter.asking import LENGTH, MakerFailed
from exporter.source import SourceError

# The event loop goes first, also where the two share one processor.
_NICE: Final = 5


def main() -> None:
    """Jobs in by standard input, answers out by standard output, until the server closes the first."""
    # Ctrl-C reaches both processes: the server alone decides. SIGTERM comes from it, and lets go of the store.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    os.nice(_NICE)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nobody else's words among the answers
    work(sys.stdin.buffer, answers)


def work(jobs: BinaryIO, answers: BinaryIO) -> None:
    """Answer jobs until there are no more."""
    made, error = _tried(_made, jobs)
    _send(answers, (None, error))
    if error:
        return
    with closing(made):
        while True:
            try:
                job, arguments = pickle.load(jobs)
            except EOFError:
                return
            _send(answers, _tried(getattr(made, job), *arguments))


def _made(jobs: BinaryIO) -> Any:
    make, deaths = pickle.load(jobs)
    return make(deaths)


def _tried(function: Any, *arguments: Any) -> tuple[Any, Exception | None]:
    """Result and error: the one who asked hears of both. Only errors that any text can make cross the pipe."""
    try:
        return function(*arguments), None
    except SourceError as error:
        return None, error
    except Exception:  # noqa: BLE001 - raised again where it was asked for
        return None, MakerFailed(traceback.format_exc())


def _send(answers: BinaryIO, answer: tuple[Any, Exception | None]) -> None:
    body = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
    answers.write(LENGTH.pack(len(body)))
    answers.write(body)
    answers.flush()


if __name__ == "__main__":
    main()
