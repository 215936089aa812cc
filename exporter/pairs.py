"""Goodput of pairs: target against control, as flows come in one by one. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from measurements.records import Observation

# Noise checks compare controls with each other; warm-ups and flows before and after have no partner.
_PURPOSES: Final = frozenset({None, "pair", "sentinel", "long"})


@dataclass(frozen=True)
class PairSeen:
    """One pair in bytes per second. A target that brought nothing beside a control that did counts 0."""

    platform: str
    time: datetime
    target: float
    control: float

    @property
    def ratio(self) -> float:
        return self.target / self.control


class Pairing:
    """Joins the two flows of each pair. Flows whose partner never comes are forgotten with `forget`."""

    def __init__(self) -> None:
        self._waiting: dict[str, Observation] = {}

    def add(self, row: Observation) -> PairSeen | None:
        """The pair that `row` completes, if its control moved bytes."""
        facts = row.transfer
        if facts is None or facts.pair is None or facts.purpose not in _PURPOSES or row.flags:
            return None
        partner = self._waiting.pop(facts.pair, None)
        if partner is None or partner.role == row.role:
            self._waiting[facts.pair] = row
            return None
        target, control = (row, partner) if row.role == "target" else (partner, row)
        speed = _goodput(control)
        if not speed:
            return None
        return PairSeen(target.platform, target.time, _goodput(target) or 0.0, speed)

    def forget(self, before: datetime) -> None:
        self._waiting = {pair: row for pair, row in self._waiting.items() if row.time >= before}


def _goodput(row: Observation) -> float | None:
    return row.transfer.goodput if row.transfer else None
