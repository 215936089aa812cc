"""The table of commands and the shape of its help."""

import importlib
from pathlib import Path

import click
import pytest

from efir.cli import COMMANDS, command
from efir.exits import Exit, run_command


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_in_the_table_loads(name: str) -> None:
    loaded = importlib.import_module(COMMANDS[name][0]).command
    assert isinstance(loaded, click.Command)


def test_an_unknown_command_is_a_usage_error_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(command, ["lag"]) == Exit.USAGE
    assert "Did you mean 'lab'?" in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "no roots\n"], ids=["missing", "without certificates"])
def test_a_useless_file_of_roots_is_a_configuration_error(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roots, state = tmp_path / "roots.pem", str(tmp_path / "state")
    if text:
        roots.write_text(text)
    assert run_command(command, ["consent", "--accept", "--state", state]) == Exit.OK
    arguments = ["run", "--once", "--json", "--state", state, "--ca-file", str(roots)]
    assert run_command(command, arguments) == Exit.CONFIGURATION
    assert "PEM" in capsys.readouterr().err
