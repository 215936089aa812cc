"""A pair of flows and the numbers the decision takes from it."""

from dataclasses import dataclass
from math import log
from typing import Literal

from measurements.throttle.flow import WINDOW, Arm, Flow, Mark, goodput_past, goodputs
from measurements.throttle.usable import same_object, use_of

# What a pair is good for. All but "counts" say why it has no ratio.
PairUse = Literal["counts", "void", "control_failed", "intercepted", "blocked", "unavailable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Target and control, one right after the other."""

    arm: Arm
    target: Flow
    control: Flow

    @property
    def started(self) -> float:
        """Seconds since the session began."""
        return min(self.target.started, self.control.started)

    @property
    def bytes_received(self) -> int:
        """Body bytes of both flows."""
        return self.target.body_bytes + self.control.body_bytes


@dataclass(frozen=True, slots=True)
class Measured:
    """A pair that counts, as numbers."""

    started: float
    cap_bytes: int | None
    target: float  # bytes per second
    control: float
    target_handshake: float | None  # seconds
    control_handshake: float | None

    @property
    def d(self) -> float:
        """ln(target / control) of the goodputs."""
        return log(self.target / self.control)

    @property
    def handshake_d(self) -> float | None:
        """ln(control / target) of the handshake times: below 0 = the target's takes longer."""
        if not self.target_handshake or not self.control_handshake:
            return None
        return log(self.control_handshake / self.target_handshake)


def pair_use(pair: Pair) -> PairUse:
    """Whether the pair has a ratio, and if not why (a forged certificate outranks a failed control)."""
    target, control = use_of(pair.target), use_of(pair.control)
    if "flagged" in (target, control) or (pair.target.stalled and pair.control.stalled):
        return "void"
    if target == "intercepted":
        # Our own server with another pin under both names is a wrong invite, not an attack on one name.
        return "unavailable" if pair.arm == "helper" and control == "intercepted" else "intercepted"
    if "unavailable" in (target, control):
        return "unavailable"
    if control != "counts":
        return "control_failed"
    if target == "blocked":
        return "blocked"
    if target != "counts":
        return "void"
    # Objects of a foreign control are its own: the runner compares each with its own warm-up.
    if pair.arm != "foreign" and not same_object(pair.target, pair.control):
        return "unavailable"
    return "counts"


def asked_past(pair: Pair, mark: Mark) -> bool:
    """The pair was to go far enough past the mark to be compared there."""
    return (pair.target.cap_bytes or 0) >= mark.at_bytes + WINDOW


def measure(pair: Pair, mark: Mark | None = None) -> Measured:
    """Numbers of a pair whose use is "counts"; of one that was to run past the `mark`, of what came after it."""
    if mark and asked_past(pair, mark):
        target, control = goodput_past(pair.target, mark), goodput_past(pair.control, mark)
    else:
        target, control = goodputs(pair.target, pair.control)
    return Measured(
        pair.started,
        pair.target.cap_bytes,
        target,
        control,
        pair.target.handshake_seconds,
        pair.control.handshake_seconds,
    )
