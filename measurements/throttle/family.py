"""What the arms say together about one host family: ordered rules, first match wins."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from measurements.throttle.evidence import Plan
from measurements.throttle.flow import ARMS, Arm
from measurements.throttle.rules import RULES, ArmVerdict
from measurements.throttle.thresholds import THRESHOLDS as T

LongState = Literal["missing", "clean", "changed"]
FamilyVerdict = Literal["throttled", "not_throttled", "inconclusive"]

# Arms whose target flows go to the platform's own addresses; only these can show that it is not slowed.
OWN_ADDRESS: Final = ("same_address", "foreign")
OUTRANKED: Final = "outranked"  # the rule that no further pair can undo
_OUTRANKING: Final = frozenset({"network_changed", "intercepted", "blocked"})
_ABSENT: Final = frozenset({"unavailable", "unreachable"})
_REASON_ORDER: Final = tuple(rule.reason for rule in RULES if rule.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyFacts:
    """Arm verdicts and what else a family rule looks at."""

    arms: dict[Arm, tuple[ArmVerdict, str | None]]  # verdict and, for inconclusive ones, its reason
    raw_clean: frozenset[Arm]  # arms whose ratio, baseline or not, lies above one half
    target_rates: dict[Arm, float]  # bytes per second
    stages: dict[Arm, Literal["transfer", "tls"] | None]
    plan: Plan
    fast: frozenset[Arm]  # arms whose control shows that the line is not slow
    residual: frozenset[Arm]  # arms whose controls were fast before the first target flow, and no longer are
    long: LongState
    page: str | None  # reason why the platform's own page gave nothing: blocked, intercepted
    beyond_reached: bool  # the pairs went past the long flow's change, or there was none

    def having(self, verdict: ArmVerdict) -> tuple[Arm, ...]:
        """Arms with this verdict, in the order of `ARMS`."""
        return tuple(arm for arm in ARMS if arm in self.arms and self.arms[arm][0] == verdict)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Reasons of the arms that do not answer, the weightiest first.

        An arm that turned out unavailable or unreachable is not on offer as long as another one is; a foreign control
        without baseline does not stand against a clean neutral name as long as its plain ratio is clean.
        """
        open_arms = {arm: reason for arm, (_, reason) in self.arms.items() if reason}
        found = {
            reason
            for arm, reason in open_arms.items()
            if not (reason == "no_baseline" and arm in self.raw_clean and self.own_clean)
        }
        found |= {self.page} if self.page else set()
        if found - _ABSENT or self.having("clean"):
            found -= _ABSENT
        # What an arm that can be compared says comes before an arm that cannot be.
        return tuple(sorted(found, key=lambda word: (word == "no_baseline", _REASON_ORDER.index(word))))

    @property
    def open_reason(self) -> str | None:
        """The weightiest reason of an arm without answer."""
        return next(iter(self.reasons), None)

    @property
    def slow(self) -> Arm | None:
        """The first throttled arm."""
        return next(iter(self.having("throttled")), None)

    @property
    def own_clean(self) -> Arm | None:
        """The first clean arm on the platform's own addresses."""
        return next((arm for arm in OWN_ADDRESS if arm in self.having("clean")), None)


def _arm_with_numbers(facts: FamilyFacts) -> Arm | None:
    """Of an undecided family: the arm whose ratio is worth showing."""
    return next((arm for arm in ARMS if arm in facts.target_rates), None)


@dataclass(frozen=True, slots=True)
class FamilyRule:
    """`reason` None with an inconclusive verdict = the weightiest reason of the arms."""

    id: str
    verdict: FamilyVerdict
    reason: str | None
    matches: Callable[[FamilyFacts], bool]
    arm: Callable[[FamilyFacts], Arm | None]
    comment: str


def _outranked(facts: FamilyFacts) -> bool:
    return any(reason in _OUTRANKING for reason in facts.reasons)


def _only_foreign(facts: FamilyFacts) -> bool:
    return facts.having("throttled") == ("foreign",) and bool(facts.having("clean"))


def _tariff(facts: FamilyFacts) -> bool:
    slow = facts.slow
    return (
        slow is not None
        and facts.plan != "plain"
        and facts.stages[slow] == "transfer"
        and facts.target_rates.get(slow, 0.0) >= T.tariff_rate
    )


def _slow_addresses(facts: FamilyFacts) -> bool:
    """The platform's own servers are slow under a neutral name too, and the line is not."""
    return facts.arms.get("same_address", ("", None))[1] == "slow_line" and bool(facts.fast)


def _slowed_since(facts: FamilyFacts) -> bool:
    """As `_slow_addresses`, but only since the first target flow; and the fast arm may have come before that."""
    return _slow_addresses(facts) and "same_address" in facts.residual


def _slow(facts: FamilyFacts) -> Arm | None:
    return facts.slow


def _own_clean(facts: FamilyFacts) -> Arm | None:
    return facts.own_clean


FAMILY_RULES: Final[tuple[FamilyRule, ...]] = (
    FamilyRule(
        OUTRANKED,
        "inconclusive",
        None,
        _outranked,
        _arm_with_numbers,
        "blocking and interception outrank slowness",
    ),
    FamilyRule(
        "no_arm", "inconclusive", "no_arm", lambda f: not f.arms, lambda f: None, "nothing to compare with"
    ),
    FamilyRule(
        "only_foreign",
        "inconclusive",
        "only_foreign",
        _only_foreign,
        _slow,
        "clean against a neutral name: a slow address, server or peering look the same from one line",
    ),
    FamilyRule(
        "tariff",
        "inconclusive",
        "tariff",
        _tariff,
        _slow,
        "above 1.25 Mbit/s a class of the plan is likelier",
    ),
    FamilyRule("throttled", "throttled", None, lambda f: f.slow is not None, _slow, "one arm is enough"),
    FamilyRule(
        "slowed_since",
        "inconclusive",
        "residual",
        _slowed_since,
        _arm_with_numbers,
        "the addresses were marked, or the line slowed between two arms",
    ),
    FamilyRule(
        "slow_addresses",
        "inconclusive",
        "slow_addresses",
        _slow_addresses,
        _arm_with_numbers,
        "no control on these addresses: whether they or their servers are slow, one line cannot tell",
    ),
    FamilyRule(
        "arms_open",
        "inconclusive",
        None,
        lambda f: bool(f.reasons),
        _arm_with_numbers,
        "every arm must be clean",
    ),
    FamilyRule(
        "only_helper",
        "inconclusive",
        "only_helper",
        lambda f: f.own_clean is None,
        _arm_with_numbers,
        "our server says nothing about the platform's addresses",
    ),
    FamilyRule(
        "no_long_pair",
        "inconclusive",
        "no_long_pair",
        lambda f: f.long == "missing",
        _own_clean,
        "a large burst hides a cap from short flows",
    ),
    FamilyRule(
        "burst", "inconclusive", "burst", lambda f: not f.beyond_reached, _own_clean, "see no_long_pair"
    ),
    FamilyRule(
        "not_throttled", "not_throttled", None, lambda f: True, _own_clean, "clean on its own address"
    ),
)


def family_rule(facts: FamilyFacts) -> FamilyRule:
    """The rule that decides; the last one always matches."""
    return next(rule for rule in FAMILY_RULES if rule.matches(facts))
