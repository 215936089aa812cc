"""Reasons of the device itself not to measure now: a low battery, a VPN."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal

from vantage.facts import text_of, through_tunnel

Pause = Literal["battery", "vpn"]

# A phone or laptop below this is somebody's last hour of calls.
LOW_BATTERY: Final = 20  # per cent
_SUPPLIES: Final = Path("/sys/class/power_supply")
_ROUTES: Final = Path("/proc/net/route")


def pause(supplies: Path = _SUPPLIES, routes: Path = _ROUTES, *, vpn: bool | None = None) -> Pause | None:
    """Why nothing should be measured now; None where nothing speaks against it, or it cannot be told.

    `vpn` is what the person says; it counts where the system does not tell (Windows, macOS).
    """
    if battery_low(_batteries(supplies)):
        return "battery"
    seen = through_tunnel(text_of(routes))
    return "vpn" if (vpn if seen is None else seen) else None


def battery_low(batteries: Iterable[tuple[str, int]]) -> bool:
    """Whether all batteries, given as (status, per cent), run down and none has enough left."""
    known = list(batteries)
    return bool(known) and all(status == "Discharging" and percent < LOW_BATTERY for status, percent in known)


def _batteries(supplies: Path) -> list[tuple[str, int]]:
    if sys.platform == "win32":
        return _windows_battery()
    found = []
    for each in supplies.glob("*"):
        status, percent, scope = (text_of(each / name) for name in ("status", "capacity", "scope"))
        # Scope "Device" is a mouse's or a pen's own battery.
        if status and percent and percent.strip().isdigit() and (scope or "").strip() != "Device":
            found.append((status.strip(), int(percent)))
    return found


def _windows_battery() -> list[tuple[str, int]]:
    import ctypes

    # SYSTEM_POWER_STATUS: line status, flags, per cent (255 = unknown), then a byte and two longs of no use here.
    status = (ctypes.c_ubyte * 12)()
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the attribute exists on Windows alone
    if not kernel.GetSystemPowerStatus(ctypes.byref(status)) or status[2] > 100:
        return []
    return [("Discharging" if status[0] == 0 else "Charging", status[2])]
