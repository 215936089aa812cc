"""Every rule of the verdict, and the correction for the number of cells."""

from typing import Any

import pytest

from analysis.correlate.decide import Evidence, decide, q_values

GOODPUT: dict[str, Any] = {
    "outcome": "goodput",
    "too_few": None,
    "obstacle": None,
    "onset": False,
    "p_value": 0.5,
    "q_value": 0.8,
    "effect": 0.95,
    "low": 0.85,
    "high": 1.05,
    "inside": 0.9,
    "outside": 0.95,
    "failed_events": 0,
    "carried": 1.0,
}
FAILURE = GOODPUT | {
    "outcome": "failure",
    "effect": 0.05,
    "low": -0.02,
    "high": 0.12,
    "inside": 0.1,
    "outside": 0.05,
}
HIT = {"p_value": 0.0004, "q_value": 0.002}
SLOW = GOODPUT | HIT | {"effect": 0.4, "low": 0.3, "high": 0.5, "inside": 0.4}
FAILS = FAILURE | HIT | {"effect": 0.7, "low": 0.5, "high": 0.9, "inside": 0.8, "failed_events": 9}

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "slower in the windows, corrected": (SLOW, "associated"),
    "as fast as expected": (GOODPUT, "not_associated"),
    "an interval that reaches the limit": (GOODPUT | {"low": 0.69}, "insufficient"),
    "an interval that cannot be computed": (GOODPUT | {"low": None, "high": None}, "insufficient"),
    "seen, but not corrected": (GOODPUT | {"p_value": 0.04, "q_value": 0.3}, "insufficient"),
    "a small p-value for something faster": (GOODPUT | HIT | {"effect": 1.3}, "not_associated"),
    "slow all day": (GOODPUT | {"inside": 0.3, "outside": 0.35}, "continuous"),
    "slow all day, and slower in the windows": (SLOW | {"inside": 0.1, "outside": 0.45}, "associated"),
    "slow only in the windows is not continuous": (
        GOODPUT | {"low": 0.5, "inside": 0.2, "outside": 0.45},
        "insufficient",
    ),
    "events on nearly every day": (SLOW | {"obstacle": "busy", "p_value": None}, "not_identifiable"),
    "events on nearly every day, starts aligned": (SLOW | {"obstacle": "busy", "onset": True}, "associated"),
    "events on nearly every day, starts not aligned": (
        SLOW | {"obstacle": "busy", "onset": True, "q_value": 0.2},
        "not_identifiable",
    ),
    "too few votes come before all else": (SLOW | {"too_few": "few", "obstacle": "busy"}, "insufficient"),
    "no comparable shifts": (GOODPUT | {"p_value": None, "q_value": None}, "insufficient"),
    "failures in the windows": (FAILS, "associated"),
    "failures in two events only": (FAILS | {"failed_events": 2}, "insufficient"),
    "failures everywhere, harm in two events only": (FAILS | {"carried": 0.1}, "insufficient"),
    "failures as many in the other hours": (FAILS | {"outside": 0.7}, "continuous"),
    "failures with half of the effect over the other hours": (FAILS | {"outside": 0.45}, "associated"),
    "failures with less than that": (FAILS | {"outside": 0.46, "inside": 0.8}, "insufficient"),
    "failures on event days only, none in other hours": (FAILS | {"outside": None}, "associated"),
    "no failures": (FAILURE, "not_associated"),
    "failures that cannot be excluded": (FAILURE | {"high": 0.31}, "insufficient"),
}


@pytest.mark.parametrize(("evidence", "verdict"), CASES.values(), ids=CASES.keys())
def test_verdict(evidence: dict[str, Any], verdict: str) -> None:
    assert decide(Evidence(**evidence))[0] == verdict


def test_onset_alignment_is_the_first_word_of_its_reason() -> None:
    evidence, _ = CASES["events on nearly every day, starts aligned"]
    reason = decide(Evidence(**evidence))[1]
    assert reason is not None
    assert reason.startswith("onset alignment")


def test_correction_counts_only_the_cells_that_were_tested() -> None:
    # By hand: 4 p-values; .01*4/1, .02*4/2, .03*4/3 and .5*4/4, made monotone from the largest down.
    assert q_values([0.01, None, 0.5, 0.02, None, 0.03]) == pytest.approx([0.04, None, 0.5, 0.04, None, 0.04])
    assert q_values([None, None]) == [None, None]
