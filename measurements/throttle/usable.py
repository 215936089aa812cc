"""Whether a flow is evidence of a speed, and if not, of what."""

from collections.abc import Callable
from typing import Final, Literal

from measurements.throttle.flow import Flow
from measurements.throttle.thresholds import THRESHOLDS

Use = Literal["counts", "flagged", "intercepted", "blocked", "unavailable", "broken"]

TRIES: Final = 2  # a failure counts after a second try
# Uses of a flow that was ended on purpose; it says nothing about speed.
STOPPED: Final[frozenset[Use]] = frozenset({"intercepted", "blocked"})
# Words that say somebody refused or cut the flow. A reset is never slowness, whatever came before it.
CUT: Final = frozenset(
    {
        "connection_refused",
        "connection_reset",
        "connection_aborted",
        "eof_error",
        "host_unreachable",
        "network_unreachable",
        "network_reset",
    }
)
DEADLINE: Final = frozenset({"generic_timeout_error", "timed_out"})
SLOW_ENDS: Final = DEADLINE | {None}
# Statuses of a whole object, or of the asked range of one.
GOOD_STATUS: Final = frozenset({200, 206})


def _no_progress(flow: Flow) -> bool:
    """A deadline without a byte in its own step: after a handshake that went well, no byte of the answer.

    A handshake that took seconds went on at a crawl, and so does its answer.
    """
    prompt = (flow.handshake or 0.0) < THRESHOLDS.slow_handshake
    begun = flow.body_bytes if flow.stage == "first_byte" and prompt else flow.received
    return flow.failure in DEADLINE and begun == 0


def _other_answer(flow: Flow) -> bool:
    return (
        flow.status is not None and flow.status not in GOOD_STATUS
    ) or flow.failure == "ssl_failed_handshake"


# First match wins; what none matches is broken: it failed here, or in a way that says nothing about speed.
# A certificate is judged before anything else: what came after a forged one says nothing.
_USES: Final[tuple[tuple[Use, Callable[[Flow], bool], str], ...]] = (
    ("flagged", lambda flow: bool(flow.flags), "measured wrongly: suspended, or the network changed"),
    (
        "intercepted",
        lambda flow: flow.certificate_valid is False,
        "no public root (or not the pin) vouches for it",
    ),
    (
        "unavailable",
        _other_answer,
        "421, 403, 429, a redirect, an alert: no such object here, which is not slow",
    ),
    ("blocked", lambda flow: flow.failure in CUT, "refused, reset or closed on the way"),
    ("blocked", _no_progress, "silence: not one byte came"),
    ("counts", lambda flow: flow.received > 0 and flow.failure in SLOW_ENDS, "bytes came, however slowly"),
)


def use_of(flow: Flow) -> Use:
    """What this flow is evidence of."""
    for use, matches, _ in _USES:
        if matches(flow):
            return use
    return "broken"


def same_object(one: Flow, other: Flow) -> bool:
    """Both flows brought the same object as far as both got: status, length and the hash of the common prefix.

    Flows that ended inside the handshake showed nothing that could differ.
    """
    if one.status is None or other.status is None:
        return True
    if one.status != other.status or one.length != other.length:
        return False
    theirs = dict(other.prefixes)
    return all(theirs.get(size, digest) == digest for size, digest in one.prefixes)
