"""When the bytes of an answer came, seen below TLS.

TLS hands a record out only when all of it is there. A record holds up to 16 kB: at 128 kbit/s that is a second, at
1 kbit/s two minutes, and a flow that freezes after 15 kB would seem never to have begun. So bytes are timed as they
come off the wire, from the first byte of the record that brings the first byte of the body.

Other records may come before that one (session tickets, a head on its own); it is found by its length, which TLS leaves
readable: the text plus 16, 17 or 24 bytes (RFC 5246, 6.2.3.3; RFC 7905; RFC 8446, 5.2).
"""

from collections.abc import Callable, Iterator
from typing import Final

from probes.series import Series

_HEADER: Final = 5  # bytes of a record's header: type, version, length
_OVERHEADS: Final = (17, 24, 16)  # TLS 1.3, TLS 1.2 with AES-GCM, TLS 1.2 with ChaCha20
_WIRE_OVERHEAD: Final = _HEADER + _OVERHEADS[0]  # bytes on the wire beyond the text, of one record


class Arrivals:
    """Times each read; `series` begins with the answer's first byte. `clock` gives monotonic seconds."""

    def __init__(self, series: Series, clock: Callable[[], float]) -> None:
        self.series = series
        self._clock = clock
        self._listening = False
        self._early = bytearray()  # what came before it was known where the body begins
        self._early_reads: list[tuple[float, int]] = []  # (clock, bytes in _early then)
        self._text = 0  # bytes of the body handed out by TLS, and in how many records
        self._records = 0

    def listen(self) -> None:
        """The request is on its way: whatever comes from now on may be the answer."""
        self._listening = True

    def tap(self, data: bytes) -> None:
        """A read, as it came."""
        if not self._listening:
            return
        now, began = self._clock(), self.series.began
        if began is not None:
            self.series.add(now - began, len(data))
        else:
            self._early += data
            self._early_reads.append((now, len(self._early)))

    def body(self, text: int, body: int) -> None:
        """TLS handed out `text` bytes of a record, the last `body` of which belong to the body."""
        if self.series.began is None:
            self._begin(self._start_of(text) + text - body)
        self._text += body
        self._records += 1

    def unfinished(self) -> bool:
        """No body came out of TLS, but a record that may hold it has begun to come; its bytes are counted then."""
        if self.series.began is None:
            last, end = 0, 0
            for start, length in self._all_records():
                last, end = start, start + _HEADER + length
            if end <= len(self._early):
                return False
            self._begin(last)
        return True

    def sizes(self) -> tuple[int, ...]:
        """The series' sizes without TLS's own bytes."""
        wire = self._text + self._records * _WIRE_OVERHEAD
        share = self._text / wire if wire else 1.0
        return tuple(round(size * share) for size in self.series.sizes)

    def _begin(self, offset: int) -> None:
        """The body begins at `offset` of what came early."""
        reads = [(when, size - offset) for when, size in self._early_reads if size > offset]
        self.series.began = began = reads[0][0] if reads else self._clock()
        before = 0
        for when, size in reads:
            self.series.add(when - began, size - before)
            before = size
        self._early.clear()
        self._early_reads.clear()

    def _start_of(self, text: int) -> int:
        records = list(self._all_records())
        fitting = (start for extra in _OVERHEADS for start, length in records if length == text + extra)
        larger = (start for start, length in records if length > text)
        return next(fitting, next(larger, 0))

    def _all_records(self) -> Iterator[tuple[int, int]]:
        """(offset, length) of each record whose header came."""
        start = 0
        while start + _HEADER <= len(self._early):
            length = int.from_bytes(self._early[start + 3 : start + _HEADER], "big")
            yield start, length
            start += _HEADER + length
