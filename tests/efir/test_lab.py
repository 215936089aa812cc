"""`efir lab`: its lines, its refusals, and programs inside."""

import json
from pathlib import Path

import pytest

from efir.exits import Exit
from lab.scenario_file import packaged
from tests.commands import efir


def test_list_prints_one_line_for_each_scenario(capsys: pytest.CaptureFixture[str]) -> None:
    assert efir("lab", "list", "--json") == Exit.OK
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["scenario"] for line in lines] == list(packaged())
    assert {line["type"] for line in lines} == {"scenario"}
    assert all(line["title"] and line["judged_by"] for line in lines)


def test_list_for_people_is_one_line_a_scenario_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert efir("lab", "list") == Exit.OK
    assert len(capsys.readouterr().out.splitlines()) == len(packaged())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["run", "tls-resett"], "Did you mean 'tls-reset'?"),
        (["shell", "qqq"], "efir lab list"),
        (["matrix", "--only", "qqq*"], "No scenario fits 'qqq*'"),
    ],
)
def test_what_does_not_exist_is_a_usage_error(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert efir("lab", *arguments) == Exit.USAGE
    assert says in capsys.readouterr().err


def test_a_wrong_file_of_ones_own_is_refused_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("title: T\nrule: []\n")
    assert efir("lab", "run", file) == Exit.CONFIGURATION
    assert "mine.yaml:2: unknown key of a scenario 'rule'; did you mean 'rules'?" in capsys.readouterr().err


@pytest.mark.lab
@pytest.mark.usefixtures("require_lab")
@pytest.mark.parametrize(
    ("scenario", "script", "code"),
    [
        ("open", "import socket; socket.create_connection(('www.youtube.com', 443), 5)", 0),
        ("open", "import sys; sys.exit(7)", 7),
        ("dns-nxdomain", "import socket; socket.create_connection(('vk.com', 443), 5)", 1),
    ],
)
def test_a_program_runs_inside_and_its_exit_code_comes_out(scenario: str, script: str, code: int) -> None:
    arguments = ["lab", "run", scenario, "--quiet", "--", "python3", "-c", script]
    assert efir(*arguments) == code
