"""What is stored: observations, and the lines that commands print.

An observation is one probe of one (endpoint, address, resolver): immutable, flat and written before anything is
concluded from it. Every field says its unit. `None` means "not applicable, or not known"; a phase that did not happen
is `None`, never 0. Records are msgspec Structs; `omit_defaults` keeps them short in the spool.
"""

from datetime import datetime
from typing import Literal

import msgspec

from measurements.failures import Stage

SCHEMA = 1  # of Observation; `measurements.store` migrates older ones

Role = Literal["target", "control"]
Probe = Literal["dns", "tcp", "tls", "http", "quic", "telegram", "transfer"]
Transport = Literal["tcp", "quic"]
Direction = Literal["download", "upload"]
PROBES: tuple[Probe, ...] = ("dns", "tcp", "tls", "http", "quic", "telegram", "transfer")


class Phases(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Seconds of each phase by the monotonic clock; `None` = the phase did not happen (or did not complete)."""

    resolve: float | None = None
    connect: float | None = None
    tls: float | None = None
    first_byte: float | None = None  # from the request's last byte to the answer's first byte
    transfer: float | None = None  # from the body's first byte to its last one read


class DnsAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One DNS answer message as it came in; several may answer one question (a race is the sign of injection)."""

    after: float  # seconds since the question was first sent
    rcode: str  # NOERROR, NXDOMAIN ...
    addresses: tuple[str, ...] = ()  # A or AAAA records, in the answer's order
    cnames: tuple[str, ...] = ()
    ttl: int | None = None  # seconds, of the first address record
    ip_ttl: int | None = None  # IP time-to-live of the packet (hop limit in IPv6)
    authority: bool = False  # AA bit
    truncated: bool = False  # TC bit; the question was then asked again over TCP
    size: int | None = None  # bytes
    # Why it cannot be the answer to our question (rcode is "" for "malformed"); a computer would ignore it.
    problem: Literal["wrong_id", "wrong_question", "malformed"] | None = None


class DnsFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a resolver said to one question."""

    question: Literal["A", "AAAA"]
    transport: Literal["udp", "tcp", "doh"]
    answers: tuple[DnsAnswer, ...] = ()  # in order of arrival
    sent: int = 1  # times the question left; more answers than that are a race
    http_version: str | None = None  # of DoH: "2" or "1.1"

    @property
    def used(self) -> DnsAnswer | None:
        """The answer a computer would use: the first without a problem, or the full one that TCP brought after it."""
        fit = [answer for answer in self.answers if answer.problem is None]
        if not fit:
            return None
        return fit[-1] if self.transport == "tcp" else fit[0]


class TlsFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a handshake showed."""

    version: str | None = None  # "TLSv1.3"
    cipher: str | None = None
    # SHA-256 of each certificate's DER form, leaf first, as sent; "[scrubbed]" of one that names the vantage
    chain_sha256: tuple[str, ...] = ()
    # kept only when the chain did not verify: it is the evidence; without those that name the vantage
    chain_der: tuple[bytes, ...] = ()
    subject: str | None = None  # RFC 4514 text of the leaf
    issuer: str | None = None  # RFC 4514 text of the leaf
    issuer_key_ids: tuple[str, ...] = ()  # Authority Key Identifiers of the chain, lower-case hex
    names: tuple[str, ...] = ()  # DNS names the leaf is valid for (at most 20 kept)
    verified: bool | None = None  # by the bundled (or given) roots, for the name sent
    verify_code: int | None = None  # OpenSSL X509_V_ERR_* when not verified
    alert: int | None = None  # TLS alert number received
    not_tls: str | None = None  # first bytes of an answer that is no TLS, scrubbed text
    hello_bytes: int | None = None  # size of our ClientHello record
    ja4: str | None = None  # fingerprint of our ClientHello
    library: str | None = None  # "OpenSSL 3.0.19"
    received: int = 0  # bytes from the server during the handshake
    # seconds from the ClientHello to the last byte that came before the end
    last_progress: float | None = None


class HttpFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an HTTP answer showed, scrubbed of the vantage's own addresses (`measurements.scrub`).

    No hash of the body: a block page that shows the visitor's address would give it away to whoever tries them all.
    """

    version: str | None = None  # "1.1", "2", "3"
    status: int | None = None
    length: int | None = None  # body bytes read
    truncated: bool = False  # the body cap was reached
    title: str | None = None  # at most 200 characters
    location: str | None = None  # scheme, host and path of a redirect; no query
    headers: tuple[tuple[str, str], ...] = ()  # an allow-list of names, scrubbed
    body_start: str | None = None  # first 2,000 characters; only where the answer missed what was expected
    expected: bool | None = None  # the answer met `expect` of targets.yaml; None where nothing is expected
    missed: str | None = None  # which expectation was missed, in words
    redirects: int = 0  # redirects followed


class TelegramFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to MTProto's unauthenticated `req_pq_multi`."""

    res_pq: bool = False  # a well-formed resPQ with our nonce came back
    key_fingerprints: tuple[str, ...] = ()  # lower-case hex, as offered by the server


class TransferFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One flow of a throughput measurement."""

    direction: Direction = "download"
    protocol: Transport = "tcp"
    session: str | None = None  # the platform whose throttling session this flow belongs to
    tariff: str | None = None  # plain | bundled | unknown: the plan at that time, as the person said
    # helper | same_address | foreign of a pair's control; inverted | domestic beside pairs
    arm: str | None = None
    pair: str | None = None  # same value on the two flows of a pair
    group: str | None = None  # same value on flows that ran at once, beside the pairs
    position: int | None = None  # 0 = first of its pair on the wire
    purpose: str | None = None  # pair | noise | long | warm_up | before | after | scope | sentinel | series
    asked_bytes: int | None = None  # object size asked for
    announced_bytes: int | None = None  # Content-Length of the answer
    cap_bytes: int | None = None  # where the reader stops
    cap_seconds: float | None = None  # from the body's first byte
    times: tuple[float, ...] = ()  # seconds since the body's first byte, one a kept read
    bytes: tuple[int, ...] = ()  # cumulative body bytes at these times
    # seconds from the body's first byte (without one: from the connect) to the end of the flow, a stall included
    elapsed: float | None = None
    goodput: float | None = None  # bytes per second over the flow's own window (DESIGN section 7)
    longest_gap: float | None = None  # seconds without a byte
    stalled: bool = False  # ended by its deadline without progress in the last part
    complete: bool = False  # cap or object end was reached
    tight: bool = False  # ended early because its rate was known well enough
    # (bytes, SHA-256 of so many first bytes) at marks all flows share
    prefixes: tuple[tuple[int, str], ...] = ()
    # (seconds, rcv_rtt, out-of-order segments), one a second
    samples: tuple[tuple[float, float, float], ...] = ()
    sender_info: dict[str, float] = {}  # the helper's TCP_INFO of this flow: bytes_retrans, rtt, min_rtt ...

    @property
    def main(self) -> bool:
        """A download over TCP: the series that platforms are compared by, in which no other one is mixed."""
        return self.protocol == "tcp" and self.direction == "download"


class Observation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One probe of one (endpoint, address, resolver)."""

    id: str  # UUIDv7, made by the client
    schema: int = SCHEMA
    run_id: str
    vantage: str  # pseudonym
    asn: int | None = None
    country: str | None = None
    access: str | None = None  # wifi | mobile | wired ...
    time: datetime  # UTC start by the wall clock
    platform: str  # for controls: the control's id
    endpoint: str
    role: Role
    probe: Probe
    host: str | None = None
    address: str | None = None  # of the server, never of the vantage
    family: Literal[4, 6] | None = None
    port: int | None = None
    resolver: str | None = None  # id in targets.yaml that gave the address (or was asked)
    sni: str | None = None
    alpn: str | None = None
    phases: Phases = Phases()
    stage: Stage | None = None  # where it failed
    failure: str | None = None  # word of measurements.failures; None = success
    attempt: int = 1  # 2 = the retry
    connection: str | None = None  # id of the deeper observation whose connection measured this one
    dns: DnsFacts | None = None
    tls: TlsFacts | None = None
    http: HttpFacts | None = None
    telegram: TelegramFacts | None = None
    transfer: TransferFacts | None = None
    tcp_info: dict[str, float] = {}  # kernel's TCP_INFO at the end: seconds and bytes (probes/tcp_info.py)
    bytes_sent: int = 0
    bytes_received: int = 0
    lag: float | None = None  # longest delay of the event loop meanwhile, seconds
    flags: tuple[str, ...] = ()  # lag | suspended | network_changed | clock_jumped


class VerdictLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="verdict"):
    """`verdict` line of the NDJSON contract; `endpoint` None = the platform as a whole."""

    platform: str
    endpoint: str | None = None
    verdict: str
    stage: str | None = None
    failure: str | None = None
    rule: str
    rules_version: str
    reason: str
    observations: tuple[str, ...] = ()
    vantage: str | None = None
    asn: int | None = None
    country: str | None = None
    time: datetime
    source: str | None = None
    run_id: str | None = None
    id: str | None = None  # what `efir explain` takes


class SummaryLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="summary"):
    """`summary` line of the NDJSON contract; one a round."""

    run_id: str
    online: bool
    international_cut: bool
    controls_ok: int
    controls_total: int
    bytes_sent: int
    bytes_received: int
    duration_seconds: float
    captive_portal: bool = False
    cancelled: bool = False


class TraceHop(msgspec.Struct, frozen=True, kw_only=True):
    """One hop of a trace; `address` only of public routers beyond the second hop (the nearest tell where one lives)."""

    ttl: int
    target: tuple[str, ...]  # words of `probes.trace.evidence.Word`
    control: tuple[str, ...]
    address: str | None = None
    # it answered, from the person's own or the provider's network: its address is not kept
    inside: bool = False


class TraceLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="trace"):
    """`trace` line of `efir trace --json`; one a method. Printed, never stored."""

    platform: str
    endpoint: str
    method: str  # dns | syn | hello | flow
    finding: str  # none | forged | reset | closed | dropped | slowed | unclear
    hop_low: int | None = None
    hop_high: int | None = None
    hop_address: str | None = None  # of `hop_high`, as far as it may be told
    reason: str | None = None
    hops: tuple[TraceHop, ...] = ()


class SeriesLine(msgspec.Struct, frozen=True, kw_only=True):
    """A further series of a session, in its `throttle` line: paired, tested and told on its own."""

    protocol: Transport
    direction: Direction
    verdict: str  # throttled | not_throttled | inconclusive
    ratio: float | None = None  # target / control, Hodges-Lehmann
    ratio_low: float | None = None
    ratio_high: float | None = None
    p_value: float | None = None
    pairs: int = 0
    control_arm: str | None = None
    effective_bytes_per_second: float | None = None
    reason: str | None = None


class ThrottleLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="throttle"):
    """`throttle` line of the NDJSON contract; one a platform and session."""

    platform: str
    verdict: str  # throttled | not_throttled | inconclusive
    ratio: float | None = None  # target / control, Hodges-Lehmann
    ratio_low: float | None = None
    ratio_high: float | None = None
    p_value: float | None = None
    pairs: int = 0
    control_arm: str | None = None
    mechanism: str | None = None
    effective_bytes_per_second: float | None = None
    burst_bytes: float | None = None
    scope: str | None = None
    up_to_bytes: int | None = None  # of a `not_throttled`: how far into a flow it was looked ...
    up_to_seconds: float | None = None  # ... and for how long; what begins later is not seen
    reason: str | None = None
    bytes_received: int = 0
    duration_seconds: float = 0.0
    series: tuple[SeriesLine, ...] = ()  # QUIC, uploads
