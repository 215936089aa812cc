"""Rounds and sessions as a probe would have recorded them, judged by the real rules: for tests of what reads stores."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from urllib.parse import urlsplit

from measurements.records import (
    DnsAnswer,
    DnsFacts,
    HttpFacts,
    Observation,
    Phases,
    Probe,
    Role,
    SummaryLine,
    ThrottleLine,
    TlsFacts,
    TransferFacts,
    VerdictLine,
)
from measurements.rules.judge import Round, judge_round
from measurements.targets import Control, Endpoint, Targets
from measurements.throttle.decision import decide, decide_platform
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.line import throttle_line
from measurements.throttle.of_records import flow_of
from measurements.throttle.pair import Pair
from measurements.throttle.scope import scope
from measurements.throttle.signature import signature

# example.com's: documentation addresses count as false answers.
_SERVER = "93.184.215.14"
# How long each phase of a healthy probe takes, by probe.
_PHASES: dict[str, Phases] = {
    "dns": Phases(resolve=0.02),
    "tcp": Phases(connect=0.05),
    "tls": Phases(connect=0.05, tls=0.1),
    "http": Phases(connect=0.05, tls=0.1, first_byte=0.06, transfer=0.01),
    "quic": Phases(tls=0.09),
}
_ANSWER = DnsFacts(
    question="A", transport="udp", answers=(DnsAnswer(after=0.02, rcode="NOERROR", addresses=(_SERVER,)),)
)
_IDS = count(1)


def new_id() -> str:
    """Unique within a test run."""
    return f"id-{next(_IDS):08d}"


@dataclass(frozen=True)
class Who:
    """A vantage."""

    name: str
    asn: int | None = 9198
    country: str | None = "KZ"
    access: str | None = "mobile"


@dataclass(frozen=True)
class Told:
    """What one round left in a store."""

    observations: list[Observation]
    verdicts: list[VerdictLine]
    summary: SummaryLine
    time: datetime


# Says how a probe of (platform or control id, probe) fails: stage and failure, or None for a success.
Failing = Callable[[str, Probe], tuple[str, str] | None]


def all_well(_platform: str, _probe: Probe) -> None:
    return None


def one_round(targets: Targets, who: Who, time: datetime, failing: Failing = all_well) -> Told:
    """A round of reachability over every endpoint with a name, judged by the rules of `measurements.rules`."""
    run_id = new_id()
    rows = list(_rows(targets, who, time, run_id, failing))
    about = Round(run_id, who.name, who.asn, who.country, time)
    line, verdicts = judge_round(targets, rows, about, new_id)
    summary = SummaryLine(
        run_id=run_id,
        online=line.online,
        international_cut=line.international_cut,
        controls_ok=line.controls_ok,
        controls_total=line.controls_total,
        bytes_sent=sum(row.bytes_sent for row in rows),
        bytes_received=sum(row.bytes_received for row in rows),
        duration_seconds=20.0,
    )
    return Told(rows, verdicts, summary, time)


def _rows(targets: Targets, who: Who, time: datetime, run_id: str, failing: Failing) -> Iterator[Observation]:
    for control in targets.controls:
        yield from _endpoint(control, control.id, who, time, run_id, failing)
    for platform_id, platform in targets.platforms.items():
        for endpoint in platform.endpoints:
            yield from _endpoint(endpoint, platform_id, who, time, run_id, failing)


def _endpoint(
    endpoint: Endpoint | Control, platform: str, who: Who, time: datetime, run_id: str, failing: Failing
) -> Iterator[Observation]:
    for attempt in (1, 2):
        failed = False
        for probe in endpoint.probes:
            fails = failing(platform, probe)
            yield _row(endpoint, platform, who, time, run_id, probe, attempt, fails)
            failed = failed or fails is not None
            if fails and probe != "quic":
                break  # what comes after it on the same way cannot be tried
        if not failed:
            return


def _row(
    endpoint: Endpoint | Control,
    platform: str,
    who: Who,
    time: datetime,
    run_id: str,
    probe: Probe,
    attempt: int,
    fails: tuple[str, str] | None,
) -> Observation:
    host = urlsplit(endpoint.url).hostname if endpoint.url else None
    return Observation(
        id=new_id(),
        run_id=run_id,
        vantage=who.name,
        asn=who.asn,
        country=who.country,
        access=who.access,
        time=time,
        platform=platform,
        endpoint=endpoint.id,
        role="control" if isinstance(endpoint, Control) else "target",
        probe=probe,
        host=host,
        address=None if probe == "dns" else _SERVER,
        family=4,
        resolver="system",
        sni=host,
        dns=_ANSWER if probe == "dns" and not fails else None,
        phases=Phases() if fails else _PHASES.get(probe, Phases(connect=0.05)),
        stage=fails[0] if fails else None,  # type: ignore[arg-type]  # the caller gives words of Stage
        failure=fails[1] if fails else None,
        attempt=attempt,
        tls=None if fails or probe in ("dns", "tcp") else TlsFacts(verified=True),
        http=HttpFacts(status=200, expected=True) if probe == "http" and not fails else None,
        bytes_sent=500,
        bytes_received=4000,
    )


def one_session(
    who: Who, platform: str, time: datetime, ratio: float, *, control: float = 1_000_000.0, pairs: int = 12
) -> tuple[list[Observation], ThrottleLine, str]:
    """A throttling session's flows, the line that the real decision makes of them, and its run id.

    `control` in bytes per second; the target moves `ratio` of it, each pair a little more or less.
    """
    run_id = new_id()

    def flow(role: Role, goodput: float, seconds: float, pair: str | None, purpose: str) -> Observation:
        return _flow(who, platform, time + timedelta(seconds=seconds), run_id, role, goodput, pair, purpose)

    before = [flow("control", control, 10.0 * number, None, "before") for number in range(3)]
    both: list[tuple[Observation, Observation]] = []
    for number in range(pairs):
        pair, wobble = new_id(), 1 + 0.02 * (number % 5 - 2)
        one = flow("control", control, 60 + 170.0 * number, pair, "pair")
        both.append((flow("target", control * ratio * wobble, 65 + 170.0 * number, pair, "pair"), one))
    session = SessionEvidence(
        platform=platform,
        arms=("same_address",),
        pairs=tuple(
            Pair(arm="same_address", target=flow_of(t, time), control=flow_of(c, time)) for t, c in both
        ),
        before={"same_address": tuple(flow_of(each, time) for each in before)},
        plan="plain",
    )
    family = decide(session)
    rows = [*before, *(row for pair_ in both for row in pair_)]
    line = throttle_line(
        decide_platform([family]),
        signature(session, family),
        scope(family),
        sum(r.bytes_received for r in rows),
        60.0,
    )
    return rows, line, run_id


def _flow(
    who: Who,
    platform: str,
    time: datetime,
    run_id: str,
    role: Role,
    goodput: float,
    pair: str | None,
    purpose: str,
) -> Observation:
    size = min(450_000, int(goodput * 10))
    sizes = tuple(range(1448, size + 1, 1448))
    seconds = size / goodput
    return Observation(
        id=new_id(),
        run_id=run_id,
        vantage=who.name,
        asn=who.asn,
        country=who.country,
        access=who.access,
        time=time,
        platform=platform,
        endpoint="web",
        role=role,
        probe="transfer",
        address="192.0.2.80" if role == "target" else "192.0.2.81",
        family=4,
        phases=Phases(connect=0.05, tls=0.1, first_byte=0.05, transfer=seconds),
        tls=TlsFacts(verified=True, received=4000),
        http=HttpFacts(status=200),
        transfer=TransferFacts(
            arm="same_address",
            pair=pair,
            purpose=purpose,
            announced_bytes=1_000_000,
            cap_bytes=450_000,
            times=tuple((each - 1448) / goodput for each in sizes),
            bytes=sizes,
            elapsed=seconds,
            goodput=goodput,
            complete=size == 450_000,
        ),
        bytes_sent=2000,
        bytes_received=size,
    )
