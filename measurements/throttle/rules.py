"""What is concluded from one arm: ordered rules, first match wins.

An arm that is `clean` shows its target at least half as fast as its control. Whether that makes the platform
`not_throttled` is for `decision` to say, which sees all arms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from measurements.throttle.facts import ArmFacts
from measurements.throttle.thresholds import THRESHOLDS as T

ArmVerdict = Literal["throttled", "clean", "inconclusive"]
MARKED: Final = "marked_address"


@dataclass(frozen=True, slots=True)
class ArmRule:
    """`reason` is the word of `reasons.REASONS` for an inconclusive arm; `stage` what a throttled one is slow in."""

    id: str
    verdict: ArmVerdict
    reason: str | None
    stage: Literal["transfer", "tls"] | None
    matches: Callable[[ArmFacts], bool]
    comment: str


def _slow_line(facts: ArmFacts) -> bool:
    # A marked address is judged by the controls taken before it was marked; those must have been fast themselves.
    if facts.marked is not None and facts.marked.control >= T.slow_line:
        return False
    return facts.control is not None and facts.control < T.slow_line


def _slow(facts: ArmFacts) -> bool:
    found = facts.goodput
    if found is None or not found.clearly_worse(facts.alpha):
        return False
    # No such rate holds a handshake up for seconds: where both are slow, it is the handshake that is slowed.
    return found.target < T.tariff_rate or not _slow_handshake(facts)


def _slow_handshake(facts: ArmFacts) -> bool:
    found = facts.handshake
    return found is not None and found.target >= T.slow_handshake and found.clearly_worse(facts.alpha)


def _marked(facts: ArmFacts) -> bool:
    return facts.marked is not None and facts.marked.clearly_worse(facts.alpha)


def _clean(facts: ArmFacts) -> bool:
    handshake = facts.handshake
    prompt = handshake is None or handshake.target < T.slow_handshake or handshake.clean
    return facts.goodput is not None and facts.goodput.clean and prompt


def _mild(facts: ArmFacts) -> bool:
    found = facts.goodput
    return found is not None and found.high is not None and found.high < T.mild and _clean(facts)


def _unavailable(facts: ArmFacts) -> bool:
    return facts.share_lost("unavailable") or (facts.refused and facts.look is None)


def _no(reason: str, matches: Callable[[ArmFacts], bool], comment: str) -> ArmRule:
    return ArmRule(reason, "inconclusive", reason, None, matches, comment)


RULES: Final[tuple[ArmRule, ...]] = (
    _no("slow_line", _slow_line, "before any other rule: on a line below 1 Mbit/s every cap hides"),
    _no("network_changed", lambda facts: facts.network_changed, "pairs of two networks are not one sample"),
    _no("intercepted", lambda facts: "intercepted" in facts.lost, "one forged certificate is enough to stop"),
    _no("blocked", lambda facts: facts.share_lost("blocked"), "resets and silence belong to reachability"),
    _no("unavailable", _unavailable, "another answer is not a slow answer"),
    _no(
        "unreachable",
        lambda facts: facts.all_lost("control_failed"),
        "an arm that is not there is not on offer",
    ),
    _no("sick_control", lambda facts: facts.share_lost("control_failed"), "a failing control proves nothing"),
    _no("void", lambda facts: facts.share_lost("void"), "both stalled together: the line, not the target"),
    _no(
        "changed_midway",
        lambda facts: facts.cut == "cut_at_change" and facts.look is None,
        "the runner may begin a new session with the pairs after the change",
    ),
    _no("few_pairs", lambda facts: facts.look is None, "the first look is at ten pairs"),
    _no(
        "noise", lambda facts: facts.noise_remarkable, "controls against controls must not look like a result"
    ),
    _no(
        "no_baseline",
        lambda facts: facts.baseline == "no_baseline",
        "another server needs its own usual ratio",
    ),
    _no("line_differs", lambda facts: facts.baseline == "line_differs", "loss turns unlike servers unlike"),
    ArmRule(
        "slow_transfer", "throttled", None, "transfer", _slow, "slower than its control in nearly every pair"
    ),
    ArmRule(
        "slow_handshake", "throttled", None, "tls", _slow_handshake, "as slow_transfer, in handshake times"
    ),
    ArmRule(
        MARKED,
        "throttled",
        None,
        "transfer",
        _marked,
        "the control's address slowed with the target's; target against the controls before, another control steady",
    ),
    _no(
        "residual",
        lambda facts: facts.residual and _clean(facts),
        "a slowed control makes any target look clean",
    ),
    _no("mild", _mild, "neither slowed by half nor alike"),
    ArmRule("clean", "clean", None, None, _clean, "the ratio's lower bound lies above one half"),
    _no("straddles", lambda facts: True, "enough pairs, no answer"),
)


def first_match(facts: ArmFacts) -> ArmRule:
    """The rule that decides; the last one always matches."""
    return next(rule for rule in RULES if rule.matches(facts))
