"""Answers that are kept: who waits, who does not, and what is there when the maker is not."""

import asyncio
from typing import Any

import pytest

from exporter.asking import Answers, Job, MakerDied
from exporter.kept import Kept


class Maker:
    """Answers when let; each body tells how many times it was asked."""

    def __init__(self) -> None:
        self.asked: list[frozenset[str]] = []
        self.go = asyncio.Event()
        self.go.set()
        self.dead = False

    async def __call__(self, job: Job, *arguments: Any) -> Any:
        (wanted,) = arguments
        self.asked.append(wanted)
        number = len(self.asked)
        await self.go.wait()
        if self.dead:
            raise MakerDied("it died")
        return Answers(True, {each: f"{each}{number}".encode() for each in wanted})


class Clock:
    """Monotonic seconds that stand still unless told."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def kept(maker: Maker, clock: Clock, patience: float | None = 0.0) -> Kept[str]:
    return Kept(maker, "metrics", clock, fresh=1.0, patience=patience)


async def test_what_is_fresh_is_given_again():
    maker, clock = Maker(), Clock()
    answers = kept(maker, clock)
    assert [await answers.get("a"), await answers.get("a")] == [b"a1", b"a1"]
    clock.seconds = 1.5
    await answers.get("a")
    assert len(maker.asked) == 2


async def test_those_who_come_at_once_wait_for_the_same_answer():
    maker = Maker()
    answers = kept(maker, Clock())
    maker.go.clear()
    waiting = [asyncio.create_task(answers.get("a")) for _ in range(5)]
    await asyncio.sleep(0)
    maker.go.set()
    assert set(await asyncio.gather(*waiting)) == {b"a1"}


async def test_the_impatient_get_the_old_one_while_the_new_one_is_made():
    maker, clock = Maker(), Clock()
    answers = kept(maker, clock)
    await answers.get("a")
    clock.seconds = 100
    maker.go.clear()
    assert await answers.get("a") == b"a1"
    maker.go.set()
    await answers._making()
    assert await answers.get("a") == b"a2"


async def test_the_patient_wait_for_the_new_one():
    maker, clock = Maker(), Clock()
    answers = kept(maker, clock, patience=None)
    await answers.get("a")
    clock.seconds = 100
    assert await answers.get("a") == b"a2"


async def test_a_key_that_comes_while_another_is_made_is_made_next():
    maker = Maker()
    answers = kept(maker, Clock())
    maker.go.clear()
    first = asyncio.create_task(answers.get("a"))
    await asyncio.sleep(0)
    second = asyncio.create_task(answers.get("b"))
    await asyncio.sleep(0)
    maker.go.set()
    assert await first == b"a1"
    assert await second == b"b2"
    assert maker.asked == [frozenset("a"), frozenset("ab")]


async def test_without_a_maker_the_old_answer_stands_and_nobody_else_is_answered():
    maker, clock = Maker(), Clock()
    answers = kept(maker, clock, patience=None)
    assert await answers.get("a") == b"a1"
    assert answers.readable
    maker.dead, clock.seconds = True, 100
    assert await answers.get("a") == b"a1"
    assert not answers.readable
    with pytest.raises(MakerDied):
        await answers.get("b")
    maker.dead = False
    assert (await answers.get("b")).startswith(b"b")
    assert answers.readable


async def test_what_takes_long_is_made_a_tenth_of_the_time_at_most():
    maker, clock = Maker(), Clock()
    answers = kept(maker, clock, patience=None)
    maker.go.clear()
    waiting = asyncio.create_task(answers.get("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    clock.seconds = 5  # it took five seconds
    maker.go.set()
    await waiting
    clock.seconds = 49
    assert await answers.get("a") == b"a1"
    clock.seconds = 51
    assert await answers.get("a") == b"a2"


async def test_what_nobody_asks_for_any_more_is_no_longer_made():
    maker, clock = Maker(), Clock()
    answers = kept(maker, clock, patience=None)
    await answers.get("once")
    clock.seconds = 1000
    await answers.get("often")
    assert maker.asked[-1] == {"often"}
    assert await answers.get("once") == b"once3"
