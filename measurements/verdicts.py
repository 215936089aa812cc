"""The verdict words (DESIGN section 6) and how bad each is."""

from typing import Final, Literal

Verdict = Literal["accessible", "blocked", "intercepted", "throttled", "down", "inconclusive"]
VerdictStage = Literal["dns", "tcp", "tls", "http", "quic", "transfer"]

# A platform has the worst verdict of its endpoints, in this order.
WORST_FIRST: Final[tuple[Verdict, ...]] = (
    "blocked",
    "intercepted",
    "throttled",
    "down",
    "inconclusive",
    "accessible",
)

# Where an observation failed -> which stage a verdict names.
VERDICT_STAGE: Final[dict[str, VerdictStage]] = {
    "resolve": "dns",
    "connect": "tcp",
    "tls": "tls",
    "first_byte": "http",
    "transfer": "transfer",
}
