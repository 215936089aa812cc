"""What the observations of an endpoint's QUIC series amount to: a series of its own beside TCP."""

from collections.abc import Iterable
from dataclasses import dataclass

from measurements.records import Observation
from measurements.rules.facts import TRIES_TO_CONFIRM, no_route, spoiled
from measurements.rules.line import FOREIGN_NEEDED, Line


@dataclass(frozen=True, kw_only=True)
class QuicFacts:
    """QUIC is a series of its own: it never decides over an endpoint that works over TCP."""

    tried: bool
    works: bool
    confirmed: bool = False
    elsewhere: bool = False  # QUIC worked to some other host in this round
    only_one: bool = False  # no other host was tried over QUIC
    enough_controls: bool = False
    stable: bool = True
    failure: str | None = None
    evidence_ids: tuple[str, ...] = ()


def quic_facts(rows: Iterable[Observation], everything: Iterable[Observation], line: Line) -> QuicFacts:
    """Facts of an endpoint's QUIC series; `everything` is the whole round, to tell a dead UDP/443 apart."""
    own = [o for o in rows if o.probe == "quic" and not spoiled(o)]
    own = [o for o in own if not no_route(o)]
    quic = [o for o in everything if o.probe == "quic"]
    failed = [o for o in own if o.failure is not None]
    addresses = {o.address for o in failed}
    return QuicFacts(
        tried=bool(own),
        works=any(o.failure is None for o in own),
        confirmed=all(
            max(o.attempt for o in failed if o.address == a) >= TRIES_TO_CONFIRM for a in addresses
        ),
        elsewhere=any(o.failure is None for o in quic),
        only_one=len({o.host for o in quic}) < 2,
        enough_controls=line.foreign_ok >= FOREIGN_NEEDED,
        stable=line.stable,
        failure=failed[-1].failure if failed else None,
        evidence_ids=tuple(o.id for o in own),
    )
