"""The maker in a process of its own, so that reading and rendering never hold up the event loop.

A page of 100,000 series takes a second of pure Python. A thread would share the interpreter's lock with the loop and
stall it for 55 ms at a time (measured); from a process only finished bytes arrive.
"""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from exporter.asking import LENGTH, Job, MakerDied
from exporter.source import SourceError

if TYPE_CHECKING:
    from exporter.maker import Maker

# Whatever ends the maker at once (no memory, a spoiled store) must not keep the machine busy with starting it.
_REST: Final = 5.0  # seconds
# It lets go of its store at once, unless a long query is under way.
_GOODBYE: Final = 5.0  # seconds
# Pages arrive in pieces of this size.
_PIECE: Final = 1024 * 1024  # bytes


class MakerProcess:
    """Starts the maker, and starts it again when somebody asks after it died.

    `make` is called there with the number of makers that died before; it must be picklable. `tell` gets a sentence
    when one has died.
    """

    def __init__(
        self, make: "Callable[[int], Maker]", tell: Callable[[str], None], monotonic: Callable[[], float]
    ) -> None:
        self._make = make
        self._tell = tell
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._process: Process | None = None
        self._started = float("-inf")
        self._deaths = 0
        self._closed = False

    @property
    def pid(self) -> int | None:
        """Of the running process."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Raises SourceError, if `make` does."""
        self._started = self._monotonic()
        self._process = await asyncio.create_subprocess_exec(
            # -P: a folder here that happens to be called `exporter` is not ours.
            *(sys.executable, "-P", "-m", "exporter.worker"),
            stdin=PIPE,
            stdout=PIPE,
            limit=_PIECE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
        )
        await self._exchange(self._process, (self._make, self._deaths))

    async def ask(self, job: Job, *arguments: Any) -> Any:
        """Answers come in the order of the questions; one who stops waiting spoils nothing."""
        task = asyncio.create_task(self._answer(job, *arguments))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # if nobody waits any more
        return await asyncio.shield(task)

    async def close(self) -> None:
        """End the process."""
        self._closed = True
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        await _ended(process)

    async def _answer(self, job: Job, *arguments: Any) -> Any:
        async with self._lock:
            if self._process is None:
                await self._start_again()
            assert self._process
            return await self._exchange(self._process, (job, arguments))

    async def _start_again(self) -> None:
        if self._closed or self._monotonic() - self._started < _REST:
            raise MakerDied("the process that reads the store is not back yet")
        try:
            await self.start()
        except SourceError as error:
            self._process = None
            raise MakerDied(f"the process that reads the store cannot be started again: {error}") from error

    async def _exchange(self, process: Process, words: tuple[Any, Any]) -> Any:
        assert process.stdin
        assert process.stdout
        try:
            process.stdin.write(pickle.dumps(words))
            await process.stdin.drain()
            (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
            result, error = pickle.loads(await process.stdout.readexactly(length))
        except (asyncio.IncompleteReadError, ConnectionError):
            raise await self._died(process) from None
        if error is not None:
            raise error
        return result

    async def _died(self, process: Process) -> MakerDied:
        self._process = None
        self._deaths += 1
        text = f"the process that reads the store ended with {await _ended(process)}; it is started again"
        if not self._closed:
            self._tell(text)
        return MakerDied(text)


async def _ended(process: Process) -> int:
    """The exit code of a process that is about to end; killed if it is not."""
    try:
        return await asyncio.wait_for(process.wait(), _GOODBYE)
    except TimeoutError:
        process.kill()
        return await process.wait()
