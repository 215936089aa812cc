"""Hypotheses cannot be changed unseen once they are written."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from analysis.preregistration import Plan, PreregistrationError, differences, method, read, write

PLAN = Plan(
    schedule_sha256="00",
    outcomes=("goodput",),
    platforms=(),
    kinds=(),
    by_group=False,
    seed=1,
    shifts=3000,
    method=method(),
    efir="0.1.0",
)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written = write(PLAN, NOW, tmp_path / "plan.json")
    assert read(tmp_path / "plan.json") == written
    assert differences(written.plan, PLAN) == []


def test_it_is_never_written_over(tmp_path: Path) -> None:
    write(PLAN, NOW, tmp_path / "plan.json")
    with pytest.raises(FileExistsError):
        write(PLAN, NOW, tmp_path / "plan.json")


@pytest.mark.parametrize(("old", "new"), [('"seed": 1', '"seed": 2'), ("2026-11-01", "2026-10-01")])
def test_a_change_breaks_the_hash(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "plan.json"
    write(PLAN, NOW, file)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(PreregistrationError, match="was changed after it was written"):
        read(file)


def test_a_run_that_differs_is_named() -> None:
    other = msgspec.structs.replace(PLAN, seed=2, platforms=("vk",))
    assert differences(PLAN, other) == ['platforms: registered [], now ["vk"]', "seed: registered 1, now 2"]


def test_the_constants_of_the_method_are_part_of_the_plan() -> None:
    assert method()["washout_seconds"] == 7200
