"""Is this device fit to measure? Pure checks over gathered facts; the words for people are in `efir.doctor_text`.

A check looks at `Facts` and gives a level and a code. Codes are stable, so that a service can act on them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

Level = Literal["ok", "note", "warning", "problem", "unknown"]

# Handshake times are flagged above this lag (DESIGN section 5).
LAG_LIMIT: Final = 0.020  # seconds
# Certificates tolerate more, but records are joined with others' by hour and minute.
CLOCK_LIMIT: Final = 30.0  # seconds
# A day of full-time measuring takes about 3 MB; SQLite needs room beside it for its log.
DISK_LOW: Final = 50_000_000  # bytes


@dataclass(frozen=True)
class Online:
    """What a round of controls alone showed; only gathered after consent."""

    situation: str  # online | offline | captive_portal | international_cut
    resolver_answers: bool
    ipv6_works: bool
    clock_ahead: float | None  # seconds by which this clock is ahead of the controls' median; None = not told
    lag: float | None  # seconds, the longest delay of the event loop meanwhile


@dataclass(frozen=True)
class Facts:
    """Everything the checks look at. None = could not be found out on this system."""

    consent: bool
    state_writable: bool
    disk_free: int | None  # bytes
    clock_before_release: bool  # the clock shows a time before this version's targets were written
    almaty_offset: float | None  # hours from UTC on 2 March 2024, None = no such zone
    route4: bool
    route6: bool
    tunnel: bool | None  # the default route leads into a VPN's interface
    proxy: bool  # the system or the environment names a proxy
    local_resolver: bool | None  # names are asked from a program on this device, which may encrypt them
    raw_sockets: bool
    encryption: Literal[
        "on", "off", "later", "locked"
    ]  # of stored results; locked: what is stored does not open
    lag: float  # seconds, of an idle event loop
    online: Online | None = None
    locked: str = ""  # why it does not open, and what to do


@dataclass(frozen=True)
class Result:
    """One check's answer; `values` fill the text."""

    check: str
    level: Level
    code: str
    values: dict[str, float | str] = field(default_factory=dict)


def examine(facts: Facts) -> list[Result]:
    """Every check's result, in the order in which a person should mend things."""
    return [Result(name, *check(facts)) for name, check in CHECKS.items()]


Answer = tuple[Level, str] | tuple[Level, str, dict[str, float | str]]


def _consent(facts: Facts) -> Answer:
    return ("ok", "recorded") if facts.consent else ("problem", "missing")


def _network(facts: Facts) -> Answer:
    if not (facts.route4 or facts.route6):
        return "problem", "no_route"
    if facts.online is None:
        return "unknown", "not_tried"
    return _SITUATIONS[facts.online.situation]


_SITUATIONS: Final[dict[str, tuple[Level, str]]] = {
    "online": ("ok", "online"),
    "offline": ("problem", "offline"),
    "captive_portal": ("problem", "captive_portal"),
    "international_cut": ("warning", "international_cut"),
}


def _vpn(facts: Facts) -> Answer:
    if facts.tunnel:
        return "problem", "tunnel"
    if facts.proxy:
        return "warning", "proxy"
    return ("unknown", "cannot_tell") if facts.tunnel is None else ("ok", "none")


def _resolver(facts: Facts) -> Answer:
    if facts.online is not None and facts.online.situation == "online" and not facts.online.resolver_answers:
        return "problem", "silent"
    if facts.local_resolver is None:
        return "unknown", "cannot_tell"
    return ("warning", "local") if facts.local_resolver else ("ok", "network")


def _clock(facts: Facts) -> Answer:
    if facts.clock_before_release:
        return "problem", "past"
    ahead = facts.online.clock_ahead if facts.online else None
    if ahead is None:
        return "unknown", "not_compared"
    if abs(ahead) > CLOCK_LIMIT:
        return "problem", "off", {"seconds": abs(ahead), "direction": "ahead" if ahead > 0 else "behind"}
    return "ok", "right"


def _time_zones(facts: Facts) -> Answer:
    if facts.almaty_offset is None:
        return "problem", "missing"
    return ("ok", "current") if facts.almaty_offset == 5 else ("problem", "old")


def _ipv6(facts: Facts) -> Answer:
    if not facts.route6:
        return "note", "no_route"
    if facts.online is None:
        return "unknown", "not_tried"
    return ("ok", "works") if facts.online.ipv6_works else ("note", "broken")


def _event_loop(facts: Facts) -> Answer:
    lag = facts.lag if facts.online is None or facts.online.lag is None else max(facts.lag, facts.online.lag)
    return (
        ("warning" if lag > LAG_LIMIT else "ok"),
        ("late" if lag > LAG_LIMIT else "prompt"),
        {"ms": lag * 1000},
    )


def _storage(facts: Facts) -> Answer:
    if not facts.state_writable:
        return "problem", "read_only"
    if facts.disk_free is not None and facts.disk_free < DISK_LOW:
        return "problem", "low", {"mb": facts.disk_free / 1e6}
    return "ok", "room"


def _encryption(facts: Facts) -> Answer:
    if facts.encryption == "locked":
        return "problem", "locked", {"reason": facts.locked}
    return _ENCRYPTION[facts.encryption]


_ENCRYPTION: Final[dict[str, tuple[Level, str]]] = {
    "on": ("ok", "encrypted"),
    "later": ("note", "not_yet"),
    "off": ("note", "plain"),
}


def _raw_sockets(facts: Facts) -> Answer:
    return ("note", "allowed") if facts.raw_sockets else ("note", "not_allowed")


CHECKS: Final[dict[str, Callable[[Facts], Answer]]] = {
    "consent": _consent,
    "network": _network,
    "vpn": _vpn,
    "resolver": _resolver,
    "clock": _clock,
    "time_zones": _time_zones,
    "ipv6": _ipv6,
    "event_loop": _event_loop,
    "storage": _storage,
    "encryption": _encryption,
    "raw_sockets": _raw_sockets,
}
