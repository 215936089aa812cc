"""`efir correlate` and `efir schedule` from the outside: files in, lines and exit codes out."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from efir.exits import Exit
from tests.commands import efir

START = datetime(2024, 4, 1, 19, tzinfo=UTC)  # midnight in Almaty
DAYS = 30
COLUMNS = "time vantage asn platform role probe pair arm goodput_bytes_per_second"
EVENT_DAYS = range(1, 30, 3)
SCHEDULE = "version: 1\ntimezone: Asia/Almaty\nevents:\n" + "".join(
    f"  - {{id: e{day}, start: {(START + timedelta(days=day, hours=20)).isoformat()}, "
    f"end: {(START + timedelta(days=day, hours=22)).isoformat()}}}\n"
    for day in EVENT_DAYS
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with two networks: in the first, the platform is slowed in the hours of the events."""
    home = tmp_path_factory.mktemp("correlate")
    rng = np.random.default_rng(4)
    with (home / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS.split())
        for asn in (9198, 21299):
            for index in range(DAYS * 24):
                when = START + timedelta(hours=index, minutes=7)
                slowed = asn == 9198 and index // 24 in EVENT_DAYS and index % 24 in (20, 21)
                speed = 1e6 * np.exp(rng.normal(0, 0.2)) * (0.3 if slowed else 1.0)
                row = [when.isoformat(), f"v{asn}", asn]
                writer.writerow([*row, "youtube", "target", "transfer", index, "", speed])
                writer.writerow(
                    [
                        *row,
                        "wikipedia",
                        "control",
                        "transfer",
                        index,
                        "foreign",
                        1e6 * np.exp(rng.normal(0, 0.2)),
                    ]
                )
    assert efir("import", home / "rows.csv", "--into", home / "data") == Exit.OK
    (home / "events.yaml").write_text(SCHEDULE)
    return home


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, Any]], str]:
    code = efir(*arguments)
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()] if "--json" in arguments else []
    return code, lines, printed.out + printed.err


def test_lines_name_the_slowed_network_and_only_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, text = run(
        capsys, "correlate", "--data", folder / "data", "--schedule", folder / "events.yaml", "--json"
    )
    assert code == Exit.OK
    assert {line["asn"]: line["verdict"] for line in lines} == {9198: "associated", 21299: "not_associated"}
    contract = (
        "type platform asn outcome verdict events effect effect_low effect_high p_value q_value "
        "minimum_detectable_effect measurements vantages reason"
    )
    assert set(contract.split()) <= set(lines[0])
    assert lines[0]["effect_low"] < 0.3 < lines[0]["effect_high"]
    assert (lines[0]["events"], lines[0]["measurements"], lines[0]["vantages"]) == (10, 720, 1)
    assert "seed 1" in text


def test_preregistration_comes_before_the_data_and_binds(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"
    options = ("correlate", "--schedule", folder / "events.yaml", "--preregister", plan)
    assert run(capsys, *options)[0] == Exit.OK
    digest = json.loads(plan.read_text())["sha256"]
    code, lines, _ = run(capsys, *options, "--data", folder / "data", "--json")
    assert code == Exit.OK
    assert {line["preregistration"] for line in lines} == {digest}
    code, _, text = run(capsys, *options, "--data", folder / "data", "--seed", 2)
    assert code == Exit.CONFIGURATION
    assert "registers another analysis: seed: registered 1, now 2" in " ".join(text.split())


def test_a_schedule_with_a_mistake_is_used_for_the_rest_and_ends_partial(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.yaml"
    file.write_text(SCHEDULE + "  - {id: bad, start: 2024-04-09T20:00, end: 2024-04-09T19:00}\n")
    code, lines, _ = run(capsys, "correlate", "--data", folder / "data", "--schedule", file, "--json")
    assert code == Exit.PARTIAL
    assert lines[0]["events"] == 10
    code, _, text = run(capsys, "schedule", "check", file)
    assert code == Exit.PARTIAL
    assert "end is not after start" in " ".join(text.split())


REFUSED = {
    "no data and nothing to register": (["--schedule", "{events}"], Exit.USAGE, "Missing option '--data'"),
    "a folder that is not there": (
        ["--schedule", "{events}", "--data", "{home}/none"],
        Exit.CONFIGURATION,
        "no such folder",
    ),
    "a file in a folder's place": (
        ["--schedule", "{events}", "--data", "{events}"],
        Exit.CONFIGURATION,
        "is a file",
    ),
    "a schedule that is not there": (
        ["--schedule", "{home}/none.yaml", "--data", "{home}/data"],
        Exit.CONFIGURATION,
        "cannot be read",
    ),
}


@pytest.mark.parametrize(("arguments", "code", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: Exit, text: str
) -> None:
    filled = [each.format(home=folder, events=folder / "events.yaml") for each in arguments]
    ended, _, printed = run(capsys, "correlate", *filled)
    assert ended == code
    assert text in " ".join(printed.split())


def test_schedule_list_is_in_utc(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, _ = run(capsys, "schedule", "list", folder / "events.yaml", "--json")
    assert code == Exit.OK
    assert lines[0]["start"] == "2024-04-03T15:00:00Z"
    assert len(lines) == 10
