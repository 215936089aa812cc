"""Byte series of many flows at once: a fluid model of TCP over a line with a box in it.

Per step a flow offers window / round trip, the line and the server bound it, the box takes tokens. Loss halves the
window (Cubic: to 0.7), a policer's drops do the same and hold back what comes behind the gap, a shaper only delays.
"""

from dataclasses import dataclass, fields, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MSS: Final = 1448.0
PACKET: Final = 1500.0
INITIAL_WINDOW: Final = 10 * MSS  # RFC 6928
CUBIC_DECREASE: Final = 0.7  # RFC 9438
# seconds a flow waits after a loss it cannot repair by duplicates (RFC 6298 with Linux' minimum)
TIMEOUT: Final = 0.25
POLICED_DISORDER: Final = 0.15  # real flows behind the lab's policers: .06 at 150 kbit/s, .22 at 512
SAMPLE: Final = 3  # steps between kept points
CROWDED: Final = 0.8  # share of flows still running below which the others are put aside


@dataclass(frozen=True, slots=True)
class Batch:
    """Columns, one entry a flow: seconds, bytes, bytes per second."""

    link: Floats
    rtt: Floats
    loss: Floats
    bbr: Floats  # 1 = ignores loss
    pace: Floats
    queue: Floats  # seconds of buffer before the line drops
    rate: Floats  # the box's; infinite = none
    burst: Floats
    tokens: Floats  # what the handshake has left of the burst
    policed: Floats  # 1 = drops, 0 = queues
    after_bytes: Floats
    after_seconds: Floats
    freeze: Floats
    ack_loss: Floats
    boost_bytes: Floats
    boost_rate: Floats
    stall_at: Floats
    stall_for: Floats


def grid(seconds: float) -> Floats:
    """Times of the steps: two milliseconds at first, then 3 % of the time passed, at most 50 ms."""
    times = [0.0]
    while times[-1] < seconds:
        times.append(times[-1] + min(0.05, max(0.002, 0.03 * times[-1])))
    times[-1] = seconds
    return np.array(times)


@dataclass(frozen=True, slots=True)
class Series:
    """What the flows of a batch did."""

    times: Floats  # k
    delivered: Floats  # flows x k, body bytes that reached the reader
    disordered: Floats  # share of segments that came late or behind a gap


@dataclass(slots=True)
class _State:
    """Where the flows of a batch stand; columns as in `Batch`."""

    window: Floats
    threshold: Floats
    tokens: Floats
    hold: Floats  # seconds a gap lasts
    delivered: Floats
    quiet: Floats  # until when the window is not cut again
    waiting: Floats  # until when the flow waits for a timeout
    shown: Floats  # of `delivered`, what the reader has
    disordered: Floats  # bytes that came late or behind a gap

    @classmethod
    def before(cls, batch: Batch) -> "_State":
        count = len(batch.link)
        zeros = [np.zeros(count) for _ in range(5)]
        hold = np.maximum(2 * batch.rtt, 2 * PACKET / batch.rate)
        return cls(np.full(count, INITIAL_WINDOW), np.full(count, np.inf), batch.tokens.copy(), hold, *zeros)


@dataclass(frozen=True, slots=True)
class _Way:
    """What the line, as fast as it is, allows."""

    most: Floats  # bytes per second, the server's pace included
    drops: Floats  # bytes per second beyond which its buffer runs over
    window: Floats  # bytes: no window grows further

    @classmethod
    def of(cls, batch: Batch, line: Floats) -> "_Way":
        holds = line * (batch.rtt + batch.queue)
        return cls(np.minimum(line, batch.pace), holds / batch.rtt, holds * 1.5 + 4 * MSS)


@dataclass(frozen=True, slots=True)
class _Has:
    """What occurs in a batch at all: the rest need not be worked out step by step."""

    way: _Way | None  # None: it changes with the bytes
    box: bool
    loss: bool
    ack_loss: bool
    stalls: bool
    freezes: bool

    @classmethod
    def of(cls, batch: Batch) -> "_Has":
        return cls(
            way=None if np.isfinite(batch.boost_bytes).any() else _Way.of(batch, batch.link),
            box=bool(np.isfinite(batch.rate).any()),
            loss=bool(batch.loss.any()),
            ack_loss=bool(batch.ack_loss.any()),
            stalls=bool(np.isfinite(batch.stall_at).any()),
            freezes=bool(np.isfinite(batch.freeze).any()),
        )


T = TypeVar("T", Batch, _State)


def _only(columns: T, which: Bools) -> T:
    return replace(columns, **{each.name: getattr(columns, each.name)[which] for each in fields(columns)})


def run(batch: Batch, caps: Floats, seconds: Floats, random: np.random.Generator) -> Series:
    """Run all flows of the batch side by side, each until its reader has `caps` bytes or its `seconds` are over."""
    times = grid(float(seconds.max()))
    kept = [index for index in range(1, len(times)) if index % SAMPLE == 0 or index == len(times) - 1]
    shown = np.zeros((len(caps), len(kept)))
    disordered = np.zeros(len(caps))
    state, live = _State.before(batch), np.arange(len(caps))
    has = _Has.of(batch)
    column = 0
    for index in range(1, len(times)):
        _step(batch, has, state, times[index], times[index] - times[index - 1], random)
        if index != kept[column]:
            continue
        shown[live, column:] = state.shown[:, None]
        disordered[live] = state.disordered / np.maximum(state.delivered, MSS)
        column += 1
        going = (state.shown < caps[live]) & (times[index] < seconds[live])
        if not going.any():
            break
        if going.mean() < CROWDED:
            batch, state, live = _only(batch, going), _only(state, going), live[going]
            has = _Has.of(batch)
    return Series(times[kept], shown, np.minimum(disordered, 1.0))


