"""Rates over many simulated cells."""

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.calibration.lines import ZONE, Line, Simulated, provider_noise, simulate
from analysis.calibration.plain import plain_p_values
from analysis.correlate.core import Options, correlate
from analysis.correlate.types import Association

ALPHA = 0.05  # the level that is promised, so the share of false alarms that is allowed
# Of DESIGN section 8 and the notices: seven platforms on six providers, of which two throttle four platforms.
PLATFORMS, PROVIDERS, THROTTLED_PLATFORMS, THROTTLED_PROVIDERS = 7, 6, 4, 2


@dataclass(frozen=True)
class Effort:
    """How much is simulated."""

    cells: int = 1000  # a row of false alarms
    others: int = 1000  # a row of power, coverage and events on nearly every evening
    worlds: int = 40
    shifts: int = 299  # of a cell in a row
    world_shifts: int = 1499  # of a cell in a world: 42 cells are corrected for, so small p-values matter
    seed: int = 20240301


@dataclass
class Rates:
    """What came out over the cells of one scenario; rates are over the cells that could be tested."""

    cells: int = 0
    tested: int = 0
    alarms: int = 0  # p < .05
    covered: int = 0
    intervals: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    plain: Counter[str] = field(default_factory=Counter)  # p < .05 of the plain tests, by name
    plain_cells: int = 0

    @property
    def rate(self) -> float:
        return self.alarms / self.tested if self.tested else float("nan")

    @property
    def coverage(self) -> float:
        return self.covered / self.intervals if self.intervals else float("nan")

    def share(self, verdict: str) -> float:
        return self.verdicts[verdict] / self.cells


def examine(line: Simulated, options: Options) -> Association:
    """The project's own test on one simulated cell."""
    (result,) = correlate([line.votes], lambda platform: line.hours, options)
    return result


def rates(line: Line, cells: int, effort: Effort, salt: int, plain: bool = False) -> Rates:
    """Simulate `cells` cells of one line and count."""
    counted = Rates()
    for number in range(cells):
        rng = np.random.default_rng([effort.seed, salt, number])
        simulated = simulate(line, rng)
        result = examine(simulated, Options(ZONE, seed=number, shifts=effort.shifts))
        _count(counted, result, line)
        if plain:
            counted.plain_cells += 1
            counted.plain.update(name for name, p in plain_p_values(simulated).items() if p < ALPHA)
    return counted


def _count(counted: Rates, result: Association, line: Line) -> None:
    truth = line.ratio if line.failures is None else line.failures_inside
    counted.cells += 1
    counted.verdicts[result.verdict] += 1
    if result.p_value is not None:
        counted.tested += 1
        counted.alarms += result.p_value < ALPHA
    if result.effect_low is not None and result.effect_high is not None:
        counted.intervals += 1
        counted.covered += result.effect_low <= truth <= result.effect_high


@dataclass(frozen=True)
class Discoveries:
    """Over whole worlds of 7 x 6 cells: mean share of false ones among the associated, and of true ones found."""

    false_rate: float
    error: float  # standard error of it
    found: float


def worlds(effort: Effort, salt: int, ratio: float) -> Discoveries:
    """Worlds in which `ratio` holds for 8 of 42 cells (none if ratio is 1); cells of a provider share congestion."""
    false_rates, found = [], []
    for number in range(effort.worlds):
        rng = np.random.default_rng([effort.seed, salt, number])
        cells, guilty = _world(rng, ratio)
        options = Options(ZONE, seed=number, shifts=effort.world_shifts)
        hours = {cell.votes.platform: cell.hours for cell in cells}
        results = correlate([cell.votes for cell in cells], hours.__getitem__, options)
        associated = np.array([result.verdict == "associated" for result in results])
        false_rates.append(float((associated & ~guilty).sum() / max(1, associated.sum())))
        if guilty.any():
            found.append(float((associated & guilty).sum() / guilty.sum()))
    return Discoveries(
        float(np.mean(false_rates)),
        float(np.std(false_rates) / np.sqrt(len(false_rates))),
        float(np.mean(found)) if found else float("nan"),
    )


def _world(rng: np.random.Generator, ratio: float) -> tuple[list[Simulated], np.ndarray]:
    cells, guilty = [], []
    for provider in range(PROVIDERS):
        common = provider_noise(Line(), rng)
        for platform in range(PLATFORMS):
            hit = ratio != 1 and provider < THROTTLED_PROVIDERS and platform < THROTTLED_PLATFORMS
            cell = simulate(Line(ratio=ratio if hit else 1.0), rng, common)
            # Each cell keeps its own schedule: hours are looked up by this name.
            named = replace(cell.votes, platform=f"platform-{platform}-{provider}", asn=provider)
            cells.append(replace(cell, votes=named))
            guilty.append(hit)
    return cells, np.array(guilty)
