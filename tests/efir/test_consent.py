"""`efir consent`: recorded only after a yes, from a terminal or with --accept."""

import json
from pathlib import Path

import pytest

from efir import consent_text
from efir.exits import Exit
from measurements.state import StateFolder
from tests.commands import efir
from vantage.consent import read_consent, require_consent

YES = ["y", "n", "y"]  # both control questions right, then agreed


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A terminal at which a person gives these answers, one a line."""
    answers: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answers.pop(0))
    return answers


def test_accept_records_consent_without_questions_and_only_the_lines_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["consent", "--accept", "--with-helper", "--json", "--state", str(tmp_path)]
    assert efir(*arguments) == Exit.OK
    line = json.loads(capsys.readouterr().out)
    assert line | {"time": None} == {
        "type": "consent", "given": True, "time": None, "helper": True, "upload": False, "live": False,
        "trace": False,
    }  # fmt: skip
    assert not require_consent(StateFolder(tmp_path)).interactive


@pytest.mark.parametrize(
    ("answers", "agreed"),
    [
        ([*YES, "n", "n", "n"], {"helper": False, "upload": False, "live": False, "trace": False}),
        ([*YES, "n", "y", "y", "n"], {"upload": True, "live": True}),
        ([*YES, "y", "n", "y"], {"helper": True, "upload": False, "trace": True}),
        ([*YES, "what", "y", "n", "n"], {"helper": True, "upload": False, "trace": False}),
    ],
    ids=[
        "measuring only",
        "live only where results are sent",
        "some lines",
        "an unclear answer is asked again",
    ],
)
def test_a_person_who_agrees_is_recorded(
    tmp_path: Path, terminal: list[str], answers: list[str], agreed: dict[str, bool]
) -> None:
    terminal.extend(answers)
    assert efir("consent", "--state", tmp_path) == Exit.OK
    consent = require_consent(StateFolder(tmp_path))
    assert consent.interactive
    assert {field: getattr(consent, field) for field in agreed} == agreed
    assert terminal == []


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (["n"], "read the text once more"),
        (["y", "y"], "read the text once more"),
        (["y", "n", "n"], "not agreed; nothing is measured"),
    ],
    ids=["believes to be hidden", "believes it is safe", "says no"],
)
def test_anything_but_an_informed_yes_records_nothing(
    tmp_path: Path, terminal: list[str], capsys: pytest.CaptureFixture[str], answers: list[str], message: str
) -> None:
    terminal.extend(answers)
    assert efir("consent", "--state", tmp_path / "s") == Exit.CONFIGURATION
    assert message in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize("options", [[], ["--with-upload"]], ids=str)
def test_without_a_terminal_the_text_is_shown_and_nothing_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert efir("consent", *options, "--state", tmp_path) == Exit.CONFIGURATION
    shown = capsys.readouterr()
    for heading, _ in consent_text.sections([], []):
        assert heading in shown.out
    assert "efir consent --accept" in shown.err
    assert read_consent(StateFolder(tmp_path)) is None


def test_withdrawing_takes_it_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = ["--state", str(tmp_path)]
    efir("consent", "--accept", *state)
    assert efir("consent", "--withdraw", *state) == Exit.OK
    assert read_consent(StateFolder(tmp_path)) is None
    assert efir("consent", "--withdraw", "--accept", *state) == Exit.USAGE


def test_each_line_of_consent_has_its_question() -> None:
    fields = set(consent_text.lines())
    assert fields == {"helper", "upload", "live", "trace"}
