"""Quantities as people write them: "150 kbit/s", "20 ms", "32 kB", "5 %"."""

import re
from difflib import get_close_matches
from typing import Final, Literal

Kind = Literal["time", "rate", "byte rate", "size", "share"]

# unit -> how many of the kind's base unit (seconds, bits/s, bytes/s, bytes, a share of one)
UNITS: Final[dict[Kind, dict[str, float]]] = {
    "time": {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0},
    "rate": {"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9},
    "byte rate": {"B/s": 1.0, "kB/s": 1e3, "MB/s": 1e6, "kbit/s": 125.0, "Mbit/s": 125e3},
    "size": {"B": 1.0, "kB": 1e3, "MB": 1e6, "KiB": 1024.0, "MiB": 1024.0**2},
    "share": {"%": 0.01},
}
EXAMPLES: Final[dict[Kind, str]] = {
    "time": "20 ms",
    "rate": "150 kbit/s",
    "byte rate": "40 kB/s",
    "size": "32 kB",
    "share": "5 %",
}

_QUANTITY: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(\S*)")


class UnitError(ValueError):
    """The text is no quantity of the kind asked for; says which units there are."""


def quantity(text: str, kind: Kind) -> float:
    """The number that `text` means, in the kind's base unit. Zero needs no unit.

    Raises:
        UnitError: no number, no unit, or a unit of another kind.
    """
    found = _QUANTITY.fullmatch(text.strip())
    if found is None:
        raise UnitError(f'"{text}" is no {kind}; write for example "{EXAMPLES[kind]}"')
    number, unit = float(found[1]), found[2]
    units = UNITS[kind]
    if unit in units:
        return number * units[unit]
    if not unit and not number:
        return 0.0
    if not unit:
        raise UnitError(f'"{text}" has no unit; write for example "{EXAMPLES[kind]}"')
    near = get_close_matches(unit, units, n=1, cutoff=0.3)
    advice = f'did you mean "{near[0]}"?' if near else f'write for example "{EXAMPLES[kind]}"'
    raise UnitError(f'"{unit}" is no unit of {kind} ({", ".join(units)}); {advice}')


def clock_time(text: str) -> float:
    """Seconds after midnight of "20:30".

    Raises:
        UnitError: no time of day.
    """
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and int(hours) <= 24 and int(minutes) < 60):
        raise UnitError(f'"{text}" is no time of day; write for example "20:30"')
    return int(hours) * 3600.0 + int(minutes) * 60.0
