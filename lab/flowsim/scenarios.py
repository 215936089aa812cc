"""The scenarios of docs/accuracy.md, as data."""

from dataclasses import replace
from typing import Any, Final

from lab.flowsim.scenario import Limit, Line, Scenario, Server
from measurements.throttle.flow import Arm
from measurements.throttle.series import QUIC, UPLOAD

THROTTLED: Final = ("throttled",)
OPEN: Final = ("inconclusive",)
NEVER: Final = ("not_throttled", "inconclusive")


# A cap holds the target still, so the control alone carries the spread of the pair.
ALONE: Final = 2**0.5
# A line "of 3 Mbit/s and more" stays there: its slow drift is small, its pairs still vary.
STEADY: Final = 0.1


def _caps() -> tuple[Scenario, ...]:
    return tuple(
        Scenario(
            f"E1-{kbit}k-{mbit}M",
            f"policer {kbit} kbit/s, burst 32 kB, on a line of {mbit} Mbit/s",
            THROTTLED,
            Line(mbit=mbit, drift_sd=STEADY),
            Limit(kbit=kbit),
            mechanism="policer",
        )
        for kbit in (128, 256, 512)
        for mbit in (3, 10, 50)
    )


_POLICED: Final = Limit(kbit=128)

SCENARIOS: Final[tuple[Scenario, ...]] = (
    *_caps(),
    Scenario(
        "E1-noisy-512k-3M",
        "policer 512 kbit/s on a line of 3 Mbit/s whose pairs vary by log-sd 0.6",
        THROTTLED,
        Line(mbit=3, pair_sd=0.6 * ALONE, drift_sd=STEADY),
        Limit(kbit=512),
        mechanism="policer",
    ),
    Scenario(
        "E1-noisy-128k-3M",
        "policer 128 kbit/s on a line of 3 Mbit/s whose pairs vary by log-sd 0.6",
        THROTTLED,
        Line(mbit=3, pair_sd=0.6 * ALONE, drift_sd=STEADY),
        Limit(kbit=128),
        mechanism="policer",
    ),
    Scenario(
        "E1-burst-8k",
        "policer 130 kbit/s, burst 8 kB",
        THROTTLED,
        Line(),
        Limit(kbit=130, burst=8e3),
        mechanism="policer",
    ),
    Scenario(
        "E1-burst-100k",
        "policer 150 kbit/s, burst 100 kB",
        THROTTLED,
        Line(),
        Limit(kbit=150, burst=100e3),
        mechanism="policer",
    ),
    Scenario(
        "E2",
        "policer 128 kbit/s, burst 1 MB: found by the long pair",
        THROTTLED,
        Line(),
        Limit(kbit=128, burst=1e6),
    ),
    Scenario(
        "E2-short",
        "the same, longer pairs refused",
        OPEN,
        Line(),
        Limit(kbit=128, burst=1e6),
        extend=False,
    ),
    Scenario(
        "E3-128k",
        "shaper 128 kbit/s, queue 2 s",
        THROTTLED,
        Line(),
        Limit("shape", kbit=128, burst=2.0),
        mechanism="shaper",
    ),
    Scenario(
        "E3-512k",
        "shaper 512 kbit/s, queue 1 s",
        THROTTLED,
        Line(),
        Limit("shape", kbit=512, burst=1.0),
        mechanism="shaper",
    ),
    Scenario(
        "E4-200k",
        "128 kbit/s after 200 kB",
        THROTTLED,
        Line(),
        Limit(kbit=128, burst=8e3, after_bytes=200e3),
        mechanism="delayed",
    ),
    Scenario(
        "E4-3s",
        "128 kbit/s after 3 seconds, on a line of 3 Mbit/s",
        THROTTLED,
        Line(mbit=3),
        Limit(kbit=128, burst=8e3, after_seconds=3.0),
        mechanism="delayed",
    ),
    Scenario("E5", "freeze after 16-20 kB", THROTTLED, Line(), Limit(freeze=18e3), mechanism="truncation"),
    Scenario("E6-1k", "1 kbit/s", THROTTLED, Line(), Limit(kbit=1, burst=6e3)),
    Scenario(
        "E6-acks",
        "half of the acknowledgements lost upstream",
        THROTTLED,
        Line(),
        Limit("ack_loss", loss=0.5),
        mechanism="upload",
    ),
    Scenario(
        "E6-loss",
        "10 % loss and 300 ms added",
        THROTTLED,
        Line(),
        Limit("loss", loss=0.10, delay=0.3),
        mechanism="loss",
    ),
    Scenario(
        "E6-delay",
        "a second added to every round trip",
        THROTTLED,
        Line(),
        Limit("loss", delay=1.0, handshake=1.0),
        mechanism="delayed",
    ),
    Scenario(
        "E6-handshake",
        "handshakes of 4 s",
        THROTTLED,
        Line(),
        Limit(handshake=4.0),
        mechanism="handshake_delay",
    ),
    Scenario(
        "E7-helper",
        "name slowed on our server too",
        THROTTLED,
        Line(),
        _POLICED,
        arms=("helper", "same_address"),
        mechanism="policer",
    ),
    Scenario(
        "E7-addresses",
        "name slowed on the platform's addresses alone",
        THROTTLED,
        Line(),
        _POLICED,
        arms=("helper", "same_address"),
        limited_arms=("same_address",),
        mechanism="policer",
    ),
    Scenario(
        "E7-telegram",
        "no helper arm: foreign control with baseline",
        THROTTLED,
        Line(),
        _POLICED,
        arms=("foreign",),
        baseline=True,
        scope=None,
    ),
    Scenario(
        "E8",
        "the first target flow marks the address, another control stays fast",
        THROTTLED,
        Line(),
        _POLICED,
        arms=("same_address", "foreign"),
        limited_arms=("same_address",),
        contagious=True,
        scope="address",
    ),
    Scenario("E8-alone", "the same with no other control", OPEN, Line(), _POLICED, contagious=True),
    *(
        Scenario(f"N1-{p}", f"random loss of {p} %", NEVER, Line(loss=p / 100, pair_sd=0.2))
        for p in (0.5, 1, 2, 5)
    ),
    Scenario(
        "N2-congestion",
        "evening peak: 3 Mbit/s shared with others",
        NEVER,
        Line(mbit=3, background=0.5, drift_sd=0.6, pair_sd=0.5),
    ),
    Scenario(
        "N2-bufferbloat", "a buffer of 2 s in front of 3 Mbit/s", NEVER, Line(mbit=3, queue=2.0, pair_sd=0.4)
    ),
    Scenario(
        "N3-slow-origin",
        "origin slow under every name",
        NEVER,
        target=Server(pace=200e3),
        control=Server(pace=200e3),
    ),
    Scenario(
        "N3-slow-origin-foreign",
        "origin slow, foreign control fast, with baseline",
        NEVER,
        target=Server(pace=40e3),
        arms=("foreign",),
        baseline=True,
    ),
    Scenario(
        "N3-no-baseline",
        "origin slow, foreign control fast, no baseline",
        OPEN,
        target=Server(pace=40e3),
        arms=("foreign",),
    ),
    Scenario(
        "N3-cache-miss",
        "every third target flow misses the cache and comes at 100 kB/s",
        NEVER,
        target=Server(misses=0.33),
    ),
    Scenario(
        "N3-paced", "origin paces at 50 kB/s", NEVER, target=Server(pace=50e3), control=Server(pace=50e3)
    ),
    Scenario(
        "N3-rtt4",
        "target four times as far as the foreign control, 1 % loss, with baseline",
        NEVER,
        Line(loss=0.01),
        target=Server(rtt=0.24),
        arms=("foreign",),
        baseline=True,
    ),
    Scenario(
        "N3-cc",
        "control answers with BBR, target with Cubic, at 2 % loss, with baseline",
        NEVER,
        Line(loss=0.02),
        control=Server(bbr=True),
        arms=("foreign",),
        baseline=True,
    ),
    Scenario(
        "N3-cc-new-loss",
        "the same servers, 2 % loss tonight and none in the baseline",
        NEVER,
        Line(loss=0.02),
        control=Server(bbr=True),
        arms=("foreign",),
        baseline=True,
        baseline_line=Line(),
    ),
    *(
        Scenario(
            f"N4-{sd}",
            f"mobile line, pairs vary by log-sd {sd}, handovers",
            NEVER,
            Line(pair_sd=sd, drift_sd=0.6, stalls=0.05),
        )
        for sd in (0.3, 0.6, 0.9)
    ),
    Scenario("N5-plan", "plan-wide policer of 1.5 Mbit/s", NEVER, Line(mbit=1.5)),
    Scenario("N5-powerboost", "PowerBoost: 2 Mbit/s after 1 MB", NEVER, Line(mbit=20, boost=(1e6, 2.0))),
    Scenario(
        "N5-tariff",
        "a video class of 1.5 Mbit/s on a line of 10, plan bundled",
        NEVER,
        Line(mbit=10),
        Limit("shape", kbit=1500, burst=0.5),
        plan="bundled",
    ),
    Scenario("N5-background", "background traffic on a third of the flows", NEVER, Line(background=0.33)),
    Scenario(
        "N7-reset",
        "flows reset after the handshake",
        OPEN,
        target=Server(fail="reset", fail_share=1.0),
    ),
    Scenario(
        "N7-forged",
        "forged certificates, and slow",
        OPEN,
        Line(),
        _POLICED,
        target=Server(fail="forged", fail_share=1.0),
    ),
    Scenario("N8-controls", "control against control", NEVER, Line(pair_sd=0.6, drift_sd=0.6)),
    Scenario("N8-permuted", "throttled flows, labels drawn anew", NEVER, Line(), _POLICED, permute=True),
    Scenario(
        "I1",
        "line of 0.3 Mbit/s, cap 256 kbit/s",
        OPEN,
        Line(mbit=0.3, drift_sd=STEADY),
        Limit(kbit=256),
    ),
    Scenario(
        "I2",
        "cap at 0.6 of the line's speed",
        OPEN,
        Line(mbit=3, drift_sd=STEADY),
        Limit(kbit=1800),
    ),
    Scenario("I3-six", "six pairs only", OPEN, Line(), _POLICED, max_pairs=6),
    Scenario(
        "I3-sick",
        "half of the control flows fail",
        OPEN,
        Line(),
        _POLICED,
        control=Server(fail="reset", fail_share=0.5),
    ),
    Scenario("I3-network", "the network changed", OPEN, Line(), _POLICED, network_changed=True),
)


