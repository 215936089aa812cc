"""The table of commands and the shape of its help."""

import importlib

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
