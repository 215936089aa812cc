"""Answers that are kept: made by the maker, and never waited for longer than the asker would like."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, Generic

from exporter.asking import Answers, Ask, Job, Key, MakerDied

# At most a tenth of the time is spent on making, however large the store.
_REST: Final = 10
# A form that somebody looked at once is not made for ever.
_REMEMBERED: Final = 900.0  # seconds


class Kept(Generic[Key]):
    """The newest bodies of one job, by key. Those who ask meanwhile wait for the same ones."""

    def __init__(
        self,
        ask: Ask,
        job: Job,
        monotonic: Callable[[], float],
        *,
        fresh: float,
        patience: float | None = None,
    ) -> None:
        """Bodies younger than `fresh` seconds, or ten times what they took, are good enough.

        Where there are older ones, newer ones are waited for `patience` seconds; None = until they are there.
        """
        self._ask = ask
        self._job = job
        self._monotonic = monotonic
        self._fresh = fresh
        self._patience = patience
        self._wanted: dict[Key, float] = {}  # -> when it was last asked for
        self._bodies: Mapping[Key, bytes] = {}
        self._at = float("-inf")
        self._task: asyncio.Task[None] | None = None
        self._problem: MakerDied | None = None
        self.readable = False  # whether the newest look could read the store
        self.took = 0.0  # seconds that the newest bodies took to make

    @property
    def rest(self) -> float:
        """Seconds for which the newest bodies are good enough."""
        return max(self._fresh, _REST * self.took)

    async def get(self, key: Key) -> bytes:
        """The body, as fresh as patience allows. Raises MakerDied where there is none at all."""
        self._wanted[key] = self._monotonic()
        if self._monotonic() - self._at > self.rest:
            await asyncio.wait([self._making()], timeout=self._patience if key in self._bodies else None)
        while key not in self._bodies:  # what was under way may not have known of it
            await self._making()
            if self._problem:
                raise self._problem
        return self._bodies[key]

    async def keep_warm(self, every: float) -> None:
        """Remake bodies that take longer than patience, until cancelled, so that whoever asks finds young ones."""
        while True:
            await asyncio.sleep(max(every, self.rest))
            if self._problem or (self._patience is not None and self.took > self._patience):
                await self._making()

    def _making(self) -> asyncio.Task[None]:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._make())
        return self._task

    async def _make(self) -> None:
        started = self._monotonic()
        wanted = frozenset(key for key, asked in self._wanted.items() if started - asked < _REMEMBERED)
        try:
            answers: Answers[Key] = await self._ask(self._job, wanted)
        except MakerDied as problem:
            self._problem, self.readable = problem, False
            return
        self._problem = None
        self._at, self.took = started, self._monotonic() - started
        self.readable, self._bodies = answers.readable, answers.bodies