def _step(
    batch: Batch, has: _Has, state: _State, now: float, step: float, random: np.random.Generator
) -> None:
    """All flows of the batch, one step further."""
    chance = random.random((4, len(batch.link)))
    way = has.way or _Way.of(
        batch, np.where(state.delivered >= batch.boost_bytes, batch.boost_rate, batch.link)
    )
    idle = state.waiting > now
    if has.stalls:
        idle |= (now >= batch.stall_at) & (now < batch.stall_at + batch.stall_for)
    sent = _send(batch, has, state, way, np.where(idle, 0.0, state.window / batch.rtt * step), now, step)
    cut = _lose(batch, has, state, sent, now, chance[:2])
    # Steps are longer than short round trips late in a flow: growth per step is bounded by one doubling.
    rounds = np.minimum(step / batch.rtt, 1.0)
    if has.ack_loss:
        # Lost acknowledgements: the sender waits for its timer although everything arrived.
        unheard = chance[2] < batch.ack_loss**3 * rounds * 6
        state.waiting = np.where(unheard, now + 4 * TIMEOUT, state.waiting)
        state.window = np.where(unheard, MSS, state.window)
    _grow(state, rounds, idle | cut, way.window)
    if has.box:
        # Behind a gap nothing reaches the reader until the retransmission: policed flows come in jumps.
        gap = sent.boxed & (batch.policed > 0) & (state.tokens < 2 * PACKET)
        held = gap & (chance[3] > step / state.hold)
        state.shown = np.where(held, state.shown, state.delivered)
    else:
        state.shown = state.delivered


@dataclass(frozen=True, slots=True)
class _Sent:
    """What the flows sent in one step."""

    wanted: Floats  # bytes, as far as the line and the server's pace allow
    allowed: Floats  # bytes that the box would let through
    passed: Floats  # bytes that came through
    overflow: Bools  # the line's buffer ran over
    boxed: Bools  # the box looks at this flow by now


def _send(
    batch: Batch, has: _Has, state: _State, way: _Way, offered: Floats, now: float, step: float
) -> _Sent:
    """Deliver what line and box allow of the bytes offered."""
    wanted = allowed = passed = np.minimum(offered, way.most * step)
    boxed = np.zeros_like(wanted, dtype=bool)
    if has.box:
        boxed, allowed = _fill(batch, state, now, step)
        passed = np.where(boxed, np.minimum(wanted, allowed), wanted)
        state.tokens = np.where(boxed, state.tokens - passed * (PACKET / MSS), state.tokens)
    if has.freezes:
        passed = np.minimum(passed, np.maximum(batch.freeze - state.delivered, 0.0))
    state.delivered = state.delivered + passed
    return _Sent(wanted, allowed, passed, offered > way.drops * step, boxed)


def _fill(batch: Batch, state: _State, now: float, step: float) -> tuple[Bools, Floats]:
    """Fill the buckets: whether each flow is in the box by now, and the bytes that may pass."""
    boxed = (state.delivered >= batch.after_bytes) & (now >= batch.after_seconds) & np.isfinite(batch.rate)
    state.tokens = np.where(boxed, np.minimum(batch.burst, state.tokens + batch.rate * step), state.tokens)
    return boxed, np.maximum(state.tokens, 0.0) * (MSS / PACKET)


def _lose(batch: Batch, has: _Has, state: _State, sent: _Sent, now: float, chance: Floats) -> Bools:
    """Shrink the windows of flows that lost something, and say which those are; small ones wait for a timeout."""
    cut = sent.overflow
    if has.loss:
        hits = chance[0] < 1 - np.exp(-batch.loss * sent.wanted / MSS)
        # What is in flight behind a lone loss comes out of order; a policer drops nearly all of that too.
        state.disordered = state.disordered + hits * np.maximum(state.window / 2, MSS)
        cut = cut | (hits & (batch.bbr == 0))
    if has.box:
        drops = sent.boxed & (batch.policed > 0) & (sent.wanted > sent.allowed)
        state.disordered = state.disordered + drops * POLICED_DISORDER * sent.passed
        cut = cut | drops
    cut = cut & (now >= state.quiet)
    if has.loss or has.box:
        small = cut & (state.window < 2.5 * MSS) & ~sent.overflow
        state.waiting = np.where(small & (chance[1] < 0.3), now + TIMEOUT, state.waiting)
    if cut.any():
        lower = state.window * CUBIC_DECREASE
        state.threshold = np.where(cut, np.maximum(lower, 2 * MSS), state.threshold)
        state.window = np.where(cut, np.maximum(lower, MSS), state.window)
        state.quiet = np.where(cut, now + batch.rtt, state.quiet)
    return cut


def _grow(state: _State, rounds: Floats, still: Bools, most: Floats) -> None:
    """Slow start, then two segments a round trip; windows that are `still` keep their size."""
    grown = state.window + 2 * MSS * rounds
    starting = np.flatnonzero(state.window < state.threshold)
    grown[starting] = state.window[starting] * 2.0 ** rounds[starting]
    state.window = np.where(still, state.window, np.minimum(grown, most))
