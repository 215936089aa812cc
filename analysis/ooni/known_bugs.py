"""Probes whose own mistakes look like censorship; such measurements are kept, and judged `inconclusive`.

A row needs a public source that says so. OONI's backend discards the same measurements.
"""

from dataclasses import dataclass
from typing import Final

from analysis.ooni.model import Measurement


@dataclass(frozen=True)
class Bug:
    """`below`: test versions that have it (None = all); `since`: from which day on it shows."""

    test: str
    below: tuple[int, ...]
    since: str  # YYYY-MM-DD
    what: str
    source: str


BUGS: Final = (
    Bug(
        "signal",
        (0, 2, 2),
        "2022-10-19",
        "the probe carries an outdated certificate authority of Signal",
        "https://github.com/ooni/probe/issues/2627",
    ),
)


def bug_of(m: Measurement) -> str | None:
    """What is wrong with the probe that made this measurement, or None."""
    for bug in BUGS:
        if (
            m.test_name == bug.test
            and (m.measurement_start_time or "") >= bug.since
            and _version(m.test_version) < bug.below
        ):
            return bug.what
    return None


def _version(text: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in (text or "").split(".") if part.isdecimal())
