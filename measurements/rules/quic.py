"""What the observations of an endpoint's QUIC series amount to: a series of its own beside TCP."""

from collections.abc import Iterable
from dataclasses import dataclass

from measurements.records import Observation
from measurements.rules.controls import FOREIGN_NEEDED, vouched
from measurements.rules.facts import TIMEOUTS, TRIES_TO_CONFIRM, no_family, spoiled
from measurements.rules.line import Line
from measurements.rules.watch import alive


@dataclass(frozen=True, kw_only=True)
class QuicFacts:
    """QUIC is a series of its own: it never decides over an endpoint that works over TCP."""

    tried: bool
    works: bool
    confirmed: bool = False
    progress: bool = False  # a timeout, but bytes came: slowness, not a stop
    elsewhere: bool = False  # QUIC worked to some other host in this round
    only_one: bool = False  # no other host was tried over QUIC
    enough_controls: bool = False
    stable: bool = True
    failure: str | None = None
    evidence_ids: tuple[str, ...] = ()


def quic_facts(rows: Iterable[Observation], everything: Iterable[Observation], line: Line) -> QuicFacts:
    """Facts of an endpoint's QUIC series; `everything` is the whole round, to tell a dead UDP/443 apart."""
    rows = list(rows)
    own = [o for o in rows if o.probe == "quic" and not spoiled(o) and not no_family(o, line)]
    # A dead node and a false address fail over QUIC as well: where TCP works somewhere, only that place counts.
    genuine = {o.address for o in rows if vouched(o)}
    own = [o for o in own if o.address in genuine or not genuine]
    quic = [o for o in everything if o.probe == "quic"]
    failed = [o for o in own if o.failure is not None]
    addresses = {o.address for o in failed}
    return QuicFacts(
        tried=bool(own),
        works=any(o.failure is None for o in own),
        confirmed=all(
            max(o.attempt for o in failed if o.address == a) >= TRIES_TO_CONFIRM for a in addresses
        ),
        progress=any(o.failure in TIMEOUTS and o.tls is not None and o.tls.received > 0 for o in failed),
        elsewhere=any(o.failure is None for o in quic),
        only_one=len({o.host for o in quic}) < 2,
        enough_controls=line.foreign_ok >= FOREIGN_NEEDED,
        stable=line.stable and all(alive(o, line.watch) for o in failed if o.attempt >= TRIES_TO_CONFIRM),
        failure=failed[-1].failure if failed else None,
        evidence_ids=tuple(o.id for o in own),
    )
