"""`efir changes` from the outside."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from efir.exits import Exit
from tests.commands import efir

START = datetime(2024, 4, 1, tzinfo=UTC)
CONTRACT = "type platform asn time direction before after confidence"
COLUMNS = "time vantage asn platform endpoint role probe failure"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ten days of an hourly probe that fails from 5 April 12:00 to 15:00 UTC."""
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS.split())
        for half_hour in range(480):
            when = START + timedelta(minutes=30 * half_hour + 4)
            failure = "connection_reset" if 216 <= half_hour < 222 else ""
            writer.writerow([when.isoformat(), "v1", 9198, "vk", "web", "target", "tls", failure])
    assert efir("import", tmp_path / "rows.csv", "--into", tmp_path / "d") == Exit.OK
    return tmp_path / "d"


def test_three_hours_of_failures_are_told_with_onset_and_end(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert efir("changes", "--data", folder, "--json") == Exit.OK
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["direction"], line["time"]) for line in lines] == [
        ("onset", "2024-04-05T12:00:00Z"),
        ("end", "2024-04-05T15:00:00Z"),
    ]
    assert set(CONTRACT.split()) <= set(lines[0])
    assert (lines[0]["before"], lines[0]["after"]) == (0.0, 1.0)


def test_text_for_people_counts_what_was_looked_at(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert efir("changes", "--data", folder, "--outcome", "goodput") == Exit.OK
    assert "0 changes in 0 cells" in capsys.readouterr().out


def test_a_folder_without_data_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert efir("changes", "--data", tmp_path) == Exit.CONFIGURATION
    assert "holds no data" in capsys.readouterr().err
