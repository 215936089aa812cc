"""From what stands to metric families: the private page of each vantage, and the public one of each network. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from exporter.families import Families
from exporter.live import Counts
from exporter.source import StoreState
from exporter.standing import OfPlatform, Standing
from measurements.verdicts import WORST_FIRST

# Aggregates over fewer vantages could point at a person (DESIGN section 2).
K: Final = 3
Cell = tuple[str, str]  # asn, country


@dataclass(frozen=True)
class Seen:
    """All that a page is made of."""

    standings: Sequence[Standing]
    counts: Counts
    store: StoreState
    platforms: Sequence[str]  # known from the targets, so that counters can begin at 0


def per_vantage(seen: Seen, families: Families) -> None:
    """What stands for each vantage, by its pseudonym."""
    for each in seen.standings:
        _vantage(each, families)


def _vantage(each: Standing, out: Families) -> None:
    who = (each.vantage, each.asn, each.country)
    out.add("efir_vantage_info", (*who, each.invite, each.operator, each.access, each.plan), 1)
    out.add("efir_vantage_last_result_timestamp_seconds", who, each.last.timestamp())
    out.add("efir_sent_bytes_total", (each.vantage,), each.sent)
    out.add("efir_received_bytes_total", (each.vantage,), each.received)
    _optional(out, "efir_vantage_clock_offset_seconds", who, each.clock_offset)
    _optional(out, "efir_control_success", who, each.control)
    _optional(out, "efir_international_cut", who, each.cut)
    _optional(out, "efir_control_goodput_bytes_per_second", who, each.control_goodput)
    for key, works in each.success.items():
        out.add("efir_probe_success", (*who, *key), works)
    for key, seconds in each.phases.items():
        out.add("efir_probe_phase_duration_seconds", (*who, *key), seconds)
    for key, consistent in each.dns.items():
        out.add("efir_dns_answer_consistent", (*who, *key), consistent)
    for platform, said in each.platforms.items():
        of_platform = (*who, platform)
        if said.verdict is not None:
            out.add_one_hot("efir_platform_verdict", of_platform, WORST_FIRST, said.verdict)
        if said.stage is not None:
            out.add("efir_platform_stage", (*of_platform, said.stage), 1)
        _optional(out, "efir_goodput_bytes_per_second", of_platform, said.goodput)
        _optional(out, "efir_throttle_ratio", of_platform, said.ratio)


def _optional(out: Families, name: str, labels: Sequence[str], value: float | None) -> None:
    if value is not None:
        out.add(name, labels, value)


def per_network(seen: Seen, out: Families, k: int) -> None:
    """Aggregates over the vantages of one network. A cell that fewer than `k` invites speak for is left out."""
    cells = _cells(seen.standings)
    for cell, standings in cells.items():
        if _invites(standings) >= k:
            _network(cell, standings, out, k)
            _counters(cell, standings, seen, out, k)


def _cells(standings: Iterable[Standing]) -> dict[Cell, list[Standing]]:
    cells: dict[Cell, list[Standing]] = defaultdict(list)
    for each in standings:
        if each.fresh:
            cells[each.asn, each.country].append(each)
    return cells


def _invites(standings: Iterable[Standing]) -> int:
    return len({each.invite for each in standings})


@dataclass
class _Values:
    """Values of a cell, each with the invite that speaks: shown only where enough do."""

    values: list[float] = field(default_factory=list)
    invites: set[str] = field(default_factory=set)

    def add(self, invite: str, value: float | None) -> None:
        if value is not None:
            self.values.append(value)
            self.invites.add(invite)


Summary = Callable[[list[float]], float]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _network(cell: Cell, standings: list[Standing], out: Families, k: int) -> None:
    out.add("efir_network_vantages", cell, _invites(standings))
    gathered: dict[tuple[str, tuple[str, ...], Summary], _Values] = defaultdict(_Values)

    def give(name: str, labels: tuple[str, ...], how: Summary, each: Standing, value: float | None) -> None:
        gathered[name, labels, how].add(each.invite, value)

    for each in standings:
        give("efir_network_control_success_ratio", (), _mean, each, each.control)
        give("efir_network_international_cut_ratio", (), _mean, each, each.cut)
        give("efir_network_control_goodput_bytes_per_second", (), median, each, each.control_goodput)
        for key, consistent in each.dns.items():
            give("efir_network_dns_consistent_ratio", key, _mean, each, consistent)
        for platform, said in each.platforms.items():
            give("efir_network_goodput_bytes_per_second", (platform,), median, each, said.goodput)
            give("efir_network_throttle_ratio", (platform,), median, each, said.ratio)
            for word in WORST_FIRST if said.verdict else ():
                give("efir_network_verdict_ratio", (platform, word), _mean, each, said.verdict == word)
    for (name, labels, how), found in gathered.items():
        if len(found.invites) >= k:
            out.add(name, (*cell, *labels), how(found.values))


def _counters(cell: Cell, standings: list[Standing], seen: Seen, out: Families, k: int) -> None:
    """Zero-initialised for every platform of the targets, so that the first failure already counts as an increase."""
    out.add("efir_late_results_total", cell, seen.counts.late[cell])
    heard: dict[str, _Values] = defaultdict(_Values)
    for each in standings:
        for platform, said in each.platforms.items():
            heard[platform].add(each.invite, _known(said))
    for platform in dict.fromkeys((*seen.platforms, *heard)):
        voices = len(heard[platform].invites)
        out.add("efir_network_platform_vantages", (*cell, platform), voices if voices >= k else 0)
        counted = {word: seen.counts.results[*cell, platform, word] for word in WORST_FIRST}
        if voices >= k or not any(counted.values()):
            for word, number in counted.items():
                out.add("efir_results_total", (*cell, platform, word), number)
    for key, histogram in seen.counts.durations.items():
        if key[:2] == cell and len(heard[key[2]].invites) >= k:
            out.add_histogram("efir_phase_duration_seconds", key, histogram)


def _known(said: OfPlatform) -> float | None:
    return None if said.verdict is None else 1.0


def overall(seen: Seen, out: Families, k: int) -> None:
    """Counters that name no vantage and no network, and the state of the store; of probes where `k` invites speak."""
    if _invites(each for each in seen.standings if each.fresh) >= k:
        for probe, number in seen.counts.probes.items():
            out.add("efir_probes_total", (probe,), number)
        for key, number in seen.counts.failures.items():
            out.add("efir_probe_failures_total", key, number)
    out.add("efir_future_results_total", (), seen.counts.future)
    for name, value in seen.store.values.items():
        out.add(name, (), value)
    for reason, number in seen.store.rejected.items():
        out.add("efir_ingest_rejected_total", (reason,), number)
