"""`transfer` over QUIC: one download over HTTP/3, with the course of its bytes.

A series of its own, never compared with TCP's: boxes treat the two apart (Russia held YouTube at 128 kbit/s over TCP
and at some 512 kbit/s over QUIC in 2024), and our QUIC is Python's, good for some 100 Mbit/s. Bytes are timed as they
come in order; there is no kernel to ask about the flow. At its end the connection is closed, so that the server stops.
"""

import asyncio
from typing import TYPE_CHECKING

from measurements.records import Observation
from probes import http3
from probes.base import Context
from probes.draft import Draft
from probes.flow import Course, Flow, headers, refused

if TYPE_CHECKING:
    from probes.quic_client import QuicClient


async def probe(flow: Flow, context: Context) -> Observation:
    """Download the flow's object; a failure is a record, never an exception."""
    reading = _Reading(flow, context, "quic")
    async with reading.measured(context) as draft, http3.connected(draft, flow.pin) as client:
        client.tap = reading.arrived
        await reading.run(draft, client)
    return reading.observation(draft, tuple(reading.series.sizes), "3")


class _Reading(Course):
    """One request and the reading of its answer."""

    _ended = False  # the server said that this is all

    def arrived(self, data: bytes) -> None:
        """The body's next bytes, when they come."""
        now = self.clock()
        if self.series.began is None:
            self.series.began = now
        self.series.add(now - self.series.began, len(data))
        self.body += len(data)
        self.prefixes.add(data)

    async def run(self, draft: Draft, client: "QuicClient") -> None:
        """Ask and read; raises the draft's failure, or QuicFailed."""
        asked = self.clock()
        try:
            async with draft.phase("first_byte", draft.context.deadlines.http):
                client.get(http3.request_headers(self.flow.target.endpoint.url or "", headers()))
                await self._first_body(client)
            if self.head is None:
                raise draft.fail("first_byte", "http_request_failed")
            if refused(self.head):
                raise draft.fail("first_byte", "http_unexpected_status_code")
            await self._rest(draft, client)
        finally:
            self.end(draft, asked)

    async def _first_body(self, client: "QuicClient") -> None:
        """Read up to the first bytes of the body, or the end of an answer without one."""
        while not (self.body or self._ended or refused(self.head)):
            event = await client.next_event()
            self._ended = event.stream_ended
            if self.head is None:
                self.head = http3.head_of(getattr(event, "headers", []))
                self._ended = self._ended or self.head is None

    async def _rest(self, draft: Draft, client: "QuicClient") -> None:
        try:
            async with asyncio.timeout(self.flow.cap_seconds - self.now()):
                while not self.over(self._ended):
                    self._ended = (await client.next_event()).stream_ended
        except TimeoutError:
            self.deadline(draft)
