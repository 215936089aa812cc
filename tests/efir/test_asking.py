"""The questions about the line are asked once, and options answer them without a terminal."""

import os
import pty
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from efir.asking import about_the_line, longer_pairs
from efir.options import Shared
from measurements.state import StateFolder
from vantage.line import Stated, read_stated


@contextmanager
def on_a_terminal(answer: str) -> Iterator[None]:
    """Standard input is a terminal on which `answer` was typed."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    with pytest.MonkeyPatch.context() as patch, open(theirs, encoding="utf-8") as terminal:
        patch.setattr(sys, "stdin", terminal)
        yield
    os.close(ours)


def test_without_a_word_nothing_is_kept(shared: Shared) -> None:
    about_the_line(shared, None, None, None)
    assert read_stated(StateFolder(shared.state)) is None


def test_options_add_to_what_was_said(shared: Shared) -> None:
    about_the_line(shared, "bundled", None, None)
    about_the_line(shared, None, "no", "mobile")
    said = read_stated(StateFolder(shared.state))
    assert said == Stated(plan="bundled", tethered=False, access="mobile")


@pytest.mark.parametrize(("answer", "allowed"), [("y\n", True), ("\n", False), ("n\n", False)])
def test_longer_downloads_on_a_metered_line_need_a_yes(shared: Shared, answer: str, allowed: bool) -> None:
    with on_a_terminal(answer):
        assert longer_pairs(shared, 50_000_000) is allowed


def test_without_a_terminal_nobody_is_asked_about_longer_downloads(shared: Shared) -> None:
    assert longer_pairs(shared, 50_000_000) is None


def test_a_damaged_answer_is_asked_again(shared: Shared) -> None:
    folder = StateFolder(shared.state)
    folder.create()
    folder.line.write_text("{")
    assert read_stated(folder) is None


def test_the_answers_are_wiped_with_the_rest(shared: Shared) -> None:
    about_the_line(shared, "plain", "yes", None)
    folder = StateFolder(shared.state)
    assert folder.line in set(folder.own_files())
