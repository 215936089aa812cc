"""`transfer`: one download or upload over HTTP/1.1 and TLS, with the course of its bytes.

The flow is read as fast as it comes and nothing is done to it: no pacing, no small receive buffer, no range request.
It ends at its byte cap, at its time cap, or as soon as a slow flow's rate is known well enough. The connection is then
reset (SO_LINGER 0): what is still on its way would be paid for by the volunteer and used for nothing.
"""

import asyncio
import secrets
import socket
import struct
from dataclasses import dataclass
from typing import Final

from msgspec import structs

from measurements import failures
from measurements.records import HttpFacts, Observation, TransferFacts
from probes.arrivals import Arrivals
from probes.base import Context, Target
from probes.connect import Connection, Stream
from probes.draft import Draft, Failed
from probes.http import browser_headers
from probes.limits import LagMeter
from probes.series import Prefixes, Series
from probes.wire import urls
from probes.wire.http1 import Head, ResponseReader, build_request

GOOD_STATUS: Final = frozenset({200, 206})
# A flow that brought nothing in this last share of its time is stalled: gaps of a 130 kbit/s policer reach 2.4 s of 10.
_STALLED_SHARE: Final = 0.3
_SAMPLE_SECONDS: Final = 1.0
# Over this share of a transfer's own duration the event loop's delay shows in its rate (DESIGN section 5).
_LAG_SHARE: Final = 0.05
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What to transfer: the object is `target.endpoint.url`, its place `target.address`, its name `target.sni`."""

    target: Target
    cap_bytes: int
    cap_seconds: float
    asked_bytes: int | None = None  # size of the object, where we chose it
    pin: str | None = None  # SHA-256 of the helper's certificate; None = judged by the roots
    token: str | None = None  # names the flow to the helper
    arm: str | None = None
    pair: str | None = None
    position: int | None = None
    purpose: str | None = None

    def facts(self) -> TransferFacts:
        """The part of the record that is known beforehand."""
        return TransferFacts(
            arm=self.arm,
            pair=self.pair,
            position=self.position,
            purpose=self.purpose,
            asked_bytes=self.asked_bytes,
            cap_bytes=self.cap_bytes,
            cap_seconds=self.cap_seconds,
        )


def _headers() -> tuple[tuple[str, str], ...]:
    """A browser's, but for an encoding that would change how many bytes come."""
    kept = (
        (name, value)
        for name, value in browser_headers(None)
        if name not in ("Accept-Encoding", "Connection")
    )
    return (*kept, ("Accept-Encoding", "identity"))


def new_token() -> str:
    """A name for a flow that nobody can guess."""
    return secrets.token_hex(16)


async def probe(flow: Flow, context: Context) -> Observation:
    """Download the flow's object; a failure is a record, never an exception."""
    clock = context.clock.monotonic
    reading = _Reading(flow, context)
    async with LagMeter(clock).running() as lag:
        start = clock()
        with Draft(flow.target, context, "transfer") as draft:
            connection = await draft.connect()
            _reset_on_close(connection)
            connection.tap = reading.arrivals.tap
            stream = await draft.handshake(connection, ("http/1.1",), pin=flow.pin)
            await reading.run(draft, stream)
        end = clock()
    late = lag.between(start, end)
    flagged = late > _LAG_SHARE * max(end - start, 1e-9)
    return reading.observation(draft, late, ("lag",) if flagged else (), end - start)


def _reset_on_close(connection: Connection) -> None:
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)


