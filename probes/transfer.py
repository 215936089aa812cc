"""`transfer`: one download over HTTP/1.1 and TLS, with the course of its bytes.

The flow is read as fast as it comes and nothing is done to it: no pacing, no small receive buffer, no range request.
At its end the connection is reset.
"""

import asyncio
from typing import Final

from measurements import failures
from measurements.records import Observation
from probes.arrivals import Arrivals
from probes.base import Context
from probes.connect import Stream
from probes.draft import Draft, Failed
from probes.flow import Course, Flow, headers, refused
from probes.wire import urls
from probes.wire.http1 import ResponseReader, build_request

_SAMPLE_SECONDS: Final = 1.0  # from one look at TCP_INFO to the next


async def probe(flow: Flow, context: Context) -> Observation:
    """Download the flow's object; a failure is a record, never an exception."""
    reading = _Reading(flow, context)
    async with reading.measured(context) as draft:
        connection = await draft.connect()
        connection.reset_on_close()
        connection.inverted = flow.inverted
        connection.tap = reading.arrivals.tap
        stream = await draft.handshake(connection, ("http/1.1",), pin=flow.pin)
        await reading.run(draft, stream)
    return reading.observation(draft, reading.arrivals.sizes(), "1.1")


class _Reading(Course):
    """One request and the reading of its answer."""

    def __init__(self, flow: Flow, context: Context) -> None:
        super().__init__(flow, context)
        self.arrivals = Arrivals(self.series, self.clock)
        self._reader = ResponseReader()

    async def run(self, draft: Draft, stream: Stream) -> None:
        """Ask and read; raises the draft's failure."""
        asked = self.clock()
        try:
            async with draft.phase("first_byte", draft.context.deadlines.http):
                await stream.write(self._request())
                asked = self.clock()
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
            self.deadline(draft)
        finally:
            self.end(draft, asked)

    def _request(self) -> bytes:
        _, host, path = urls.split(self.flow.target.endpoint.url or "")
        named = (("X-Request-ID", self.flow.token),) if self.flow.token else ()
        return build_request("GET", path, host, (*headers(), *named))

    async def _first_body(self, stream: Stream) -> None:
        """Read up to the first bytes of the body, or the end of an answer without one."""
        while not (self.body or self._reader.complete or self._reader.broken or refused(self._reader.head)):
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

    def _judge_head(self, draft: Draft) -> None:
        if refused(self.head):
            raise draft.fail("first_byte", "http_unexpected_status_code")
        if self._reader.broken:
            raise draft.fail("transfer" if self.body else "first_byte", "http_request_failed")

    async def _rest(self, draft: Draft, stream: Stream) -> None:
        try:
            async with asyncio.timeout(self.flow.cap_seconds - self.now()):
                await self._read(draft, stream)
        except TimeoutError:
            self.deadline(draft)
        except OSError as error:
            raise draft.fail("transfer", failures.of_exception(error)) from None

    async def _read(self, draft: Draft, stream: Stream) -> None:
        while not self.over(self._reader.complete):
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
            self.body += len(body)
            self.arrivals.body(len(data), len(body))
            self.prefixes.add(body)

    def _sample(self, stream: Stream) -> None:
        now = self.now()
        if now >= _SAMPLE_SECONDS * (len(self.samples) + 1):
            info = stream.tcp_info()
            if "rcv_rtt" in info:
                self.samples.append((round(now, 3), info["rcv_rtt"], info.get("rcv_ooopack", 0.0)))
