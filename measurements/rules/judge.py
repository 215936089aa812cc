"""From facts to verdict lines: one a platform, one an endpoint, one for a QUIC series that fails alone."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from measurements.records import Observation, VerdictLine
from measurements.rules.cleartext import PORT
from measurements.rules.facts import EndpointFacts, Misled, gather
from measurements.rules.line import Line, judge_line
from measurements.rules.quic import quic_facts
from measurements.rules.table import (
    DEAD_RESOLVER,
    ENDPOINT_RULES,
    FALSE_ANSWER,
    NOT_APPLICABLE,
    QUIC_RULES,
    VERSION,
    Rule,
    first_match,
)
from measurements.targets import Endpoint, Platform, Targets
from measurements.verdicts import VERDICT_STAGE, WORST_FIRST, Verdict, VerdictStage


class Judgement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A rule's answer about one endpoint."""

    rule: str
    verdict: Verdict
    stage: VerdictStage | None
    failure: str | None
    reason: str
    evidence_ids: tuple[str, ...] = ()
    counts: bool = True  # False: does not count in the platform's roll-up


def judge_endpoint(facts: EndpointFacts) -> Judgement:
    """The first matching rule of `ENDPOINT_RULES`, with its reason filled in."""
    rule = first_match(ENDPOINT_RULES, facts)
    stage = rule.stage
    if stage is None and rule.verdict == "down":
        stage = VERDICT_STAGE.get(facts.failed_at)
    return Judgement(
        rule=rule.id,
        verdict=rule.verdict,
        stage=stage,
        failure=None if rule.verdict == "accessible" else facts.failure,
        reason=_reason(rule, facts.failure, facts.interceptor, facts.note),
        evidence_ids=facts.evidence_ids,
        counts=rule.id not in NOT_APPLICABLE,
    )


def _reason(rule: Rule, failure: str | None, interceptor: str | None = None, note: str | None = None) -> str:
    return rule.reason.format(
        failure=failure or "no failure word",
        interceptor=f"; it is signed by: {interceptor}" if interceptor else "",
        note=f" ({note})" if note else "",
    )


@dataclass(frozen=True)
class Round:
    """Who measured and when; goes into every verdict line."""

    run_id: str | None
    vantage: str | None
    asn: int | None
    country: str | None
    time: datetime
    source: str | None = None


def judge_round(
    targets: Targets,
    observations: Iterable[Observation],
    about: Round,
    new_id: Callable[[], str],
    platforms: Sequence[str] | None = None,
) -> tuple[Line, list[VerdictLine]]:
    """The line's situation and all verdict lines of a round, worst evidence kept with each.

    `platforms` limits the lines to those that were measured. `new_id()` makes the lines' ids.
    """
    rows = list(observations)
    line = judge_line(rows, targets.controls)
    by_platform: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        if row.role == "target":
            by_platform[row.platform].append(row)
    lines: list[VerdictLine] = []
    for name, platform in targets.platforms.items():
        if platforms is not None and name not in platforms:
            continue
        writer = _Writer(name, about, new_id)
        if not line.online:
            lines.append(writer.whole_line(line))
        else:
            lines += _judge_platform(platform, by_platform[name], rows, line, writer)
    return line, lines


def _judge_platform(
    platform: Platform, own: list[Observation], everything: list[Observation], line: Line, writer: "_Writer"
) -> list[VerdictLine]:
    by_endpoint: dict[str, list[Observation]] = defaultdict(list)
    for row in own:
        by_endpoint[row.endpoint].append(row)
    judged = _judge_endpoints(platform, by_endpoint, line)
    lines: list[VerdictLine] = [writer.roll_up(_speaking(platform, judged), line)]
    for endpoint in platform.endpoints:
        quic = quic_facts(by_endpoint[endpoint.id], everything, line)
        if "quic" in endpoint.probes and quic.tried and not quic.works:
            rule = first_match(QUIC_RULES, quic)
            lines.append(
                writer.line(
                    Judgement(
                        rule=rule.id,
                        verdict=rule.verdict,
                        stage=rule.stage,
                        failure=quic.failure,
                        reason=_reason(rule, quic.failure),
                        evidence_ids=quic.evidence_ids,
                    ),
                    endpoint.id,
                )
            )
        lines.append(writer.line(judged[endpoint.id], endpoint.id))
    return lines


def _speaking(platform: Platform, judged: Mapping[str, Judgement]) -> dict[str, Judgement]:
    """The endpoints that speak for their platform; each endpoint's own line says what happened to it in any case.

    An entry that nobody has tried from a clean line may be stale: a name that is gone, a port that is not served. So it
    speaks for its platform only with what a stale entry cannot cause, or where no other entry speaks.
    """
    tried = {e.id for e in platform.endpoints if e.verified}
    if not tried:
        return dict(judged)
    return {name: each for name, each in judged.items() if name in tried or _cannot_be_stale(each)}


def _cannot_be_stale(judgement: Judgement) -> bool:
    return judgement.verdict in ("blocked", "intercepted", "throttled") and judgement.stage != "tcp"


