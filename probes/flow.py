"""One flow of a throughput measurement: what is asked for, and the course it takes, whatever carries it.

A flow ends at its byte cap, at its time cap, or as soon as a slow one's rate is known well enough. The three series
(`transfer`, `transfer_quic`, `transfer_upload`) differ in how bytes move; when it is over, and what is kept, is here.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from measurements.records import Direction, HttpFacts, Observation, TransferFacts, Transport
from probes.base import Context, Target
from probes.draft import Draft
from probes.http import browser_headers
from probes.limits import LagMeter
from probes.series import Prefixes, Series
from probes.wire.http1 import Head

_GOOD_STATUS: Final = frozenset({200, 206})
# A flow that moved nothing in this last share of its time is stalled: gaps of a 130 kbit/s policer reach 2.4 s of 10.
_STALLED_SHARE: Final = 0.3
# Over this share of a transfer's own duration the event loop's delay shows in its rate (DESIGN section 5).
_LAG_SHARE: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What to transfer: the object is `target.endpoint.url`, its place `target.address`, its name `target.sni`."""

    target: Target
    cap_bytes: int
    cap_seconds: float
    asked_bytes: int | None = None  # size of the object, where we chose it
    pin: str | None = None  # SHA-256 of the helper's certificate; None = judged by the roots
    token: str | None = None  # names the flow to the helper
    inverted: bool = False  # every bit turned over, as our server can answer
    session: str | None = None  # the platform whose session this belongs to
    tariff: str | None = None  # under which it was measured
    arm: str | None = None
    pair: str | None = None
    group: str | None = None
    position: int | None = None
    purpose: str | None = None


def new_token() -> str:
    """A name for a flow that nobody can guess."""
    return secrets.token_hex(16)


def headers() -> tuple[tuple[str, str], ...]:
    """A browser's, but for an encoding that would change how many bytes come."""
    kept = (
        (name, value)
        for name, value in browser_headers(None)
        if name not in ("Accept-Encoding", "Connection")
    )
    return (*kept, ("Accept-Encoding", "identity"))


def refused(head: Head | None) -> bool:
    """Another answer than the object came."""
    return head is not None and head.status not in _GOOD_STATUS


class Course:
    """What has moved when, and whether that is enough. `series.began` is the clock at the body's first byte."""

    def __init__(
        self,
        flow: Flow,
        context: Context,
        protocol: Transport = "tcp",
        direction: Direction = "download",
    ) -> None:
        self.flow = flow
        self.series = Series(flow.cap_bytes, flow.cap_seconds)
        self.prefixes = Prefixes()
        self.head: Head | None = None
        self.body = 0  # bytes of the body, as far as they are known to be those
        self.complete = self.stalled = self.tight = False
        self.samples: list[tuple[float, float, float]] = []
        self.clock = context.clock.monotonic
        self._protocol = protocol
        self._direction = direction
        self._elapsed: float | None = None
        self._seconds = self._late = 0.0  # of the whole probe, and the event loop's longest delay meanwhile

    @asynccontextmanager
    async def measured(self, context: Context) -> AsyncIterator[Draft]:
        """The draft of the flow's record; its connections are closed and its failure is kept at the end."""
        async with LagMeter(self.clock).running() as lag:
            start = self.clock()
            with Draft(self.flow.target, context, "transfer") as draft:
                yield draft
            end = self.clock()
        self._seconds, self._late = end - start, lag.between(start, end)

    def now(self) -> float:
        """Seconds since the body's first byte."""
        return 0.0 if self.series.began is None else self.clock() - self.series.began

    def over(self, complete: bool) -> bool:
        """The body is `complete`, the cap is reached, or the rate is known well enough."""
        self.complete = complete or self.body >= self.flow.cap_bytes
        self.tight = not self.complete and self.series.tight(self.now())
        return self.complete or self.tight

    def deadline(self, draft: Draft) -> None:
        """The time is over: a flow that still ran is measured, one that had stopped is stalled."""
        self.stalled = self.series.quiet(self.now()) >= _STALLED_SHARE * self.flow.cap_seconds
        if self.stalled:
            raise draft.fail("transfer", "generic_timeout_error")
        draft.stage = draft.failure = None

    def end(self, draft: Draft, asked: float) -> None:
        """Nothing more is read of an answer that was `asked` for at that time of the clock."""
        if self.series.began is not None:
            draft.phases["first_byte"] = self.series.began - asked
            self.settle(draft)

    def settle(self, draft: Draft) -> None:
        """No byte is counted any more."""
        draft.phases["transfer"] = self._elapsed = self.now()
        self.series.end(self._elapsed)

    def observation(self, draft: Draft, sizes: tuple[int, ...], http: str) -> Observation:
        """The record; `sizes` are the body's bytes at the series' times, `http` the version spoken."""
        series, flow = self.series, self.flow
        facts = TransferFacts(
            protocol=self._protocol,
            direction=self._direction,
            session=flow.session,
            tariff=flow.tariff,
            arm=flow.arm,
            pair=flow.pair,
            group=flow.group,
            position=flow.position,
            purpose=flow.purpose,
            asked_bytes=flow.asked_bytes,
            announced_bytes=_announced(self.head),
            cap_bytes=flow.cap_bytes,
            cap_seconds=flow.cap_seconds,
            times=tuple(series.times),
            bytes=sizes,
            elapsed=self._seconds if self._elapsed is None else self._elapsed,
            longest_gap=series.longest_gap if series.total else None,
            stalled=self.stalled,
            complete=self.complete,
            tight=self.tight,
            prefixes=tuple(self.prefixes.found),
            samples=tuple(self.samples),
        )
        answer = HttpFacts(version=http, status=self.head.status, length=self.body) if self.head else None
        flagged = self._late > _LAG_SHARE * max(self._seconds, 1e-9)
        return draft.observation(
            transfer=facts, http=answer, lag=self._late, flags=("lag",) if flagged else ()
        )


def _announced(head: Head | None) -> int | None:
    value = head.get("content-length") if head else None
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 16 else None
