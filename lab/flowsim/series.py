"""Further series of many sessions side by side, as the runner takes them (probes/sessions/series.py)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from lab.flowsim.flows import Ask, Block
from lab.flowsim.scenario import Scenario
from lab.flowsim.sessions import PLAN, drawn
from measurements.throttle.decision import FamilyDecision
from measurements.throttle.evidence import SessionEvidence
from measurements.throttle.flow import Arm
from measurements.throttle.series import decide_series, goes_on
from measurements.throttle.usable import use_of
from probes.sessions.plan import WARM_UP_BYTES

# Points in time: a warm-up and the pairs of each arm.
SLOTS: Final = 1 + PLAN.max_pairs


def series_sessions(
    scenario: Scenario, count: int, random: np.random.Generator
) -> Iterator[tuple[SessionEvidence, FamilyDecision]]:
    """`count` sessions' series with the evidence and the decision each ended on."""
    series = scenario.series
    assert series is not None
    block = Block.draw(scenario, count, len(scenario.arms) * SLOTS, random)
    blank = SessionEvidence(
        platform=scenario.id,
        protocol=series.protocol,
        direction=series.direction,
        arms=(),
        plan=scenario.plan,
    )
    seen = [blank] * count
    for number, arm in enumerate(scenario.arms):
        going = [index for index in range(count) if decide_series(seen[index]).verdict != "throttled"]
        _arm(block, seen, going, arm, number * SLOTS)
    return ((each, decide_series(each)) for each in seen)


def _arm(block: Block, seen: list[SessionEvidence], going: Sequence[int], arm: Arm, first: int) -> None:
    """Pairs of one arm, one a session at a time, where its control answers at all."""
    scenario = block.scenario
    limited = scenario.limit is not None and arm in scenario.limited_arms
    warm = block.flows([Ask(index, first, "control", arm, False, WARM_UP_BYTES) for index in going])
    going = [index for index, flow in zip(going, warm, strict=True) if use_of(flow) == "counts"]
    for index in going:
        seen[index] = replace(seen[index], arms=(*seen[index].arms, arm))
    for slot in range(first + 1, first + SLOTS):
        going = [index for index in going if goes_on(seen[index], arm)]
        asks = [
            Ask(
                index,
                slot,
                "target",
                arm,
                limited,
                drawn(PLAN.series_bytes, block.random),
                started=slot * PLAN.pair_seconds,
            )
            for index in going
        ]
        for index, pair in zip(going, block.pairs(asks), strict=True):
            seen[index] = replace(seen[index], pairs=(*seen[index].pairs, pair))