class _Reading:
    """One request and the reading of its answer."""

    def __init__(self, flow: Flow, context: Context) -> None:
        self.flow = flow
        self.series = Series(flow.cap_bytes, flow.cap_seconds)
        self.arrivals = Arrivals(self.series, context.clock.monotonic)
        self.prefixes = Prefixes()
        self.head: Head | None = None
        self.received = 0  # bytes of the body that TLS handed out
        self.complete = self.stalled = self.tight = False
        self.elapsed: float | None = None
        self.samples: list[tuple[float, float, float]] = []
        self._reader = ResponseReader()
        self._clock = context.clock.monotonic

    async def run(self, draft: Draft, stream: Stream) -> None:
        """Ask and read; raises the draft's failure."""
        asked = self._clock()
        try:
            async with draft.phase("first_byte", draft.context.deadlines.http):
                await stream.write(self._request())
                asked = self._clock()
                self.arrivals.listen()
                await self._first_body(stream)
            self._judge_head(draft)
            await self._rest(draft, stream)
        except Failed:
            if self.head or not self.arrivals.unfinished():
                raise
            # Its first record never came whole, but it had begun to: that is the transfer, however slow.
            draft.stage = "transfer"
            if draft.failure != "generic_timeout_error":
                raise
            self._deadline(draft)
        finally:
            self._end(draft, asked)

    def _request(self) -> bytes:
        _, host, path = urls.split(self.flow.target.endpoint.url or "")
        named = (("X-Request-ID", self.flow.token),) if self.flow.token else ()
        return build_request("GET", path, host, (*_headers(), *named))

    async def _first_body(self, stream: Stream) -> None:
        """Read up to the first bytes of the body, or the end of an answer without one."""
        while not (self.received or self._reader.complete or self._reader.broken or self._refused()):
            data = await self._first_record(stream)
            if not data:
                raise EOFError
            self._feed(data)
        self.head = self._reader.head

    async def _first_record(self, stream: Stream) -> bytes:
        """A read; once a record has begun to come, it has the flow's own time and no more to come whole."""
        while True:
            try:
                async with asyncio.timeout(self.flow.cap_seconds):
                    return await stream.read()
            except TimeoutError:
                if self.arrivals.unfinished():
                    raise

    def _refused(self) -> bool:
        head = self._reader.head
        return head is not None and head.status not in GOOD_STATUS

    def _judge_head(self, draft: Draft) -> None:
        if self._refused():
            raise draft.fail("first_byte", "http_unexpected_status_code")
        if self._reader.broken:
            raise draft.fail("transfer" if self.received else "first_byte", "http_request_failed")

    async def _rest(self, draft: Draft, stream: Stream) -> None:
        try:
            async with asyncio.timeout(self.flow.cap_seconds - self._now()):
                await self._read(draft, stream)
        except TimeoutError:
            self._deadline(draft)
        except OSError as error:
            raise draft.fail("transfer", failures.of_exception(error)) from None

    async def _read(self, draft: Draft, stream: Stream) -> None:
        while not self._over():
            data = await stream.read()
            if data:
                self._feed(data)
            else:
                self._reader.end()
                if not self._reader.complete:
                    raise draft.fail("transfer", "eof_error")
            if self._reader.broken:
                raise draft.fail("transfer", "http_request_failed")
            self._sample(stream)

    def _feed(self, data: bytes) -> None:
        body = self._reader.feed(data)
        if body:
            self.received += len(body)
            self.arrivals.body(len(data), len(body))
            self.prefixes.add(body)

    def _over(self) -> bool:
        self.complete = self._reader.complete or self.received >= self.flow.cap_bytes
        self.tight = not self.complete and self.series.tight(self._now())
        return self.complete or self.tight

    def _deadline(self, draft: Draft) -> None:
        """The time is over: a flow that still ran is measured, one that had stopped is stalled."""
        self.stalled = self.series.quiet(self._now()) >= _STALLED_SHARE * self.flow.cap_seconds
        if self.stalled:
            raise draft.fail("transfer", "generic_timeout_error")
        draft.stage = draft.failure = None

    def _end(self, draft: Draft, asked: float) -> None:
        if self.arrivals.began is not None:
            draft.phases["first_byte"] = self.arrivals.began - asked
            draft.phases["transfer"] = self.elapsed = self._now()
            self.series.end(self.elapsed)

    def _sample(self, stream: Stream) -> None:
        now = self._now()
        if now >= _SAMPLE_SECONDS * (len(self.samples) + 1):
            info = stream.tcp_info()
            if "rcv_rtt" in info:
                self.samples.append((round(now, 3), info["rcv_rtt"], info.get("rcv_ooopack", 0.0)))

    def _now(self) -> float:
        """Seconds since the body's first byte."""
        return 0.0 if self.arrivals.began is None else self._clock() - self.arrivals.began

    def observation(self, draft: Draft, late: float, flags: tuple[str, ...], seconds: float) -> Observation:
        """The record; `seconds` is how long the whole probe took."""
        series = self.series
        facts = structs.replace(
            self.flow.facts(),
            announced_bytes=_announced(self.head),
            times=tuple(series.times),
            bytes=self.arrivals.sizes(),
            elapsed=seconds if self.elapsed is None else self.elapsed,
            longest_gap=series.longest_gap if series.total else None,
            stalled=self.stalled,
            complete=self.complete,
            tight=self.tight,
            prefixes=tuple(self.prefixes.found),
            samples=tuple(self.samples),
        )
        http = HttpFacts(version="1.1", status=self.head.status, length=self.received) if self.head else None
        return draft.observation(transfer=facts, http=http, lag=late, flags=flags)


def _announced(head: Head | None) -> int | None:
    value = head.get("content-length") if head else None
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 16 else None
