"""What an answer settles of the results that were sent."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from measurements.batch import LATER_SCHEMA, Answer, Item, ItemAnswer
from measurements.invite import Invite
from measurements.records import SCHEMA
from measurements.sealing import key_text, token_text
from measurements.store import Spool
from tests.collector.emulated import observation
from vantage.upload.batching import ITEMS, Sealer, fitting
from vantage.upload.client import Reply
from vantage.upload.rules import Next, Outcome
from vantage.upload.sending import Sent, send_all
from vantage.upload.standing import Standing, standing, with_cost

NOW = 1_772_000_000.0
INVITE = Invite(
    id="0",
    collectors=("https://collector.example",),
    key=key_text(X25519PrivateKey.generate().public_key()),
    token=token_text(bytes(32)),
)
SEALER = Sealer(INVITE, None, lambda: NOW, os.urandom)
Answering = Callable[[list[Item]], Reply]


class Scripted:
    """A sender whose collector answers by a function of what waits."""

    def __init__(self, spool: Spool, answer: Answering) -> None:
        self._spool = spool
        self._answer = answer
        self.offered = 0

    async def send(self, seal: Callable[[], bytes], _attempt: int) -> Reply:
        self.offered += 1
        assert self.offered < 10, "it never ends"
        seal()
        return self._answer(self._spool.waiting(ITEMS))


def sending(folder: Path, answer: Answering, number: int = 3) -> tuple[Sent, Spool]:
    spool = Spool(folder / "spool.sqlite3")
    spool.add(observation(each) for each in range(number))
    sent = asyncio.run(send_all(spool, SEALER, Scripted(spool, answer), lambda: NOW))  # type: ignore[arg-type] # a stand-in
    return sent, spool


def done(*answers: ItemAnswer) -> Reply:
    return Reply(Next(Outcome.DONE), Answer(batch="b", items=answers))


def accepted(item: Item) -> ItemAnswer:
    return ItemAnswer(id=item.id, status="accepted")


def all_but_the_first(items: list[Item]) -> Reply:
    return done(ItemAnswer(id=items[0].id, status="rejected", reason="bad_record"), *map(accepted, items[1:]))


def one_unnamed(items: list[Item]) -> Reply:
    return done(ItemAnswer(id="", status="rejected", reason="bad_item"), *map(accepted, items[1:]))


def one_at_a_time(items: list[Item]) -> Reply:
    return done(accepted(items[0]))


def of_others(_items: list[Item]) -> Reply:
    return done(ItemAnswer(id="never-sent", status="accepted"))


def busy(_items: list[Item]) -> Reply:
    return Reply(Next(Outcome.AGAIN, 60.0), None, "answer 503")


def revoked(_items: list[Item]) -> Reply:
    return Reply(Next(Outcome.REFUSED), None, "answer 403: unknown_token")


@pytest.mark.parametrize(
    ("answer", "acknowledged", "refused", "waiting", "due"),
    [
        pytest.param(lambda items: done(*map(accepted, items)), 3, 0, 0, None, id="all are taken"),
        pytest.param(all_but_the_first, 2, 1, 0, None, id="one is refused for good"),
        pytest.param(one_unnamed, 2, 1, 0, None, id="one could not even be read"),
        pytest.param(one_at_a_time, 3, 0, 0, None, id="only some are answered at a time"),
        pytest.param(of_others, 0, 0, 3, NOW + 86_400.0, id="the answer is about something else"),
        pytest.param(busy, 0, 0, 3, NOW + 60.0, id="busy: again after its pause"),
        pytest.param(revoked, 0, 0, 3, NOW + 86_400.0, id="revoked: not before a day has passed"),
    ],
)
def test_what_an_answer_settles(
    tmp_path: Path, answer: Answering, acknowledged: int, refused: int, waiting: int, due: float | None
) -> None:
    sent, spool = sending(tmp_path, answer)
    with spool:
        assert (sent.acknowledged, sent.refused, sent.waiting) == (acknowledged, refused, waiting)
        stands = standing(spool)
        assert (stands.due, stands.problem, bool(stands.failures)) == (due, sent.problem, bool(waiting))
        assert spool.counts()["refused"] == refused


def test_results_that_were_refused_are_kept_and_not_offered_again(tmp_path: Path) -> None:
    _sent, spool = sending(tmp_path, all_but_the_first)
    with spool:
        assert spool.waiting() == []
        assert spool.counts()["observations"] == 3


@pytest.mark.parametrize(
    ("schema", "left", "refused"),
    [
        pytest.param(0, 0, 3, id="a collector that does not say what it knows"),
        pytest.param(SCHEMA - 1, 0, 3, id="one that is still older"),
        pytest.param(SCHEMA, 0, 0, id="one that was updated: all are offered again"),
    ],
)
def test_results_too_new_for_the_collector_are_offered_again_after_its_update(
    tmp_path: Path, schema: int, left: int, refused: int
) -> None:
    def too_new(items: list[Item]) -> Reply:
        return done(*(ItemAnswer(id=each.id, status="rejected", reason=LATER_SCHEMA) for each in items))

    def updated(items: list[Item]) -> Reply:
        return Reply(Next(Outcome.DONE), Answer(batch="b", items=tuple(map(accepted, items)), schema=schema))

    _sent, spool = sending(tmp_path, too_new)
    with spool:
        assert spool.counts()["refused"] == 3
        spool.add([observation(3)])
        asyncio.run(send_all(spool, SEALER, Scripted(spool, updated), lambda: NOW))  # type: ignore[arg-type] # a stand-in
        assert (len(spool.waiting()), spool.counts()["refused"]) == (left, refused)


def test_a_collector_that_knows_the_schema_and_refuses_it_all_the_same_is_asked_once(tmp_path: Path) -> None:
    def absurd(items: list[Item]) -> Reply:
        rejected = (ItemAnswer(id=each.id, status="rejected", reason=LATER_SCHEMA) for each in items)
        return Reply(Next(Outcome.DONE), Answer(batch="b", items=tuple(rejected), schema=SCHEMA))

    sent, spool = sending(tmp_path, absurd)
    with spool:
        assert (sent.batches, spool.counts()["refused"]) == (1, 3)


def test_where_the_budget_has_no_room_results_wait_an_hour(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool.sqlite3") as spool:
        spool.add([observation(0)])
        needed: list[int] = []

        def full(need: int) -> bool:
            needed.append(need)
            return False

        scripted = Scripted(spool, busy)
        sent = asyncio.run(send_all(spool, SEALER, scripted, lambda: NOW, full))  # type: ignore[arg-type] # a stand-in
        assert (scripted.offered, sent.waiting, standing(spool).due) == (0, 1, NOW + 3600.0)
        assert needed[0] >= 8 << 10  # its size class


def test_the_costs_of_a_day_are_remembered_and_older_ones_are_not() -> None:
    stands = Standing(costs=((NOW - 90_000, 1), (NOW - 3_600, 20)))
    assert with_cost(stands, NOW, 300) == ((NOW - 3_600, 20), (NOW, 300))
    assert with_cost(stands, NOW, 0) == ((NOW - 3_600, 20),)


def test_a_batch_is_bounded_in_items_and_bytes(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool.sqlite3") as spool:
        spool.add(observation(each, host="h" * 900_000) for each in range(6))
        assert len(fitting(spool.waiting())) == 4
        [first, *_others] = spool.waiting()
        assert len(fitting([first] * 2)) == 2
        spool.add(observation(each) for each in range(ITEMS + 1))
        assert len(fitting(spool.waiting()[6:])) == ITEMS
