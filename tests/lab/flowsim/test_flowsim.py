"""The simulation does what its rows say, the same way each time."""

import numpy as np
import pytest

from lab.flowsim.page import BEGIN, END, render
from lab.flowsim.peers import speed_test, wehe
from lab.flowsim.scenarios import SCENARIOS, SERIES_ROWS, power_rows
from lab.flowsim.score import as_json, from_json, tally, wilson
from lab.flowsim.sessions import cost, sessions
from probes.sessions.plan import METERED_PAIRS

EVERY = (*SCENARIOS, *SERIES_ROWS, *power_rows())
ROWS = {row.id: row for row in EVERY}


def test_ids_are_unique() -> None:
    assert len(ROWS) == len(EVERY)


@pytest.mark.parametrize(
    "name",
    [
        "E1-512k-3M",
        "E3-128k",
        "E4-200k",
        "E5",
        "E6-handshake",
        "N4-0.9",
        "N8-permuted",
        "I3-six",
        "Q-512k",
        "U-128k",
        "NQ-blocked",
        "NQ-absent",
        "NU-busy",
    ],
)
def test_rows_get_the_answer_they_ask_for(name: str) -> None:
    found = tally(ROWS[name], 20, seed=5)
    assert found.false == 0
    assert found.right >= 19


@pytest.mark.parametrize("name", ["E1-512k-10M", "E1-noisy-512k-3M"])
def test_a_clear_case_keeps_its_pairs_within_the_purse(name: str) -> None:
    for evidence, decision in sessions(ROWS[name], 10, np.random.default_rng(2)):
        assert decision.verdict == "throttled"
        assert sum(map(cost, evidence.pairs[:10])) <= METERED_PAIRS


def test_a_rule_of_seconds_is_found_or_left_open() -> None:
    found = tally(ROWS["E4-3s"], 20, seed=5)
    assert found.missed == 0
    assert found.right >= 10


def test_a_seed_gives_the_same_row_again() -> None:
    assert tally(ROWS["I3-six"], 5, seed=3) == tally(ROWS["I3-six"], 5, seed=3)


def test_a_capped_flow_keeps_its_rate() -> None:
    evidence, _ = next(iter(sessions(ROWS["E1-128k-10M"], 1, np.random.default_rng(1))))
    flow = evidence.pairs[0].target
    assert flow.body_bytes == pytest.approx(32_000 + 160_000, rel=0.1)


def test_peers_see_a_cap_in_one_pair() -> None:
    evidence, _ = next(iter(sessions(ROWS["E1-128k-10M"], 1, np.random.default_rng(1))))
    assert wehe(evidence.pairs[0])
    assert speed_test(evidence.pairs[0])


def test_wilson_is_the_textbook_interval() -> None:
    assert wilson(0, 10_000) == pytest.approx((0.0, 0.000384), abs=1e-6)
    assert wilson(50, 100) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_page_keeps_the_section_of_the_emulated_network() -> None:
    rows = [tally(ROWS[name], 3, seed=1) for name in ("E1-128k-10M", "N1-1", "I3-six", "P-0.3-128")]
    assert from_json(as_json(rows)) == rows
    page = render(rows, 1, f"old {BEGIN}\nmeasured end to end\n{END} old")
    assert "measured end to end" in page
    assert "N1-1" in page
    assert render(rows, 1, page) == page
