"""A slice of the matrix: what the tool says in the lab is what is true there. `efir lab matrix` runs all of it."""

import pytest

from lab.expect import Mark
from lab.matrix import Result, run_all, tally, worst
from lab.scenario_file import packaged
from measurements.targets_file import load_targets

# One of each kind, the quick ones: what is dropped waits for deadlines.
SLICE = (
    "open",
    "dns-forge",
    "dns-nxdomain",
    "tcp-reset",
    "tls-reset",
    "tls-alert",
    "intercept-name",
    "http-block-page",
    "innocent-503",
    "innocent-captive-portal",
)


# Before servers that others wrote.
REAL = "real-open"


@pytest.fixture(scope="module")
def results(require_lab: None) -> dict[str, Result]:
    """Of all, three at a time: nearly all of their time is waiting."""
    files = {name: packaged()[name] for name in (*SLICE, REAL)}
    return {result.scenario: result for result in run_all(files, load_targets(), jobs=3)}


@pytest.mark.lab
@pytest.mark.xdist_group("matrix")
@pytest.mark.timeout(300)  # the first waits for all
@pytest.mark.parametrize("name", [*SLICE, pytest.param(REAL, marks=pytest.mark.system)])
def test_the_tool_is_right_in(results: dict[str, Result], name: str) -> None:
    result = results[name]
    if result.skipped:
        pytest.skip(result.skipped)
    wrong = [one for one in result.findings if one.mark not in ("right", "not judged")]
    assert (result.error, wrong) == (None, [])
    assert result.mark == "right"


@pytest.mark.parametrize(
    ("marks", "mark"),
    [
        (["right", "missed", "not judged"], "missed"),
        (["right", "not judged"], "right"),
        (["not judged"], "not judged"),
        (["missed", "false alarm"], "false alarm"),
        ([], "not judged"),
    ],
)
def test_a_scenario_is_as_good_as_its_worst_comparison(marks: list[Mark], mark: Mark) -> None:
    assert worst(marks) == mark


@pytest.mark.parametrize(
    ("marks", "clean"),
    [
        (["right", "not judged"], True),
        (["right", "missed"], False),
        (["false alarm"], False),
        (["error"], False),
    ],
)
def test_the_matrix_is_clean_if_nothing_is_wrong(marks: list[Mark], clean: bool) -> None:
    results = [
        Result(scenario=str(index), title="", mark=mark, seconds=1.0, findings=())
        for index, mark in enumerate(marks)
    ]
    assert tally(results, 2.0).clean is clean
