"""Emptying the spool into the collector, batch by batch; what is not acknowledged stays and is tried again later."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from measurements.batch import LATER_SCHEMA, Item, ItemAnswer
from measurements.identity import Place
from measurements.records import SCHEMA
from measurements.store import Spool
from measurements.store_sql import offering_again
from vantage.upload.batching import Sealer, next_items
from vantage.upload.client import Reply, Sender
from vantage.upload.rules import Outcome
from vantage.upload.standing import Standing, keep, standing, with_cost

# After a refusal that will not change by itself, such as a revoked token, the next try waits a day.
_AFTER_REFUSAL: Final = 86_400.0
# Where the day's budget has no room for a batch, older spending leaves it hour by hour.
_NO_ROOM: Final = 3_600.0
# What the answer to one item has at most: its id, and a reason (`collector.items`).
_ANSWER_BYTES: Final = 120


@dataclass
class Sent:
    """What one sending came to."""

    acknowledged: int = 0
    refused: int = 0
    batches: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0
    waiting: int = 0
    problem: str = ""
    place: Place = field(
        default_factory=Place
    )  # of the network that the batches came from, as the collector sees it

    @property
    def cost(self) -> int:
        """Bytes both ways."""
        return self.bytes_sent + self.bytes_received


def anything(_bytes: int) -> bool:
    """Room for whatever waits: for a person who asks to send now."""
    return True


async def send_all(
    spool: Spool,
    sealer: Sealer,
    sender: Sender,
    clock: Callable[[], float],
    room: Callable[[int], bool] = anything,
) -> Sent:
    """Send batches until nothing waits, one fails, or `room(bytes)` denies the next. Raises StoreError."""
    sent = Sent()
    before = standing(spool)
    failures = before.failures
    due: float | None = None
    while items := next_items(spool):
        need = len(sealer.results(items)) + _ANSWER_BYTES * len(items)
        if not room(sent.cost + need):
            due = clock() + _NO_ROOM
            break
        sizes: list[int] = []

        def sealed(items: list[Item] = items, sizes: list[int] = sizes) -> bytes:
            batch = sealer.results(items)
            sizes.append(len(batch))
            return batch

        reply = await sender.send(sealed, failures + 1)
        sent.bytes_sent += sum(sizes)
        sent.bytes_received += reply.bytes_received
        if not _settle(spool, items, reply, clock(), sent):
            failures += 1
            wait = reply.next.wait if reply.next.outcome is Outcome.AGAIN else _AFTER_REFUSAL
            due = clock() + wait
            break
        failures = 0
    sent.waiting = spool.counts()["waiting"]
    success = clock() if sent.batches else before.last_success
    costs = with_cost(before, clock(), sent.cost)
    after = Standing(due=due, failures=failures, last_success=success, problem=sent.problem, costs=costs)
    keep(spool, after)
    return sent


def _settle(spool: Spool, items: list[Item], reply: Reply, now: float, sent: Sent) -> bool:
    """Note what the answer says of the items that we sent; False if it settles none of them."""
    if reply.answer is None:
        sent.problem = reply.problem
        return False
    sent.place = Place(reply.answer.asn, reply.answer.country)
    # Once is enough, whatever this collector says next.
    if not sent.batches and reply.answer.schema >= SCHEMA:
        spool.submit(offering_again(LATER_SCHEMA)).result()
    asked = {item.id for item in items}
    answers: list[ItemAnswer] = [each for each in reply.answer.items if each.id in asked]
    stored = [each.id for each in answers if each.status != "rejected"]
    refused = {each.id: each.reason or "rejected" for each in answers if each.status == "rejected"}
    # All were answered: one without its name could not be read there.
    if len(reply.answer.items) == len(items):
        refused |= dict.fromkeys(asked - {each.id for each in answers}, "unreadable")
    if stored:
        spool.mark_uploaded(stored, now)
    if refused:
        spool.mark_refused(refused)
    sent.batches += 1
    sent.acknowledged += len(stored)
    sent.refused += len(refused)
    if not (stored or refused):
        sent.problem = "an answer that names none of the results"
    return not sent.problem
