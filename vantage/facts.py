"""Gathering what `vantage.doctor` looks at from this device; sends nothing."""

import asyncio
import os
import shutil
import socket
from datetime import datetime
from pathlib import Path
from typing import Final, Literal
from urllib.request import getproxies
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from measurements import sqlcipher
from measurements.spool_file import connect, content
from measurements.state import StateFolder
from measurements.store_errors import StoreError
from vantage.doctor import Facts, Online
from vantage.network import own_addresses

# Names that Linux gives to interfaces of VPN programs.
_TUNNELS: Final = ("tun", "tap", "wg", "ppp", "ipsec", "nordlynx", "proton", "tailscale", "outline")
_ROUTES: Final = Path("/proc/net/route")
_RESOLV_CONF: Final = Path("/etc/resolv.conf")
_LAG_SAMPLES: Final = 20


def local_facts(
    state: Path, consent: bool, now: datetime, released: str | None, online: Online | None
) -> Facts:
    """Facts of this device. `released`: ISO date before which no right clock can be."""
    addresses = own_addresses()
    encryption, locked = _encryption(StateFolder(state).spool)
    return Facts(
        consent=consent,
        state_writable=os.access(_existing(state), os.W_OK),
        disk_free=shutil.disk_usage(_existing(state)).free,
        clock_before_release=released is not None and now.date().isoformat() < released,
        almaty_offset=almaty_offset(),
        route4=any("." in each for each in addresses),
        route6=any(":" in each for each in addresses),
        tunnel=through_tunnel(text_of(_ROUTES)),
        proxy=bool({"http", "https", "all", "socks"}.intersection(getproxies())),
        local_resolver=local_resolver(text_of(_RESOLV_CONF)),
        raw_sockets=may_use_raw_sockets(),
        encryption=encryption,
        lag=asyncio.run(idle_lag()),
        online=online,
        locked=locked,
    )


def almaty_offset() -> float | None:
    """Hours from UTC in Almaty on 2 March 2024: 5 by tzdata 2024a and later, 6 by older ones."""
    try:
        offset = datetime(2024, 3, 2, 12, tzinfo=ZoneInfo("Asia/Almaty")).utcoffset()
    except ZoneInfoNotFoundError:
        return None
    return None if offset is None else offset.total_seconds() / 3600


def through_tunnel(routes: str | None) -> bool | None:
    """True if a default route in Linux's /proc/net/route leads into a VPN; None where there is no such table.

    VPN programs often set two half-Internet routes (0.0.0.0/1 and 128.0.0.0/1) instead of a default one.
    """
    if routes is None:
        return None
    rows = [line.split() for line in routes.splitlines()[1:]]
    wide = {("00000000", "00000000"), ("00000000", "00000080"), ("00000080", "00000080")}
    names = [row[0] for row in rows if len(row) > 7 and (row[1], row[7]) in wide]
    return any(name.startswith(_TUNNELS) for name in names)


def local_resolver(resolv_conf: str | None) -> bool | None:
    """True if the first name server is this device itself; None where there is no /etc/resolv.conf."""
    lines = (line.split() for line in (resolv_conf or "").splitlines())
    servers = [line[1] for line in lines if len(line) > 1 and line[0] == "nameserver"]
    return servers[0].startswith("127.") or servers[0] == "::1" if servers else None


def may_use_raw_sockets() -> bool:
    """True if the system lets us build packets by hand; nothing needs it, tracing can use it."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()
    except OSError:
        return False
    return True


async def idle_lag() -> float:
    """Longest delay, in seconds, with which an idle event loop wakes from short sleeps."""
    clock = asyncio.get_running_loop().time
    longest = 0.0
    for _ in range(_LAG_SAMPLES):
        start = clock()
        await asyncio.sleep(0.005)
        longest = max(longest, clock() - start - 0.005)
    return longest


def _encryption(spool: Path) -> tuple[Literal["on", "off", "later", "locked"], str]:
    """How results are stored, and why they do not open if they do not."""
    try:
        found = content(spool)
        if found == "encrypted":
            connect(spool, "ro").close()
    except (OSError, StoreError) as error:
        return "locked", str(error)
    if not sqlcipher.AVAILABLE:
        return "off", ""
    return ("later" if found == "plain" else "on"), ""


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.absolute().parents) if each.exists())


def text_of(path: Path) -> str | None:
    """Of a file that the system may have; None where it cannot be read."""
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return None
