"""The maker's process: it answers, its death is told and mended, and it never outlives the server."""

import asyncio
import functools
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest

from exporter.asking import Answers, MakerDied, MakerFailed
from exporter.maker import Maker
from exporter.pages import Wanted
from exporter.process import MakerProcess
from exporter.reading import Reader
from exporter.source import Arrivals, SourceError
from tests.exporter.conftest import NOW
from tests.many_vantages import MemorySource

PAGE = Wanted("public", "text", gzip=False)


class Broken(MemorySource):
    """A store behind which a mistake of ours waits."""

    def arrivals(self, since: datetime, lately: datetime) -> Arrivals:
        raise ZeroDivisionError("our mistake")


class Leaving(MemorySource):
    """A store that leaves a note when it is let go of."""

    note: Path

    def close(self) -> None:
        self.note.write_text("closed")


def make(source: MemorySource, deaths: int) -> Maker:
    return Maker(Reader(source, platforms={}, utc=lambda: NOW, monotonic=time.monotonic, restarts=deaths))


def cannot(deaths: int) -> Maker:
    raise SourceError("no such store")


class Clock:
    """Monotonic seconds that stand still unless told."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def running(
    source: MemorySource | None = None, tell: Callable[[str], None] = print, clock: Clock | None = None
) -> AsyncIterator[MakerProcess]:
    maker = MakerProcess(functools.partial(make, source or MemorySource()), tell, clock or Clock())
    await maker.start()
    try:
        yield maker
    finally:
        await maker.close()


async def restarts(maker: MakerProcess) -> str:
    answers: Answers[Wanted] = await maker.ask("metrics", frozenset({PAGE}))
    lines = answers.bodies[PAGE].decode().splitlines()
    return next(line for line in lines if line.startswith("efir_reader_restarts_total "))


async def test_it_answers_those_who_ask_at_once_each_with_what_was_asked():
    async with running() as maker:
        asked = [Wanted("public", form, gzip=False) for form in ("text", "openmetrics")] * 3
        answers = await asyncio.gather(*(maker.ask("metrics", frozenset({each})) for each in asked))
    assert [list(each.bodies) for each in answers] == [[each] for each in asked]


async def test_one_who_stops_waiting_spoils_nothing_for_the_next():
    async with running() as maker:
        gone = asyncio.create_task(maker.ask("metrics", frozenset({PAGE})))
        await asyncio.sleep(0)
        gone.cancel()
        answers = await maker.ask("metrics", frozenset())
    assert answers.bodies == {}


async def test_a_death_is_told_and_the_next_one_is_asked_after_a_rest():
    told: list[str] = []
    clock = Clock()
    async with running(tell=told.append, clock=clock) as maker:
        assert await restarts(maker) == "efir_reader_restarts_total 0.0"
        assert maker.pid
        os.kill(maker.pid, signal.SIGKILL)
        with pytest.raises(MakerDied, match="ended with -9"):
            await restarts(maker)
        with pytest.raises(MakerDied, match="not back yet"):
            await restarts(maker)
        clock.seconds = 60
        assert await restarts(maker) == "efir_reader_restarts_total 1.0"
    assert told == ["the process that reads the store ended with -9; it is started again"]


async def test_a_mistake_of_ours_is_told_to_who_asked_and_ends_nothing():
    async with running(Broken()) as maker:
        with pytest.raises(MakerFailed, match="our mistake"):
            await maker.ask("metrics", frozenset({PAGE}))
        before = maker.pid
        with pytest.raises(MakerFailed, match="our mistake"):
            await maker.ask("metrics", frozenset({PAGE}))
        assert maker.pid == before


async def test_a_store_that_cannot_be_opened_is_said_at_the_start():
    maker = MakerProcess(cannot, print, Clock())
    with pytest.raises(SourceError, match="no such store"):
        await maker.start()
    await maker.close()


async def test_it_lets_go_of_the_store_at_the_end(tmp_path: Path):
    source = Leaving()
    source.note = tmp_path / "note"
    async with running(source) as maker:
        await restarts(maker)
    assert source.note.read_text() == "closed"
    assert maker.pid is None


async def test_it_ends_when_the_server_is_gone_without_a_word(tmp_path: Path):
    source = Leaving()
    source.note = tmp_path / "note"
    async with running(source) as maker:
        process = maker._process
        assert process
        assert process.stdin
        process.stdin.close()  # as the system does for a server that was killed
        assert await asyncio.wait_for(process.wait(), 20) == 0
    assert source.note.read_text() == "closed"