def _judge_endpoints(
    platform: Platform, by_endpoint: Mapping[str, list[Observation]], line: Line
) -> dict[str, Judgement]:
    """Those in clear text last: what else answers as expected decides over them."""
    hosts = [e.host for e in platform.endpoints if e.host]
    result: dict[str, Judgement] = {}
    as_expected: dict[str, bool] = {}  # verified endpoints: do they answer as the file says?
    for endpoint in sorted(platform.endpoints, key=lambda e: e.scheme == "http" or e.target_port == PORT):
        twins = _twins(endpoint, platform)
        facts = gather(
            endpoint,
            by_endpoint[endpoint.id],
            line,
            platform_hosts=hosts,
            twin_works=any(as_expected[twin.id] for twin in twins),
            other_port=any(as_expected.get(e.id, False) for e in _beside(endpoint, platform)),
            misled=_misled(result[twin.id].rule for twin in twins if twin.host == endpoint.host),
        )
        result[endpoint.id] = judge_endpoint(facts)
        as_expected[endpoint.id] = facts.works != "no" and facts.http in ("fine", "none")
    return result


def _beside(endpoint: Endpoint, platform: Platform) -> list[Endpoint]:
    """What else the platform serves at an address that is given with port 80."""
    if endpoint.fixed_address is None or endpoint.target_port != PORT:
        return []
    return [e for e in platform.endpoints if e.fixed_address == endpoint.fixed_address and e is not endpoint]


def _misled(twin_rules: Iterable[str]) -> Misled:
    """What the rules that judged a clear-text endpoint's twins say of the resolver's answer for their host."""
    rules = set(twin_rules)
    return "by_name" if FALSE_ANSWER in rules else "always" if DEAD_RESOLVER in rules else "no"


def _twins(clear: Endpoint, platform: Platform) -> list[Endpoint]:
    """The verified endpoints that a clear-text one is held against: its own host's, else the platform's others."""
    if clear.scheme != "http":
        return []
    verified = [e for e in platform.endpoints if e.scheme == "https"]
    return [e for e in verified if e.host == clear.host] or verified


@dataclass(frozen=True)
class _Writer:
    """Makes verdict lines of one platform."""

    platform: str
    about: Round
    new_id: Callable[[], str]

    def line(self, judgement: Judgement, endpoint: str | None) -> VerdictLine:
        return VerdictLine(
            id=self.new_id(),
            platform=self.platform,
            endpoint=endpoint,
            verdict=judgement.verdict,
            stage=judgement.stage,
            failure=judgement.failure,
            rule=judgement.rule,
            rules_version=VERSION,
            reason=judgement.reason,
            observations=judgement.evidence_ids,
            vantage=self.about.vantage,
            asn=self.about.asn,
            country=self.about.country,
            time=self.about.time,
            source=self.about.source,
            run_id=self.about.run_id,
        )

    def whole_line(self, line: Line) -> VerdictLine:
        """The one line of a platform where the line is not online (DESIGN section 6)."""
        if line.cut_short:
            return self.line(judge_endpoint(EndpointFacts(evidence=False)), None)
        return self.line(
            Judgement(
                rule=line.situation.replace("_", "-"),
                verdict="inconclusive",
                stage=None,
                failure=None,
                reason=line.situation,
            ),
            None,
        )

    def roll_up(self, judged: Mapping[str, Judgement], line: Line) -> VerdictLine:
        """The worst endpoint speaks for the platform; in an international cut nothing is said of it."""
        counted = {name: j for name, j in judged.items() if j.counts} or dict(judged)
        if not counted:
            return self.line(
                Judgement(
                    rule="no-evidence",
                    verdict="inconclusive",
                    stage=None,
                    failure=None,
                    reason="no_evidence: this platform has no endpoint",
                ),
                None,
            )
        if line.international_cut:
            cut = next((j for j in counted.values() if j.rule == "cut"), None)
            return self.line(cut or _cut_but_answering(counted), None)
        name, worst = min(counted.items(), key=lambda item: WORST_FIRST.index(item[1].verdict))
        alike = sum(j.verdict == worst.verdict for j in counted.values())
        reason = (
            worst.reason
            if worst.verdict == "accessible"
            else f"{name}: {worst.reason} ({alike} of {len(counted)} endpoints {worst.verdict})"
        )
        return self.line(
            Judgement(
                rule=worst.rule,
                verdict=worst.verdict,
                stage=worst.stage,
                failure=worst.failure,
                reason=reason,
                evidence_ids=_evidence(counted, worst.verdict),
            ),
            None,
        )


def _cut_but_answering(counted: Mapping[str, Judgement]) -> Judgement:
    return Judgement(
        rule="cut",
        verdict="inconclusive",
        stage=None,
        failure=None,
        reason="international_cut: domestic controls answer and no foreign one does, though this platform does",
        evidence_ids=_evidence(counted, "accessible"),
    )


def _evidence(judged: Mapping[str, Judgement], verdict: Verdict) -> tuple[str, ...]:
    return tuple(i for j in judged.values() if j.verdict == verdict for i in j.evidence_ids)
