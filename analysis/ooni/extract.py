"""From OONI's JSON to the evidence that is kept."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final

import msgspec

from analysis.ooni.block_pages import known_page
from analysis.ooni.known_bugs import bug_of
from analysis.ooni.model import ConnectStatus, Control, Handshake, Measurement, Query, Request, TestKeys
from analysis.ooni.platforms import Platforms, host_of
from analysis.ooni.record import Attempt, Outside, Record
from measurements.failures import UNKNOWN

# The system's resolver goes by these names; v0.3 and older name none, and knew no other.
OWN_ENGINES: Final = frozenset({None, "", "system", "getaddrinfo", "golang_net_resolver", "unknown"})
# Words for "there is no such name" of probes and of test helpers, old and new.
_NO_SUCH_NAME: Final = frozenset({"dns_nxdomain_error", "dns_name_error", "dns_no_answer"})
_WORD: Final = re.compile(r"[a-z0-9_]+")
# Times outside are a slip of whoever wrote them, as in flat tables.
_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_TIMEOUTS: Final = frozenset({"generic_timeout_error", "timed_out"})


class NotAMeasurement(Exception):
    """A JSON object without a test's name or time."""


def extract(m: Measurement, line: bytes, platforms: Platforms) -> Record | None:
    """The evidence of one measurement; None for a test without a target. Raises NotAMeasurement.

    `line` is the record as it came: its hash names a measurement that has no id of its own.
    """
    if not m.test_name:
        raise NotAMeasurement("no test_name")
    keys = m.test_keys
    attempts = (_attempts(keys, m.input) or _browsed(m)) if keys else []
    platform = platforms.of_measurement(m.test_name, m.input, led_to(attempts))
    if platform is None:
        return None
    time = read_time(m.measurement_start_time) or read_time(m.test_start_time)
    if time is None:
        raise NotAMeasurement("no time")
    source, identity = _names(m, line)
    differs = _page_differs(keys) if keys else None
    # Pages are looked at only where nothing else tells: it takes as long as all the rest.
    unclear = differs is not False and (m.input or "").startswith("http://")
    return Record(
        id=identity,
        source=source,
        test=m.test_name,
        time=time,
        platform=platform,
        input=m.input,
        asn=read_asn(m.probe_asn),
        country=m.probe_cc if m.probe_cc != "ZZ" else None,
        network=m.annotations.network_type if m.annotations else None,
        runtime=m.test_runtime,
        attempts=tuple(attempts),
        outside=_outside(keys) if keys else None,
        page_differs=differs,
        block_page=known_page(line) if unclear else None,
        broken=_broken(m, attempts),
    )


def led_to(attempts: Iterable[Attempt]) -> Iterator[str]:
    """Hosts of the pages that were loaded or tried, redirects included."""
    return (attempt.host for attempt in attempts if attempt.step == "http" and attempt.host)


def _names(m: Measurement, line: bytes) -> tuple[str, str]:
    """(source, identity)."""
    if m.measurement_uid:
        return m.measurement_uid, m.measurement_uid
    if m.report_id:
        source = f"{m.report_id}?input={m.input}" if m.input else m.report_id
        return source, f"{source}@{m.measurement_start_time}"
    name = "blake2b:" + blake2b(line, digest_size=16).hexdigest()
    return name, name


def read_time(text: str | None) -> datetime | None:
    """OONI's times, with or without an offset, as UTC; None for what is none, such as the year 1 of unset ones."""
    try:
        time = datetime.fromisoformat(text) if text else None
        if time is None:
            return None
        # `replace` says the same as `combine` in three times the time.
        time = time.astimezone(UTC) if time.tzinfo else datetime.combine(time, time.time(), UTC)
        return time if _FIRST_YEAR <= time.year < _LAST_YEAR else None
    except (ValueError, OverflowError):
        return None


def read_asn(text: str | None) -> int | None:
    """ "AS123" -> 123; "AS0" means that the person hid it."""
    digits = (text or "").removeprefix("AS")
    return int(digits) or None if digits.isdecimal() and len(digits) <= 10 else None


def failure_of(value: Any) -> str | None:
    """A failure word; null, false (old reports) and the empty text are success, other text is `unknown_failure: `."""
    if value is None or value is False or value == "":
        return None
    if not isinstance(value, str):
        return UNKNOWN
    if _WORD.fullmatch(value) or value.startswith(UNKNOWN):
        return value
    # Reports of 2019 and before carry OpenSSL's own words.
    return "ssl_invalid_certificate" if "certificate verify failed" in value else f"{UNKNOWN}: {value[:200]}"


def _attempts(keys: TestKeys, given: str | None) -> list[Attempt]:
    found = [_dns(q) for q in keys.queries or () if q.hostname]
    found += [
        Attempt("tcp", None, c.ip, c.port, _connect_failure(c.status) if c.status else None)
        for c in keys.tcp_connect or ()
    ]
    found += [_tls(t, keys) for t in keys.tls_handshakes or ()]
    found += [_http(r) for r in keys.requests or () if r.request and r.request.url]
    return found + _summed_up(keys, given)


def _summed_up(keys: TestKeys, given: str | None) -> list[Attempt]:
    """Old reports without `queries` or `requests` still say how the look-up and the page load ended.

    What they call unknown is as often the probe's own mistake, and left aside.
    """
    found = []
    if not keys.queries and _network_failed(failure := failure_of(keys.dns_experiment_failure)):
        found.append(Attempt("dns", host_of(given), failure=failure))
    if not keys.requests and _network_failed(failure := failure_of(keys.http_experiment_failure)):
        host, secure = host_and_scheme(given)
        found.append(Attempt("http", host or None, failure=failure, secure=secure))
    return found


