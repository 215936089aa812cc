"""What stands for one vantage now: fresh facts only, in plain values that metrics are made from. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import TypeVar

from exporter.known import Known
from exporter.round_facts import RoundFacts
from exporter.source import Session, VantageFacts
from exporter.words import STAGES, word
from measurements.owners import operator
from measurements.records import VerdictLine
from measurements.verdicts import WORST_FIRST

V = TypeVar("V")


@dataclass(frozen=True)
class OfPlatform:
    """What stands for one platform; None = nothing fresh is known."""

    verdict: str | None = None
    stage: str | None = None
    goodput: float | None = None  # bytes per second
    ratio: float | None = None


@dataclass(frozen=True)
class Standing:
    """What stands for one vantage."""

    vantage: str
    asn: str
    country: str
    operator: str
    access: str
    plan: str
    invite: str
    last: datetime
    fresh: bool
    sent: int = 0
    received: int = 0
    clock_offset: float | None = None
    control: bool | None = None
    cut: bool | None = None
    control_goodput: float | None = None
    success: dict[tuple[str, str], bool] = field(default_factory=dict)
    phases: dict[tuple[str, str], float] = field(default_factory=dict)
    dns: dict[tuple[str, str], bool] = field(default_factory=dict)
    platforms: dict[str, OfPlatform] = field(default_factory=dict)


def standing(name: str, known: Known, facts: VantageFacts, since: datetime) -> Standing:
    """What is `known` of a vantage and not older than `since`."""
    asn, country = known.place.labels
    round_is_fresh = known.round_time is not None and known.round_time >= since
    rounds = {platform: facts for platform, (time, facts) in known.of_platform.items() if time >= since}
    pairs = {
        platform: [each for each in seen if each.time >= since] for platform, seen in known.pairs.items()
    }
    every = [each for seen in pairs.values() for each in seen]
    verdicts = {platform: line for platform, line in known.verdicts.items() if line.time >= since}
    sessions = {platform: each for platform, each in known.sessions.items() if each.time >= since}
    names = [*verdicts, *sessions, *(platform for platform, seen in pairs.items() if seen)]
    return Standing(
        vantage=name,
        asn=asn,
        country=country,
        operator=operator(known.place.asn),
        access=word(facts.access or known.place.access),
        plan=word(facts.plan),
        invite=facts.invite or name,
        last=known.last,
        fresh=known.last >= since,
        sent=known.sent,
        received=known.received,
        clock_offset=facts.clock_offset,
        control=known.control if round_is_fresh else None,
        cut=known.cut if round_is_fresh else None,
        control_goodput=median(each.control for each in every) if every else None,
        success=_each(rounds, lambda facts: facts.success),
        phases=_each(rounds, lambda facts: facts.phases),
        dns=_each(rounds, lambda facts: facts.dns),
        platforms={
            platform: _of_platform(
                verdicts.get(platform),
                sessions.get(platform),
                [each.target for each in pairs.get(platform, ())],
                [each.ratio for each in pairs.get(platform, ())],
            )
            for platform in dict.fromkeys(names)
        },
    )


def _each(
    rounds: dict[str, RoundFacts], part: Callable[[RoundFacts], dict[tuple[str, str], V]]
) -> dict[tuple[str, str], V]:
    """Of each platform what its own newest round says."""
    return {
        key: value
        for platform, facts in rounds.items()
        for key, value in part(facts).items()
        if key[0] == platform
    }


def _of_platform(
    line: VerdictLine | None, session: Session | None, goodputs: list[float], ratios: list[float]
) -> OfPlatform:
    """The worse of what the round and the session say; a session that decided nothing adds nothing."""
    said = [(line.verdict, line.stage)] if line else []
    if session is not None and session.line.verdict == "throttled":
        slow = session.line.mechanism == "handshake_delay"
        said.append(("throttled", "tls" if slow else "transfer"))
    verdict, stage = min(said, key=lambda each: badness(each[0]), default=(None, None))
    ratio = session.line.ratio if session else None
    if ratio is None and ratios:
        ratio = median(ratios)
    return OfPlatform(
        verdict=verdict,
        stage=stage if stage in STAGES else None,
        goodput=median(goodputs) if goodputs else None,
        ratio=ratio,
    )


def badness(verdict: str) -> int:
    """Place in `WORST_FIRST`, 0 = worst; unknown words come last."""
    return next((place for place, word in enumerate(WORST_FIRST) if word == verdict), len(WORST_FIRST))
