"""`transfer` upwards: one upload over HTTP/1.1 and TLS, with the course of its bytes.

A box may slow what a person sends and leave alone what comes back. We are the sender here, and the kernel tells its
sender everything: bytes count when the other side has acknowledged them (TCP_INFO), not when the kernel has taken them
from us, and what had to be sent again stands in the record. Where a system does not tell (only Linux does), its kernel
is made to hold little, and what it may still hold does not count until the answer comes.

The bytes are random, so that no box on the way can compress or know them. At its end the connection is reset.
"""

import asyncio
import socket
from typing import Final

import msgspec

from measurements import failures
from measurements.records import Observation
from probes import tcp_info
from probes.base import Context
from probes.connect import Stream
from probes.draft import Draft
from probes.flow import Course, Flow, headers, refused
from probes.wire import urls
from probes.wire.http1 import ResponseReader, build_request

# Handed to the kernel at a time: one TLS record.
_PIECE: Final = 16_384
# How often the kernel is asked for what has been acknowledged.
_LOOK_SECONDS: Final = 0.02
# Bytes that Linux may hold beyond those on their way: enough to keep a flow going, few to throw away at its end.
_UNSENT: Final = 32_768
# Bytes that other kernels may hold, those on their way among them: 2.6 Mbit/s at a round trip of 100 ms.
_HELD: Final = 32_768
_ANSWER_LIMIT: Final = 4_096  # bytes; ours has some 20


async def probe(flow: Flow, context: Context) -> Observation:
    """Upload `flow.cap_bytes` to the flow's URL; a failure is a record, never an exception."""
    sending = _Sending(flow, context, "tcp", "upload")
    async with sending.measured(context) as draft:
        connection = await draft.connect()
        connection.reset_on_close()
        sending.held = _hold_little(connection.sock)
        stream = await draft.handshake(connection, ("http/1.1",), pin=flow.pin)
        await sending.run(draft, stream)
    return sending.observation(draft, sending.sizes(), "1.1")


def received_of(answer: bytes) -> int | None:
    """How many bytes a helper says it got; None where its answer does not say."""
    try:
        return msgspec.json.decode(answer, type=_Answer).received
    except msgspec.DecodeError:  # broken JSON, or JSON of another form
        return None


class _Answer(msgspec.Struct):
    received: int


def _hold_little(sock: socket.socket) -> int:
    """Bytes that the kernel may have taken from us without a word about their arrival."""
    if tcp_info.snapshot(sock):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _UNSENT)
        return 0
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _HELD)
    return sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


class _Sending(Course):
    """One request with its body, and the reading of its answer."""

    held = 0
    _before = 0  # bytes sent on the connection before the body
    _text = 0  # bytes of the body handed to TLS, and what became of them on the wire
    _wire = 0
    _sent_at: float | None = None  # clock when the last of them was handed over

    async def run(self, draft: Draft, stream: Stream) -> None:
        """Send and hear the answer; raises the draft's failure."""
        self.series.began = self.clock()
        try:
            async with asyncio.timeout(self.flow.cap_seconds):
                answer = await self._until_over(draft, stream)
        except TimeoutError:
            self.deadline(draft)
        except (OSError, EOFError) as error:
            raise draft.fail("transfer", failures.of_exception(error)) from None
        else:
            if answer is not None:
                self._judge(draft, answer)
        finally:
            self.settle(draft)

    def sizes(self) -> tuple[int, ...]:
        """The series' sizes without TLS's own bytes."""
        share = self._text / self._wire if self._wire else 1.0
        return tuple(min(round(size * share), self.flow.cap_bytes) for size in self.series.sizes)

    async def _until_over(self, draft: Draft, stream: Stream) -> bytes | None:
        """Both ways at once, since a refusal may come before the body's end. None: the rate is known well enough."""
        sending = asyncio.ensure_future(self._send(draft, stream))
        answering = asyncio.ensure_future(self._answer(stream))
        try:
            while not (answering.done() or self.tight):
                await asyncio.wait({answering}, timeout=_LOOK_SECONDS)
                self._look(stream)
                self.tight = self.series.tight(self.now())
            return answering.result() if answering.done() else None
        finally:
            for task in (sending, answering):
                task.cancel()
            # Where sending failed, the answer failed too or says more.
            await asyncio.gather(sending, answering, return_exceptions=True)

    async def _send(self, draft: Draft, stream: Stream) -> None:
        _, host, path = urls.split(self.flow.target.endpoint.url or "")
        size = (("Content-Length", str(self.flow.cap_bytes)),)
        await stream.write(build_request("POST", path, host, (*headers(), *size)))
        self._before, self.series.began = stream.bytes_sent, self.clock()
        while self._text < self.flow.cap_bytes:
            piece = draft.context.clock.random_bytes(min(_PIECE, self.flow.cap_bytes - self._text))
            await stream.write(piece)
            self._text += len(piece)
            self._wire = stream.bytes_sent - self._before
            self._look(stream)
        self._sent_at = self.clock()

    async def _answer(self, stream: Stream) -> bytes:
        """The answer's body; `head` is set before. A broken answer has none."""
        reader, body = ResponseReader("POST"), b""
        while not (reader.complete or reader.broken or len(body) > _ANSWER_LIMIT):
            data = await stream.read()
            if not data:
                raise EOFError
            body += reader.feed(data)
        self.head, self.body = reader.head, len(body)
        return body

    def _look(self, stream: Stream) -> None:
        """Count what has reached the other side since last time."""
        acknowledged = stream.tcp_info().get("bytes_acked")
        moved = self._wire - self.held if acknowledged is None else int(acknowledged) - self._before
        self._count(min(moved, self._wire))

    def _count(self, moved: int) -> None:
        if moved > self.series.total:
            self.series.add(self.now(), moved - self.series.total)

    def _judge(self, draft: Draft, answer: bytes) -> None:
        if refused(self.head):
            raise draft.fail("first_byte", "http_unexpected_status_code")
        if self._sent_at is None or received_of(answer) != self.flow.cap_bytes:
            raise draft.fail("first_byte", "http_request_failed")
        self._count(self._wire)
        self.complete = True
        draft.phases["first_byte"] = self.clock() - self._sent_at
