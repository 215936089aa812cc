"""A slice of the matrix: what the tool says in the lab is what is true there. `efir lab matrix` runs all of it."""

import pytest

from lab.expect import Mark
from lab.matrix import Result, run_scenario, tally, worst
from lab.scenario_file import load, packaged
from lab.world.real import missing
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


@pytest.mark.lab
@pytest.mark.usefixtures("require_lab")
@pytest.mark.parametrize("name", SLICE)
def test_the_tool_is_right_in(name: str) -> None:
    targets = load_targets()
    result = run_scenario(load(packaged()[name], targets), targets, throttle=False)
    wrong = [one for one in result.findings if one.mark not in ("right", "not judged")]
    assert (result.error, wrong) == (None, [])
    assert result.mark == "right"


@pytest.mark.lab
@pytest.mark.system
@pytest.mark.skipif(bool(missing()), reason=f"needs {missing()}")
@pytest.mark.usefixtures("require_lab")
def test_the_tool_is_right_before_servers_that_others_wrote() -> None:
    targets = load_targets()
    result = run_scenario(load(packaged()["real-open"], targets), targets, throttle=False)
    assert (result.mark, result.error) == ("right", None)


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
