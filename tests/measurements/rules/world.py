"""Building blocks of small rounds: observations as a real round would leave them, without a network."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from measurements.records import DnsAnswer, DnsFacts, HttpFacts, Observation, TlsFacts, VerdictLine
from measurements.rules.judge import Round, judge_round
from measurements.targets import Control, Endpoint, Expect, Platform, Targets
from tests.records import observation

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOST = "www.video.example"
GENUINE = "198.51.100.7"
SECOND = "198.51.100.8"
FALSE = "203.0.113.99"

_number = count()


def seen(**fields: Any) -> Observation:
    """An observation of the endpoint `web` with sensible defaults."""
    number = next(_number)
    base: dict[str, Any] = {
        "id": f"o{number}",
        "time": START + timedelta(milliseconds=number),
        "platform": "video",
        "probe": "http",
        "host": HOST,
    }
    if address := fields.get("address"):
        base["family"] = 6 if ":" in address else 4
    return observation(**base | fields)


def dns(
    *addresses: str,
    failure: str | None = None,
    resolver: str = "system",
    question: str = "A",
    late: tuple[str, ...] = (),
    **fields: Any,
) -> Observation:
    """An answer of `resolver`; `late` is a second answer that came behind the first."""
    answers = [DnsAnswer(after=0.01, rcode="NOERROR" if not failure else "NXDOMAIN", addresses=addresses)]
    if late:
        answers.append(DnsAnswer(after=0.02, rcode="NOERROR", addresses=late))
    transport = "udp" if resolver == "system" else "doh"
    facts = DnsFacts(question=question, transport=transport, answers=tuple(answers) if addresses else ())  # type: ignore[arg-type]
    stage = "resolve" if failure else None
    return seen(probe="dns", resolver=resolver, dns=facts, failure=failure, stage=stage, **fields)


def page(
    address: str = GENUINE, status: int = 200, expected: bool | None = True, **fields: Any
) -> Observation:
    """An HTTP answer over verified TLS."""
    length, location = fields.pop("length", 100), fields.pop("location", None)
    http = HttpFacts(version="1.1", status=status, length=length, expected=expected, location=location)
    tls = (
        None if fields.pop("cleartext", False) else TlsFacts(version="TLSv1.3", verified=True, received=4000)
    )
    return seen(address=address, http=http, tls=tls, **{"resolver": "system", **fields})


def broken(address: str, stage: str, failure: str, received: int = 0, **fields: Any) -> Observation:
    """A probe that failed; at the TLS stage `received` bytes had come."""
    tls = fields.pop("tls", TlsFacts(received=received) if stage == "tls" else None)
    return seen(address=address, stage=stage, failure=failure, tls=tls, **{"resolver": "system", **fields})


def twice(build: Any, *args: Any, **fields: Any) -> list[Observation]:
    """The same failure at the first try and at the second."""
    return [build(*args, attempt=attempt, **fields) for attempt in (1, 2)]


def forged(address: str, *names: str, issuer: str = "CN=Some Box") -> list[Observation]:
    """A chain that no public root vouches for, with these DNS names, twice."""
    tls = TlsFacts(verified=False, chain_sha256=("ab" * 32,), names=names, issuer=issuer, received=900)
    return twice(broken, address, "tls", "ssl_unknown_authority", tls=tls)


FOREIGN = ("wiki", "kernel", "archive")
DOMESTIC = ("news-kz", "bank-kz")


def control(
    name: str, works: bool = True, address: str = "192.0.2.1", question: str = "A", **fields: Any
) -> list[Observation]:
    """A control's name and page."""
    about = {"platform": name, "role": "control", "host": f"{name}.example", **fields}
    rows = [dns(address, question=question, **about)]
    return [
        *rows,
        page(address, **about) if works else broken(address, "connect", "timed_out", **about),
    ]


def controls(*names: str, **fields: Any) -> list[Observation]:
    return [row for name in names or (*FOREIGN, *DOMESTIC) for row in control(name, **fields)]


def targets(*endpoints: Endpoint) -> Targets:
    """One platform, `video`, with these endpoints (default: its web page), three foreign and two domestic controls."""
    web = Endpoint(
        id="web", url=f"https://{HOST}/", probes=("dns", "tcp", "tls", "http"), expect=Expect(status=200)
    )
    return Targets(
        version=1,
        platforms={"video": Platform(name="Video", endpoints=endpoints or (web,))},
        controls=tuple(
            Control(id=name, name=name, scope=scope, url=f"https://{name}.example/", probes=("dns", "http"))
            for scope, group in (("foreign", FOREIGN), ("domestic", DOMESTIC))
            for name in group
        ),
    )


ABOUT = Round(run_id="r", vantage="v", asn=None, country=None, time=START)
TRUSTED = {"resolver": "quad"}


def judge(rows: list[Observation], *endpoints: Endpoint) -> list[VerdictLine]:
    """All lines of a round of these observations."""
    number = count()
    return judge_round(targets(*endpoints), rows, ABOUT, lambda: f"v{next(number)}")[1]


def platform(lines: list[VerdictLine]) -> VerdictLine:
    """The line of the platform as a whole."""
    return next(line for line in lines if line.endpoint is None)


OK = controls()
WEB = Endpoint(
    id="web", url=f"https://{HOST}/", probes=("dns", "tls", "http", "quic"), expect=Expect(status=200)
)

# The system's resolver gives one false address for the controls too; they work where a trusted one points.
LIED_TO = [
    row
    for name in (*FOREIGN, *DOMESTIC)
    for about in [{"platform": name, "role": "control", "host": f"{name}.example"}]
    for row in (
        dns(FALSE, **about),
        *twice(broken, FALSE, "tls", "ssl_unknown_authority", **about),
        dns("192.0.2.1", **about, **TRUSTED),
        page("192.0.2.1", **about, **TRUSTED),
    )
]
