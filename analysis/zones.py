"""Time zones from the `tzdata` package, never from the computer: Kazakhstan moved on 1 March 2024, and old computers
do not know it (DESIGN section 8). Local times that happened twice, or never, are refused with a question.
"""

from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from importlib.resources import files
from zoneinfo import ZoneInfo

# tzdata 2024a brought the move of Asia/Almaty from +06 to +05 on 1 March 2024.
_PROBE = "Asia/Almaty", datetime(2024, 3, 2, tzinfo=UTC), timedelta(hours=5)


class ZoneError(ValueError):
    """A zone or a local time that cannot be used; the text says what to write instead."""


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The zone `name` of the `tzdata` package. Raises ZoneError with the nearest name."""
    folder = files("tzdata") / "zoneinfo"
    parts = name.split("/")
    if all(part and not part.startswith(".") for part in parts):
        try:
            with folder.joinpath(*parts).open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        except (OSError, ValueError):
            pass
    near = get_close_matches(name, _names(), n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]!r}?" if near else "; write an IANA name such as 'Asia/Almaty'"
    raise ZoneError(f"the time zone {name!r} does not exist{hint}")


@lru_cache(maxsize=1)
def _names() -> tuple[str, ...]:
    return tuple((files("tzdata") / "zones").read_text("utf-8").split())


def require_current() -> None:
    """Raise ZoneError if the installed `tzdata` predates Kazakhstan's move of 1 March 2024."""
    name, when, offset = _PROBE
    if when.astimezone(zone(name)).utcoffset() != offset:
        raise ZoneError(
            f"the installed tzdata package is too old: it does not know that {name} moved to UTC+5 on "
            "1 March 2024; update it with `pip install --upgrade tzdata`"
        )


def to_utc(local: datetime, info: ZoneInfo) -> int:
    """UTC seconds of a naive local time. Raises ZoneError where the clock showed it twice, or never."""
    first, second = local.replace(tzinfo=info, fold=0), local.replace(tzinfo=info, fold=1)
    if first.utcoffset() == second.utcoffset():
        return int(first.timestamp())
    shown = local.isoformat(timespec="minutes")
    if _exists(first) and _exists(second):
        raise ZoneError(
            f"{shown} happened twice in {info.key}, when the clocks went back: which one is meant? "
            f"Write {first.isoformat(timespec='minutes')} or {second.isoformat(timespec='minutes')}"
        )
    raise ZoneError(
        f"{shown} never happened in {info.key}: the clocks went forward over it; which time is meant?"
    )


def _exists(aware: datetime) -> bool:
    """False in the gap of a clock that went forward: there and back again gives another time."""
    back = aware.astimezone(UTC).astimezone(aware.tzinfo)
    return back.replace(tzinfo=None, fold=0) == aware.replace(tzinfo=None, fold=0)
