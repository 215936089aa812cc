"""What the observations of one finished round say, in the exporter's terms. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from measurements.records import Observation

# A phase is taken from the probe that measures it for its own sake: deeper probes pass through it again.
_PHASES: Final = (
    ("resolve", "dns"),
    ("connect", "tcp"),
    ("tls", "tls"),
    ("first_byte", "http"),
    ("transfer", "http"),
)
# Handshakes with a neutral name, addresses without a route, and what was cancelled say nothing of a platform.
_NO_EVIDENCE: Final = frozenset({"neutral_sni", "no_route"})
_VERIFIED: Final = ("tls", "http", "quic")


@dataclass(frozen=True)
class RoundFacts:
    """Of one vantage's round; keys that the round says nothing about are absent."""

    control: bool | None = None
    success: dict[tuple[str, str], bool] = field(default_factory=dict)  # (platform, probe)
    phases: dict[tuple[str, str], float] = field(default_factory=dict)  # (platform, phase) -> median seconds
    dns: dict[tuple[str, str], bool] = field(default_factory=dict)  # (platform, system | trusted)
    durations: tuple[tuple[str, str, float], ...] = ()  # (platform, phase, seconds) of each success

    @property
    def platforms(self) -> set[str]:
        """Those that the round says something about."""
        return {platform for platform, _what in (*self.success, *self.phases, *self.dns)}


def evidence(rows: Iterable[Observation]) -> list[Observation]:
    """The rows that say something of their endpoint."""
    return [row for row in rows if row.failure != "interrupted" and not _NO_EVIDENCE.intersection(row.flags)]


def round_facts(rows: Iterable[Observation]) -> RoundFacts:
    """Facts of a round's observations, transfers left aside (they are judged in pairs)."""
    known = [row for row in evidence(rows) if row.probe != "transfer"]
    targets = [row for row in known if row.role == "target"]
    controls = [row for row in known if row.role == "control"]
    durations = tuple(_durations(targets))
    grouped: dict[tuple[str, str], list[float]] = defaultdict(list)
    for platform, phase, seconds in durations:
        grouped[platform, phase].append(seconds)
    return RoundFacts(
        control=_answered(controls) if controls else None,
        success=_success(targets),
        phases={key: median(values) for key, values in grouped.items()},
        dns=_dns(targets),
        durations=durations,
    )


def _answered(controls: Iterable[Observation]) -> bool:
    """A control counts only with a certificate valid for its name."""
    return any(row.probe in _VERIFIED and row.failure is None for row in controls)


def _success(targets: Sequence[Observation]) -> dict[tuple[str, str], bool]:
    """An endpoint answers if any address does; a platform if every endpoint does."""
    works: dict[tuple[str, str, str], bool] = defaultdict(bool)
    for row in targets:
        works[row.platform, row.probe, row.endpoint] |= row.failure is None
    result: dict[tuple[str, str], bool] = {}
    for (platform, probe, _endpoint), one in works.items():
        result[platform, probe] = result.get((platform, probe), True) and one
    return result


def _durations(targets: Iterable[Observation]) -> Iterable[tuple[str, str, float]]:
    for row in targets:
        if row.failure is not None:
            continue
        if row.probe == "quic" and row.phases.tls is not None:
            yield row.platform, "quic", row.phases.tls
        for phase, probe in _PHASES:
            seconds = getattr(row.phases, phase)
            if probe == row.probe and seconds is not None:
                yield row.platform, phase, seconds


def _dns(targets: Sequence[Observation]) -> dict[tuple[str, str], bool]:
    """Whether a resolver's answers lead to certificates valid for the name; unknown where nothing followed them."""
    leads: dict[tuple[str, str, str], bool | None] = {}
    for row in targets:
        if row.resolver is None:
            continue
        key = (row.platform, "system" if row.resolver == "system" else "trusted", row.endpoint)
        said = _says_of_answer(row)
        if said is not None:
            leads[key] = bool(leads.get(key)) or said
    result: dict[tuple[str, str], bool] = {}
    for (platform, resolver, _endpoint), good in leads.items():
        result[platform, resolver] = result.get((platform, resolver), True) and bool(good)
    return result


def _says_of_answer(row: Observation) -> bool | None:
    if row.probe == "dns":
        return False if row.failure is not None else None
    if row.tls is not None and row.tls.verified is not None:
        return row.tls.verified
    return None
