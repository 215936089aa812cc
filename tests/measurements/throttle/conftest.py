"""Flows and sessions made of plain numbers."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.flow import Arm, Flow
from measurements.throttle.pair import Pair

SPREAD = (
    1.0,
    0.9,
    1.1,
    1.05,
    0.95,
    1.02,
    0.98,
    1.08,
    0.93,
    1.0,
    1.04,
    0.97,
    1.01,
    0.99,
    1.06,
    0.94,
    1.03,
    0.96,
)


def make_flow(role: Any = "control", rate: float = 500_000.0, cap: int = 450_000, **changes: Any) -> Flow:
    """A steady flow of `rate` bytes per second, ended by its cap or after `seconds`."""
    seconds = changes.pop("seconds", 10.0)
    size = min(cap, int(rate * seconds))
    sizes = tuple(range(1448, size + 1, 1448)) or (size,)
    facts: dict[str, Any] = {
        "role": role,
        "sizes": sizes,
        "times": tuple((each - sizes[0]) / rate for each in sizes),
        "elapsed": size / rate,
        "cap_bytes": cap,
        "complete": size == cap,
        "status": 200,
        "length": 1_000_000,
        "certificate_valid": True,
        "handshake_bytes": 4000,
        "connect": 0.05,
        "handshake": 0.1,
        "first_byte": 0.05,
    }
    return Flow(**(facts | changes))


def make_pairs(
    count: int = 10,
    target: float = 16_000.0,
    control: float = 500_000.0,
    arm: Arm = "same_address",
    of_target: dict[str, Any] | None = None,
    of_control: dict[str, Any] | None = None,
) -> tuple[Pair, ...]:
    """Pairs three minutes apart whose rates spread a little."""
    return tuple(
        Pair(
            arm=arm,
            target=make_flow(
                "target",
                target * SPREAD[i % 18],
                **({"started": 170.0 * i + 5} | (of_target or {})),
            ),
            control=make_flow(
                "control", control / SPREAD[(i + 5) % 18], **({"started": 170.0 * i} | (of_control or {}))
            ),
        )
        for i in range(count)
    )


def make_session(pairs: Sequence[Pair], **changes: Any) -> SessionEvidence:
    """A session that has all a verdict needs: steady controls before, a clean long pair, a plain plan."""
    arms = tuple(dict.fromkeys(pair.arm for pair in pairs)) or ("same_address",)
    facts: dict[str, Any] = {
        "platform": "youtube",
        "arms": arms,
        "pairs": tuple(pairs),
        "before": {arm: tuple(make_flow(rate=rate) for rate in (480e3, 500e3, 520e3)) for arm in arms},
        "long": Pair(
            arm=arms[0], target=make_flow("target", cap=2_000_000), control=make_flow(cap=2_000_000)
        ),
        "plan": "plain",
    }
    return SessionEvidence(**(facts | changes))


@pytest.fixture
def flow() -> Callable[..., Flow]:
    """`make_flow` for tests."""
    return make_flow


@pytest.fixture
def pairs() -> Callable[..., tuple[Pair, ...]]:
    """`make_pairs` for tests."""
    return make_pairs


@pytest.fixture
def session() -> Callable[..., SessionEvidence]:
    """`make_session` for tests."""
    return make_session
