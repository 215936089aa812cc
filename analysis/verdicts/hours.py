"""Rows of flat tables as evidence: one verdict a vantage, platform and hour.

A flat table has no addresses and no answers, only what each probe came to. What fits no fact stays unknown, and the
rules then say `inconclusive` rather than guess.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from analysis.verdicts.pairs import throttled
from analysis.verdicts.roll_up import worst
from measurements.records import VerdictLine
from measurements.rules.addresses import Works
from measurements.rules.controls import FOREIGN_NEEDED
from measurements.rules.facts import TIMEOUTS, Certificate, EndpointFacts, FailedAt
from measurements.rules.judgement import Judgement, judge_endpoint
from measurements.rules.line import NO_ROUTE, Situation
from measurements.rules.table import VERSION
from measurements.targets import Control, Targets

# One row a (vantage, hour, platform, endpoint, probe, outcome); `{hour}` is an engine's expression.
QUERY: Final = """
SELECT vantage, hour, platform, role, host AS endpoint, probe, stage, failure,
       max(number) AS asn, max(land) AS country, min(begun) AS time, count(*) AS tries
FROM (
    SELECT vantage, {hour} AS hour, platform, role, coalesce(endpoint, '') AS host, probe, stage, failure,
           asn AS number, country AS land, time AS begun
    FROM flat WHERE origin = 'flat' AND measurement IS NULL AND probe <> 'quic'
) AS outcomes
GROUP BY vantage, hour, platform, role, host, probe, stage, failure
ORDER BY vantage, hour, platform, host
"""

# From the shallow to the deep: the deepest probe that an endpoint has says whether it works.
_DEPTH: Final = ("dns", "tcp", "tls", "http", "telegram", "transfer")
_STAGE_OF_PROBE: Final[dict[str, FailedAt]] = {
    "dns": "resolve",
    "tcp": "connect",
    "tls": "tls",
    "http": "first_byte",
    "telegram": "first_byte",
    "transfer": "transfer",
}
_STAGES: Final[dict[str | None, FailedAt]] = {stage: stage for stage in _STAGE_OF_PROBE.values()}
_CERTIFICATES: Final[dict[str, Certificate]] = {
    "ssl_unknown_authority": "unknown",
    "ssl_invalid_hostname": "faulty",
    "ssl_invalid_certificate": "faulty",
}

Row = Mapping[str, Any]


@dataclass
class _Probe:
    """Outcomes of one probe of one endpoint in one hour."""

    good: int = 0
    bad: Counter[tuple[str | None, str]] = field(default_factory=Counter)  # (stage, failure) -> tries


def judge_hours(rows: Iterable[Row], pairs: Iterable[Row], targets: Targets) -> Iterator[VerdictLine]:
    """One line a vantage, platform and hour, from the rows of `QUERY` and of `pairs.QUERY`, both in their order."""
    controls = {control.id: control for control in targets.controls}
    flows = _Aligned(pairs)
    for key, hour in groupby(rows, key=_hour):
        yield from _judge_hour(list(hour), flows.take(key), controls)


def _hour(row: Row) -> tuple[str, int]:
    return row["vantage"], row["hour"]


class _Aligned:
    """Groups of a second stream that is sorted alike, taken by key."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._groups = groupby(rows, key=_hour)
        self._next = next(self._groups, None)

    def take(self, key: tuple[str, int]) -> list[Row]:
        if self._next is None or self._next[0] != key:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows


def _judge_hour(rows: list[Row], pairs: list[Row], controls: Mapping[str, Control]) -> Iterator[VerdictLine]:
    line = _Line(rows, controls)
    targets = [row for row in rows if row["role"] == "target"]
    for platform, own in groupby(targets, key=lambda row: row["platform"]):
        slowed = throttled(pair for pair in pairs if pair["platform"] == platform)
        yield _platform(platform, list(own), slowed, line)


