"""How much a session may take: pairs, bytes and seconds, each with its reason."""

from dataclasses import dataclass, replace
from typing import Final

from measurements.throttle.thresholds import THRESHOLDS

METERED_BYTES: Final = 256_000  # a pair within 0.5 MB (research, section 2.2)
UNMETERED_BYTES: Final = 512_000
# The most that the design gives: a line of 3 Mbit/s needs it to outlast rules of a few seconds.
LONG_BYTES: Final = 4_000_000
LEAST_LONG: Final = 2_000_000  # its least, for sessions that are sped up
METERED_BEYOND: Final = 1_000_000  # where nobody can be asked, pairs follow a late change so far
METERED_BUDGET: Final = 50_000_000  # bytes a day (DESIGN section 7)
UNMETERED_BUDGET: Final = 100_000_000
# From any third-party control at most 5 MB a day (DESIGN section 2, rule 8); what is on its way at the cap is paid too.
FOREIGN_BUDGET: Final = 4_500_000
FOREIGN_BYTES: Final = 224_000  # so that 18 flows and the first controls fit into it
# Control-only flows before the first target flow. The contract asks for three; against ten later ones on a line that
# drifts, three call a third of innocent sessions `residual`, six a tenth. Third parties give no more than they must.
BEFORE: Final = 6
BEFORE_FOREIGN: Final = 3
# Two thirds of a pair's flow are enough to tell a marked address from a line that drifts.
BEFORE_BYTES: Final = 128_000
# A flow's handshake and headers, what it may read beyond its cap, and our server's view of it.
OVERHEAD: Final = 16_000
# A clear case on a metered line: its pairs up to the first look, and all of its session with the line's check.
METERED_PAIRS: Final = 4_500_000
METERED_CLEAR: Final = 9_000_000 - 200_000
# A first flow fills caches on the way; nothing is measured by it, so it may be short.
WARM_UP_BYTES: Final = 64_000
# Over QUIC, and upwards: known caps there had no burst (Russia 2024), so that short flows show them.
SERIES_BYTES: Final = 128_000
CAP_SHARE: Final = (0.75, 1.0)  # the cap of a pair is drawn from this share, so that no box can learn it
NOISE_EVERY: Final = 4  # every fourth block compares controls with each other


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Bounds of one session. Seconds and bytes."""

    max_pairs: int = THRESHOLDS.looks[-1]  # decision pairs an arm
    interval: float = 60.0  # mean between two pairs of a session: three arms of ten pairs in half an hour
    flow_seconds: float = 10.0
    flow_bytes: int = UNMETERED_BYTES
    long_seconds: float = 20.0
    long_bytes: int = LONG_BYTES
    pairs_bytes: int | None = None  # of an arm's pairs up to its first look
    # of a session that its first look decides: noise checks and scope take what is left
    clear_bytes: int | None = None
    budget: int = UNMETERED_BUDGET  # of all sessions together
    foreign_budget: int = FOREIGN_BUDGET
    session_seconds: float = THRESHOLDS.session_seconds
    series_bytes: int = SERIES_BYTES  # a flow of a further series
    beyond_bytes: int | None = None  # how far pairs may follow a long flow's change; None = as far as needed

    @property
    def foreign_need(self) -> int:
        """Bytes of a third party's control that a whole first look takes."""
        pairs = min(self.max_pairs, THRESHOLDS.looks[0])
        return (
            pairs * min(self.flow_bytes, FOREIGN_BYTES)
            + BEFORE_FOREIGN * min(self.flow_bytes, BEFORE_BYTES)
            + WARM_UP_BYTES
        )

    @property
    def pair_seconds(self) -> float:
        """From pair to pair on the average, waits and noise checks included."""
        return (self.interval + self.flow_seconds) * NOISE_EVERY / (NOISE_EVERY - 1)


def plan_for(metered: bool) -> Plan:
    """The usual plan for a line."""
    if not metered:
        return Plan()
    return replace(
        Plan(),
        flow_bytes=METERED_BYTES,
        pairs_bytes=METERED_PAIRS,
        clear_bytes=METERED_CLEAR,
        budget=METERED_BUDGET,
        beyond_bytes=METERED_BEYOND,
    )
