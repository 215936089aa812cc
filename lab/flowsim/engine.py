"""Byte series of many flows at once: a fluid model of TCP over a line with a box in it.

Per step a flow offers window / round trip, the line and the server bound it, the box takes tokens. Loss halves the
window (Cubic: to 0.7), a policer's drops do the same and hold back what comes behind the gap, a shaper only delays.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MSS: Final = 1448.0
PACKET: Final = 1500.0
INITIAL_WINDOW: Final = 10 * MSS  # RFC 6928
CUBIC_DECREASE: Final = 0.7  # RFC 9438
TIMEOUT: Final = (
    0.25  # seconds a flow waits after a loss it cannot repair by duplicates (RFC 6298 with Linux' minimum)
)
SAMPLE: Final = 4  # steps between kept points


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
    """Times of the steps: a millisecond at first, then 2 % of the time passed, at most 50 ms."""
    times = [0.0]
    while times[-1] < seconds:
        times.append(times[-1] + min(0.05, max(0.001, 0.02 * times[-1])))
    times[-1] = seconds
    return np.array(times)


@dataclass(frozen=True, slots=True)
class Series:
    """What the flows of a batch did."""

    times: Floats  # k
    delivered: Floats  # flows x k, body bytes that reached the reader
    lost: Floats  # share of segments that came late, out of order


def run(batch: Batch, seconds: float, random: np.random.Generator) -> Series:
    """Run all flows of the batch side by side."""
    times = grid(seconds)
    count = len(batch.link)
    window = np.full(count, INITIAL_WINDOW)
    threshold = np.full(count, np.inf)
    tokens = batch.tokens.copy()
    delivered = np.zeros(count)
    quiet = np.zeros(count)  # until when the window is not cut again
    waiting = np.zeros(count)  # until when the flow waits for a timeout
    shown = np.zeros(count)
    gaps = np.zeros(count)
    hold = np.maximum(2 * batch.rtt, 2 * PACKET / batch.rate)
    kept: list[Floats] = []
    kept_times: list[float] = []
    for index in range(1, len(times)):
        now, step = times[index], times[index] - times[index - 1]
        line = np.where(delivered >= batch.boost_bytes, batch.boost_rate, batch.link)
        idle = (waiting > now) | ((now >= batch.stall_at) & (now < batch.stall_at + batch.stall_for))
        offered = np.where(idle, 0.0, window / batch.rtt * step)
        wanted = np.minimum(offered, np.minimum(line, batch.pace) * step)
        boxed = (delivered >= batch.after_bytes) & (now >= batch.after_seconds) & np.isfinite(batch.rate)
        tokens = np.where(boxed, np.minimum(batch.burst, tokens + batch.rate * step), tokens)
        allowed = np.maximum(tokens, 0.0) * (MSS / PACKET)
        passed = np.where(boxed, np.minimum(wanted, allowed), wanted)
        tokens = np.where(boxed, tokens - passed * (PACKET / MSS), tokens)
        passed = np.minimum(passed, np.maximum(batch.freeze - delivered, 0.0))
        delivered = delivered + passed

        drops = boxed & (batch.policed > 0) & (wanted > allowed)
        hits = random.random(count) < 1 - np.exp(-batch.loss * wanted / MSS)
        overflow = offered > (line * (batch.rtt + batch.queue)) / batch.rtt * step
        cut = (drops | (hits & (batch.bbr == 0)) | overflow) & (now >= quiet)
        small = cut & (window < 2.5 * MSS) & ~overflow
        # One segment a random loss; of a policer's drops what did not fit, at most a window.
        gaps += hits * MSS + np.where(drops & cut, np.clip(wanted - allowed, MSS, window), 0.0)
        threshold = np.where(cut, np.maximum(window * CUBIC_DECREASE, 2 * MSS), threshold)
        window = np.where(cut, np.maximum(window * CUBIC_DECREASE, MSS), window)
        quiet = np.where(cut, now + batch.rtt, quiet)
        waiting = np.where(small & (random.random(count) < 0.3), now + TIMEOUT, waiting)
        # Lost acknowledgements: the sender waits for its timer although everything arrived.
        unheard = random.random(count) < batch.ack_loss**3 * np.minimum(step / batch.rtt, 1.0) * 6
        waiting = np.where(unheard, now + 4 * TIMEOUT, waiting)
        window = np.where(unheard, MSS, window)
        # Steps are longer than short round trips late in a flow: growth per step is bounded by one doubling.
        rounds = np.minimum(step / batch.rtt, 1.0)
        grown = np.where(window < threshold, window * 2.0**rounds, window + 2 * MSS * rounds)
        window = np.where(
            idle | cut, window, np.minimum(grown, line * (batch.rtt + batch.queue) * 1.5 + 4 * MSS)
        )

        # Behind a gap nothing reaches the reader until the retransmission: policed flows come in jumps.
        held = (batch.policed > 0) & boxed & (tokens < 2 * PACKET) & (random.random(count) > step / hold)
        shown = np.where(held, shown, delivered)
        if index % SAMPLE == 0 or index == len(times) - 1:
            kept.append(shown.copy())
            kept_times.append(now)
    return Series(np.array(kept_times), np.stack(kept, axis=1), gaps / np.maximum(delivered + gaps, MSS))