class _Line:
    """What the controls of an hour say."""

    def __init__(self, rows: list[Row], controls: Mapping[str, Control]) -> None:
        tried = {row["platform"] for row in rows if row["role"] == "control"}
        working = {row["platform"] for row in rows if row["role"] == "control" and row["failure"] is None}
        # A control that our list does not know is taken for a foreign one of a network of its own.
        foreign = {name for name in tried if name not in controls or controls[name].scope == "foreign"}
        networks = {controls[n].network or n if n in controls else n for n in working & foreign}
        self.enough = len(networks) >= FOREIGN_NEEDED
        self.situation: Situation = "online"
        # Where a platform answers (a name may come from a cache), the line is up, whatever the controls say.
        answered = any(row["failure"] is None and row["probe"] != "dns" for row in rows)
        if tried and not working:
            self.situation = "online" if answered else "offline"
        elif foreign and not working & foreign:
            self.situation = "international_cut"


def _platform(platform: str, rows: list[Row], slowed: Judgement | None, line: _Line) -> VerdictLine:
    if line.situation == "offline":
        judgement = Judgement(rule="offline", verdict="inconclusive", reason="offline")
    else:
        endpoints = groupby(rows, key=lambda row: row["endpoint"])
        judged = {
            name: judge_endpoint(facts(list(own), line.situation, line.enough)) for name, own in endpoints
        }
        judgement = worst(judged | ({"": slowed} if slowed else {}))
    return VerdictLine(
        platform=platform,
        verdict=judgement.verdict,
        stage=judgement.stage,
        failure=judgement.failure,
        rule=judgement.rule,
        rules_version=VERSION,
        reason=judgement.reason,
        vantage=rows[0]["vantage"],
        # A vantage that moved within the hour has two; one of them, and always the same.
        asn=max((row["asn"] for row in rows if row["asn"] is not None), default=None),
        country=max((row["country"] for row in rows if row["country"]), default=None),
        time=_hour_of(min(row["time"] for row in rows)),
    )


def _hour_of(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


def facts(rows: Iterable[Row], situation: Situation, enough_controls: bool) -> EndpointFacts:
    """What the outcomes of one endpoint in one hour amount to."""
    probes: dict[str, _Probe] = {}
    for row in rows:
        outcome = probes.setdefault(row["probe"], _Probe())
        if row["failure"] is None:
            outcome.good += row["tries"]
        elif row["failure"] != "interrupted":
            outcome.bad[row["stage"], row["failure"]] += row["tries"]
    deepest = max((p for p in probes if p in _DEPTH), key=_DEPTH.index, default=None)
    if deepest is None or not any(p.good or p.bad for p in probes.values()):
        return EndpointFacts(evidence=False)
    return _weighed(probes, deepest, situation, enough_controls)


def _weighed(
    probes: Mapping[str, _Probe], deepest: str, situation: Situation, enough_controls: bool
) -> EndpointFacts:
    good = probes[deepest].good
    failing = [p for p in probes.values() if p.bad and not p.good] or [probes[deepest]]
    bad: Counter[tuple[str | None, str]] = sum((p.bad for p in failing), Counter())
    dns = probes.get("dns")
    # The resolver gave nothing and the rest works all the same: at an address from a trusted resolver.
    dns_fails = dns is not None and not dns.good and dns.bad.total() > 0
    mixed = good > 0 and bad.total() > good and not dns_fails
    (stage, failure), _ = bad.most_common(1)[0] if bad else ((None, None), 0)
    failed_at: FailedAt = _stage(stage, probes, bad) if bad and not mixed else "none"
    return EndpointFacts(
        situation=situation,
        applicable=not (bad and not good and all(word in NO_ROUTE for _, word in bad)),
        works=_works(good > 0 and not mixed, dns_fails),
        dns="fails" if dns_fails else ("answers" if dns is not None else "none"),
        certificate=next((_CERTIFICATES[word] for _, word in bad if word in _CERTIFICATES), "fine"),
        failed_at=failed_at,
        confirmed=bad.total() > 1,
        progress=failed_at == "transfer" and failure in TIMEOUTS,
        enough_controls=enough_controls,
        failure=failure,
    )


def _works(good: bool, dns_fails: bool) -> Works:
    if not good:
        return "no"
    return "trusted" if dns_fails else "system"


def _stage(stage: str | None, probes: Mapping[str, _Probe], bad: Counter[tuple[str | None, str]]) -> FailedAt:
    """The stage that the rows name; without one, that of the shallowest probe that failed."""
    if stage in _STAGES:
        return _STAGES[stage]
    failing = [name for name in _DEPTH if name in probes and probes[name].bad.keys() & bad.keys()]
    return _STAGE_OF_PROBE[failing[0]]
