"""What is written for people: strangers' text does not steer the terminal, colours stay."""

import io

import click
import pytest
from rich.table import Table
from rich.text import Text

from efir.console import SafeConsole
from efir.exits import EfirError, Exit, run_command
from efir.output import Output

RED = "\x1b[31m"


def test_control_characters_in_text_are_shown_as_signs(capsys: pytest.CaptureFixture[str]) -> None:
    Output().text(f"{RED}x: 1 accessible\nand \x9b2J, \u202eturned")
    assert capsys.readouterr().out == "\ufffd[31mx: 1 accessible\nand \ufffd2J, \ufffdturned\n"


def test_a_line_stays_whole_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    line = "youtube AS9198 goodput  " + "associated " * 20
    Output().text(line)
    assert capsys.readouterr().out == line + "\n"


def test_colours_of_ours_stay_and_those_of_a_stranger_do_not() -> None:
    file = io.StringIO()
    table = Table(box=None)
    table.add_row(Text(f"{RED}name", style="green"))
    SafeConsole(file=file, force_terminal=True, color_system="standard", no_color=False).print(table)
    assert "\x1b[32m" in file.getvalue()
    assert RED not in file.getvalue()


def test_an_error_is_shown_in_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    @click.command()
    def failing() -> None:
        raise EfirError(f"{RED}x: lost\nTry again.")

    assert run_command(failing, []) == Exit.CONFIGURATION
    assert capsys.readouterr().err == "efir: \ufffd[31mx: lost\nTry again.\n"