def _network_failed(failure: str | None) -> bool:
    return failure is not None and not failure.startswith(UNKNOWN)


def _connect_failure(status: ConnectStatus) -> str | None:
    failure = status.failure
    if failure is None and status.success is not False:
        return None
    return failure_of(failure) or (UNKNOWN if status.success is False else None)


def _browsed(m: Measurement) -> list[Attempt]:
    """browser_web tells only that a browser loaded the page."""
    if m.test_keys is None or m.test_keys.result != "ok":
        return []
    return [Attempt("http", host_of(m.input), secure=(m.input or "").startswith("https://"))]


def _dns(q: Query) -> Attempt:
    found = [a for a in q.answers or () if a.ipv4 or a.ipv6]
    return Attempt(
        "dns",
        q.hostname,
        failure=failure_of(q.failure),
        own=q.engine in OWN_ENGINES,
        answers=tuple([a.ipv4 or a.ipv6 or "" for a in found]),
        asns=tuple([a.asn for a in found if a.asn]),
    )


def _tls(t: Handshake, keys: TestKeys) -> Attempt:
    address, port = split_address(t.address)
    failure = failure_of(t.failure)
    attempt = Attempt(
        "quic" if t.network in ("udp", "quic") else "tls", t.server_name, address, port, failure
    )
    if failure == "ssl_unknown_authority":
        from analysis.ooni.certificates import look

        attempt.names, attempt.interceptor = look(t.peer_certificates)
    elif failure in _TIMEOUTS:
        attempt.received = _received(t, keys.network_events)
    return attempt


# Addresses and URLs of app tests are the same in every measurement.
@lru_cache(maxsize=4096)
def split_address(text: str | None) -> tuple[str | None, int | None]:
    """ "1.2.3.4:443" and "[2001:db8::1]:443" -> (address, port)."""
    if not text:
        return None, None
    address, _, port = text.rpartition(":")
    return address.strip("[]") or None, int(port) if port.isdecimal() and len(port) <= 5 else None


class _Event(msgspec.Struct, gc=False):
    address: str | None = None
    operation: str | None = None
    num_bytes: int | None = None
    t: float | None = None


def _received(t: Handshake, events: msgspec.Raw) -> int:
    """Bytes read from the address while the handshake ran."""
    if t.t is None or not t.t:
        return 0
    start = t.t0 or 0.0
    try:
        rows = msgspec.json.decode(events, type=list[_Event] | None)
    except msgspec.MsgspecError:
        return 0
    return sum(
        e.num_bytes or 0
        for e in rows or ()
        if e.operation == "read" and e.address in (None, "", t.address) and e.t and start <= e.t <= t.t
    )


def _http(r: Request) -> Attempt:
    host, secure = host_and_scheme(r.request.url if r.request else None)
    address, port = split_address(r.address) if r.address else (None, None)
    failure = None if r.failure is None else failure_of(r.failure)
    response = r.response
    if response is None:
        return Attempt("http", host, address, port, failure, secure=secure)
    headers = response.headers
    location = (headers.Location or headers.location) if headers else None
    attempt = Attempt("http", host, address, port, failure, secure=secure, status=response.code or None)
    if isinstance(location, str):
        attempt.location = location
    return attempt


@lru_cache(maxsize=4096)
def host_and_scheme(url: str | None) -> tuple[str, bool]:
    """Host of a URL, and whether it is https; `urlsplit` costs several times as much."""
    scheme, _, rest = (url or "").partition("://")
    authority = rest.split("/", 1)[0].rpartition("@")[2]
    host = authority[1:].split("]", 1)[0] if authority.startswith("[") else authority.split(":", 1)[0]
    return host.casefold(), scheme == "https"


def _outside(keys: TestKeys) -> Outside | None:
    control = keys.control
    if control is None or control.http_request is None or failure_of(keys.control_failure):
        return None
    http, dns = control.http_request, control.dns
    return Outside(
        http_works=failure_of(http.failure) is None and (http.status_code or 0) > 0,
        addresses=tuple([a for a in (dns.addrs or ()) if a]) if dns else (),
        name_exists=not (dns and failure_of(dns.failure) in _NO_SUCH_NAME),
        unreachable=_unreachable(control),
        tls_failures=tuple(
            [word for s in (control.tls_handshake or {}).values() if s and (word := failure_of(s.failure))]
        ),
    )


def _unreachable(control: Control) -> tuple[str, ...]:
    """Addresses that the test helper tried and could reach on no port."""
    reached: dict[str, bool] = {}
    for endpoint, status in (control.tcp_connect or {}).items():
        address, _ = split_address(endpoint)
        if address and status is not None:
            reached[address] = reached.get(address, False) or status.status is not False
    return tuple(address for address, fine in reached.items() if not fine)


def _page_differs(keys: TestKeys) -> bool | None:
    """OONI's own comparison with the page that the test helper got; any one likeness is enough."""
    likenesses = (keys.body_length_match, keys.headers_match, keys.title_match)
    if True in likenesses:
        return False
    return True if False in likenesses else None


def _broken(m: Measurement, attempts: list[Attempt]) -> str | None:
    keys = m.test_keys
    if keys is None:
        return "no test_keys"
    if keys.requests and not any(r.request and r.request.url for r in keys.requests):
        return "requests without a URL"
    if not attempts and (failure := failure_of(keys.failure) or failure_of(keys.http_experiment_failure)):
        return failure
    return bug_of(m)
