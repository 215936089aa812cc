"""The end-to-end table counts what sessions said against what was true."""

from lab.emulated import CASES, NEVER, Case, Outcome, table
from lab.flowsim.page import BEGIN, END, with_end_to_end
from lab.scenario_file import packaged

POLICED = Case(scenario="police", platform="one", mechanism="policer", scope="sni", rate=1000)


def said(verdict: str, rate: float | None = None, mechanism: str | None = None) -> Outcome:
    line = {
        "verdict": verdict,
        "mechanism": mechanism,
        "scope": "sni",
        "effective_bytes_per_second": rate,
        "bytes_received": 2_000_000,
    }
    return Outcome(line=line, wehe=verdict == "throttled")


def test_every_case_has_its_scenario() -> None:
    assert {case.scenario for case in CASES} <= set(packaged())


def test_verdicts_mechanisms_and_rates_are_counted() -> None:
    seen = [said("throttled", 1030, "policer"), said("throttled", 950, "loss"), said("inconclusive")]
    row = table({POLICED: seen}).splitlines()[2]
    assert row == (
        "| police (one: throttled) | 3 | 2 | 0 | 1 | 1 of 3 | 3 of 3 | 4.0 | 2.0 | 2 of 3 | 0 of 3 |"
    )


def test_a_wrong_answer_is_not_left_open() -> None:
    assert "| 1 | 0 | 1 | 0 |" in table({POLICED: [said("not_throttled")]})


def test_on_an_innocent_line_both_other_answers_are_right() -> None:
    innocent = Case(scenario="loss", right=NEVER)
    seen = [said("inconclusive"), said("not_throttled"), said("throttled")]
    assert "| 3 | 2 | 1 | 0 |" in table({innocent: seen})


def test_the_section_alone_is_written_anew() -> None:
    page = f"head\n{BEGIN}\nold\n{END}\ntail\n"
    assert with_end_to_end(page, "new\n") == f"head\n{BEGIN}\nnew\n{END}\ntail\n"
