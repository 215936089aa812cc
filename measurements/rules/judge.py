"""From facts to verdict lines: one a platform, one an endpoint, one for a QUIC series that fails alone."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from measurements.records import Observation, VerdictLine
from measurements.rules.cleartext import PORT
from measurements.rules.facts import Misled, gather
from measurements.rules.judgement import Judgement, judge_endpoint, judge_quic
from measurements.rules.line import Line, judge_line
from measurements.rules.quic import quic_facts
from measurements.rules.roll_up import of_line, roll_up
from measurements.rules.table import DEAD_RESOLVER, FALSE_ANSWER, VERSION
from measurements.targets import Endpoint, Platform, Targets


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
            lines.append(writer.line(of_line(line), None))
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
    lines: list[VerdictLine] = [writer.line(roll_up(_speaking(platform, judged), line), None)]
    for endpoint in platform.endpoints:
        quic = quic_facts(by_endpoint[endpoint.id], everything, line)
        if "quic" in endpoint.probes and quic.tried and not quic.works:
            lines.append(writer.line(judge_quic(quic), endpoint.id))
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
