"""A suspended device, a set clock and another network are told apart."""

import pytest

from probes.base import Clock
from probes.mishaps import Mishaps


class Device:
    """Readings that a test sets."""

    def __init__(self) -> None:
        self.wall, self.running, self.boot, self.network = 1_700_000_000.0, 50.0, 70.0, b"home"

    def mishaps(self) -> Mishaps:
        clock = Clock(wall=lambda: self.wall)
        return Mishaps(clock, lambda: self.network, lambda: self.boot, lambda: self.running)


@pytest.mark.parametrize(
    ("wall", "running", "boot", "network", "flags"),
    [
        (3, 3, 3, b"home", ()),
        (3.2, 3, 3, b"home", ()),
        (3600, 3, 3600, b"home", ("suspended",)),
        (3600, 3, 3, b"home", ("clock_jumped",)),
        (-3600, 3, 3, b"home", ("clock_jumped",)),
        (3, 3, 3, b"mobile", ("network_changed",)),
        (3600, 3, 3600, b"mobile", ("suspended", "network_changed")),
    ],
    ids=[
        "nothing",
        "slewing",
        "sleep",
        "clock set forward",
        "clock set back",
        "another network",
        "carried elsewhere",
    ],
)
def test_what_happened(
    wall: float, running: float, boot: float, network: bytes, flags: tuple[str, ...]
) -> None:
    device = Device()
    mishaps = device.mishaps()
    start = mishaps.now()
    device.wall += wall
    device.running += running
    device.boot += boot
    device.network = network
    assert mishaps.since(start) == flags
