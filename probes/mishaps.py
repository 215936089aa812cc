"""What can spoil a measurement from this side: a suspended device, another network, a clock that was set.

Such records are flagged, not dropped (DESIGN section 5); a failure among them is no evidence against a platform.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from probes.base import Clock

SUSPENDED: Final = "suspended"
NETWORK_CHANGED: Final = "network_changed"
CLOCK_JUMPED: Final = "clock_jumped"

# Seconds by which clocks may part during one probe: time synchronisation slews by milliseconds, a set clock or a
# suspended device by seconds.
_APART: Final = 1.0
# Seconds for which a reading of the network stands: asking the system costs more than the rest of a record.
_READING_STANDS: Final = 1.0


@dataclass(frozen=True)
class Moment:
    """Readings to compare with later ones."""

    wall: float
    running: float
    boot: float
    network: bytes


def boot_clock() -> float:
    """Seconds that go on while the device is suspended; elsewhere than on Linux the monotonic clock has to do."""
    number = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if number is None else time.clock_gettime(number)


@dataclass
class Mishaps:
    """Notices mishaps between two moments; one serves a whole round.

    `network()` gives bytes that tell this network from others.
    """

    clock: Clock
    network: Callable[[], bytes] = bytes
    boot: Callable[[], float] = boot_clock
    running: Callable[[], float] = time.monotonic
    _read: tuple[float, bytes] | None = None  # when the network was last asked for, and what it was

    def now(self) -> Moment:
        boot = self.boot()
        if self._read is None or boot - self._read[0] >= _READING_STANDS:
            self._read = (boot, self.network())
        return Moment(self.clock.wall(), self.running(), boot, self._read[1])

    def since(self, start: Moment) -> tuple[str, ...]:
        """Flags of what happened since `start`."""
        end = self.now()
        awake = end.running - start.running
        passed = end.boot - start.boot
        happened = {
            SUSPENDED: passed - awake > _APART,
            CLOCK_JUMPED: abs(end.wall - start.wall - passed) > _APART,
            NETWORK_CHANGED: end.network != start.network,
        }
        return tuple(flag for flag, did in happened.items() if did)
