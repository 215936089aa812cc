"""Real data with a published schedule: OONI's tables of Kenya, October and November 2023 (CC BY-NC-SA, never copied).

The exam windows are those of the published analysis (ooni.org, 14 May 2025): weekdays of 1-24 November, 08-11 and 14-17
local time. It says: AS33771, AS37061 and AS36926 were blocked in these hours, AS12455 all the time, others not.
"""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from analysis.correlate.core import Options, correlate
from analysis.correlate.types import Association
from analysis.data import open_data
from analysis.importing.run import import_files
from analysis.ooni.platforms import platforms_of
from analysis.schedule.load import parse_schedule
from analysis.votes.load import load_votes
from efir.exits import Exit
from measurements.targets_file import load_targets
from tests.commands import efir

TABLES = (
    Path(os.environ.get("EFIR_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "ooni" / "kenya-2023"
)
pytestmark = pytest.mark.skipif(
    not TABLES.is_dir(), reason="needs OONI's tables of Kenya 2023 in $EFIR_SHARED/data/ooni/kenya-2023"
)
SILENT = {"insufficient", "not_identifiable"}


def exams() -> str:
    days = [date(2023, 11, 1) + timedelta(days=number) for number in range(24)]
    windows = [
        f"  - {{id: {day}-{start}, kind: exam, start: {day}T{start}:00, end: {day}T{end}:00}}\n"
        for day in days
        if day.weekday() < 5
        for start, end in (("08", "11"), ("14", "17"))
    ]
    return "timezone: Africa/Nairobi\nevents:\n" + "".join(windows)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[int | None, Association]:
    store = tmp_path_factory.mktemp("kenya")
    import_files((TABLES,), store, platforms_of(load_targets()), lambda path: None)
    schedule = parse_schedule(exams())
    assert len(schedule.events) == 36
    data = open_data(str(store))
    cells = load_votes(data, "failure")
    data.close()
    lines = correlate(cells, schedule.hours, Options(schedule.timezone, seed=1, shifts=2000))
    return {line.asn: line for line in lines if line.platform == "telegram"}


def test_safaricom_kept_the_exam_hours(answers: dict[int | None, Association]) -> None:
    line = answers[33771]
    assert line.verdict == "associated"
    assert line.effect is not None
    assert 0.4 < line.effect < 0.9
    assert line.inside is not None
    assert line.outside is not None
    assert line.inside > 0.7
    assert line.outside < 0.25


@pytest.mark.parametrize("asn", [37061, 36926])
def test_the_other_exam_hour_networks_kept_them_or_the_data_are_too_few(
    answers: dict[int | None, Association], asn: int
) -> None:
    assert answers[asn].verdict in {"associated", *SILENT}
    assert answers[asn].reason


def test_jambonet_was_blocked_all_day(answers: dict[int | None, Association]) -> None:
    assert answers[12455].verdict == "continuous"


def test_no_other_network_is_accused(answers: dict[int | None, Association]) -> None:
    others = {asn: line.verdict for asn, line in answers.items() if asn not in (33771, 37061, 36926, 12455)}
    assert set(others.values()) <= {"not_associated", *SILENT}
    assert others[30844] == "not_associated"


def test_every_answer_says_that_the_data_hold_no_controls(answers: dict[int | None, Association]) -> None:
    assert all("no controls" in (line.reason or "") for line in answers.values() if line.inside is not None)


def test_the_report_says_so_too_and_hides_nothing_that_is_public(tmp_path: Path) -> None:
    (tmp_path / "exams.yaml").write_text(exams())
    lines = (
        f"import {TABLES} --into {tmp_path}/data",
        f"report --data {tmp_path}/data --schedule {tmp_path}/exams.yaml --platform telegram --shifts 500 "
        f"--published-data --lang en --out {tmp_path}/report.html",
    )
    for line in lines:
        assert efir(*line.split()) == Exit.OK
    html = (tmp_path / "report.html").read_text("utf-8")
    assert "Associated in 1 of" in html
    assert "telegram, AS33771: in the hours of the events" in html
    assert "telegram, AS12455: failures – all day alike" in html
    assert "cells are not shown" not in html
