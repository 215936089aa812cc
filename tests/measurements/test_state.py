"""The state folder: a write replaces a file whole or not at all."""

from pathlib import Path

import pytest

from measurements.state import StateError, StateFolder, write_private


def test_a_folder_that_cannot_be_made_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"cannot be made .*; give another with --state DIR"):
        StateFolder(tmp_path / "file" / "state").create()


def test_a_write_that_fails_leaves_nothing_half_written(tmp_path: Path) -> None:
    (tmp_path / "consent.json").mkdir()  # no file can take its place
    with pytest.raises(StateError, match="nothing was changed"):
        write_private(tmp_path / "consent.json", b"{}")
    assert [each.name for each in tmp_path.iterdir()] == ["consent.json"]