_SILENT: Final = Server(fail="silent", fail_share=1.0)
_BOTH: Final[tuple[Arm, ...]] = ("helper", "same_address")
_OURS: Final[tuple[Arm, ...]] = ("helper",)


def _quic(name: str, words: str, want: tuple[str, ...], *given: Any, **more: Any) -> Scenario:
    return Scenario(name, words, want, *given, **{"arms": _BOTH, "series": QUIC, **more})


def _upload(name: str, words: str, want: tuple[str, ...], *given: Any, **more: Any) -> Scenario:
    return Scenario(name, words, want, *given, **{"arms": _OURS, "series": UPLOAD, **more})


# Rows of one series, whose platform is not slowed in TCP downloads: ids with Q over QUIC, with U uploads.
SERIES_ROWS: Final[tuple[Scenario, ...]] = (
    _quic(
        "Q-512k",
        "QUIC policed to 512 kbit/s without a burst",
        THROTTLED,
        Line(),
        Limit(kbit=512, burst=8e3),
        mechanism="policer",
    ),
    _quic(
        "Q-128k-3M",
        "QUIC policed to 128 kbit/s on a line of 3 Mbit/s",
        THROTTLED,
        Line(mbit=3, drift_sd=STEADY),
        Limit(kbit=128, burst=8e3),
        mechanism="policer",
    ),
    _quic(
        "Q-addresses",
        "QUIC policed to 256 kbit/s on the platform's addresses alone",
        THROTTLED,
        Line(),
        Limit(kbit=256, burst=8e3),
        limited_arms=("same_address",),
        mechanism="policer",
    ),
    _quic(
        "Q-noisy",
        "QUIC policed to 512 kbit/s on a line of 3 Mbit/s whose pairs vary by log-sd 0.6",
        THROTTLED,
        Line(mbit=3, pair_sd=0.6 * ALONE, drift_sd=STEADY),
        Limit(kbit=512, burst=8e3),
        mechanism="policer",
    ),
    _upload(
        "U-128k",
        "uploads policed to 128 kbit/s, uplink of 5 Mbit/s",
        THROTTLED,
        Line(mbit=5),
        Limit(kbit=128, burst=8e3),
        mechanism="upload",
    ),
    _upload(
        "U-512k-shaped",
        "uploads shaped to 512 kbit/s, uplink of 10 Mbit/s",
        THROTTLED,
        Line(),
        Limit("shape", kbit=512, burst=1.0),
        mechanism="upload",
    ),
    _upload(
        "U-noisy",
        "uploads policed to 256 kbit/s, uplink of 3 Mbit/s whose pairs vary by log-sd 0.6",
        THROTTLED,
        Line(mbit=3, pair_sd=0.6 * ALONE, drift_sd=STEADY),
        Limit(kbit=256, burst=8e3),
        mechanism="upload",
    ),
    _quic("NQ-blocked", "QUIC silent under the platform's name", NEVER, target=_SILENT),
    _quic("NQ-absent", "QUIC silent under every name", OPEN, target=_SILENT, control=_SILENT),
    *(
        _quic(f"NQ-loss-{p}", f"QUIC on a line that loses {p} %", NEVER, Line(loss=p / 100, pair_sd=0.2))
        for p in (2, 5)
    ),
    _quic(
        "NQ-mobile",
        "QUIC on a mobile line, pairs vary by log-sd 0.9",
        NEVER,
        Line(pair_sd=0.9, drift_sd=0.6, stalls=0.05),
    ),
    _quic("NQ-all-slow", "QUIC of every name held at 1.5 Mbit/s", NEVER, Line(mbit=1.5)),
    _quic("NQ-controls", "QUIC, control against control", NEVER, Line(pair_sd=0.6, drift_sd=0.6)),
    _upload("NU-thin", "uplink of 0.5 Mbit/s", NEVER, Line(mbit=0.5)),
    _upload(
        "NU-bloated",
        "a buffer of 4 s in front of an uplink of 2 Mbit/s",
        NEVER,
        Line(mbit=2, queue=4.0, pair_sd=0.4),
    ),
    _upload("NU-loss", "uplink of 5 Mbit/s that loses 5 %", NEVER, Line(mbit=5, loss=0.05)),
    _upload(
        "NU-busy",
        "uplink of 3 Mbit/s shared with others",
        NEVER,
        Line(mbit=3, background=0.5, drift_sd=0.6, pair_sd=0.5),
    ),
    _upload(
        "NU-controls", "uploads, control against control", NEVER, Line(mbit=5, pair_sd=0.6, drift_sd=0.6)
    ),
)


def power_rows() -> tuple[Scenario, ...]:
    """Power by the pairs' log-sd and the ratio of cap to line."""
    return tuple(
        replace(
            SCENARIOS[0],
            id=f"P-{sd}-{kbit}",
            words=f"policer {kbit} kbit/s on 3 Mbit/s, log-sd {sd}",
            line=Line(mbit=3, pair_sd=sd * ALONE, drift_sd=STEADY),
            limit=Limit(kbit=kbit),
        )
        for sd in (0.3, 0.6, 0.9)
        for kbit in (128, 256, 512)
    )
