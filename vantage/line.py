"""What the person said once about the line: kind of plan, whether data cost money, tethering, access, VPN."""

from typing import Literal

import msgspec

from measurements.state import StateError, StateFolder, write_private

TariffPlan = Literal["plain", "bundled", "unknown"]
Access = Literal["fixed", "mobile", "other"]


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """Everything is unknown until somebody says it."""

    plan: TariffPlan = "unknown"  # bundled: some platforms are free or slower by contract
    tethered: bool | None = None  # through a phone's hotspot
    access: Access | None = None
    metered: bool | None = None  # data cost money, or end: the smaller budget
    vpn: bool | None = None  # all traffic goes through one


def read_stated(folder: StateFolder) -> Stated | None:
    """What was said; None if nobody was asked yet. Raises StateError."""
    try:
        return msgspec.json.decode(folder.line.read_bytes(), type=Stated)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateError(f"{folder.line} cannot be read ({error.strerror})") from None
    except msgspec.DecodeError:
        return None  # damaged: ask again


def write_stated(folder: StateFolder, stated: Stated) -> None:
    """Keep it. Raises StateError."""
    folder.create()
    write_private(folder.line, msgspec.json.encode(stated))
