"""`efir import`: exit codes and the line for programs."""

import json
from pathlib import Path

import pytest

from efir.exits import Exit
from tests.commands import efir

TABLE = "time,vantage,platform,role,probe\n2023-11-08T12:00:00Z,v1,youtube,target,tls\n"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, object]], str]:
    code = efir("import", *arguments, "--json")
    captured = capsys.readouterr()
    return code, [json.loads(line) for line in captured.out.splitlines()], captured.err


def test_a_clean_import_ends_with_0_and_says_what_it_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    code, (line,), text = run(capsys, str(tmp_path / "t.csv"), "--into", str(tmp_path / "d"))
    assert code == Exit.OK
    assert (line["type"], line["read"], line["kept"], line["duplicates"]) == ("import", 1, 1, 0)
    assert "1 read, 1 new" in text.replace("\n", " ")


def test_an_unreadable_record_ends_with_5_and_duplicates_do_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "bad.csv").write_text(TABLE + "never,v1,youtube,target,tls\n")
    into = ["--into", str(tmp_path / "d")]
    assert run(capsys, str(tmp_path / "bad.csv"), *into)[0] == Exit.PARTIAL
    code, (line,), _ = run(capsys, str(tmp_path / "t.csv"), *into)
    assert (code, line["duplicates"]) == (Exit.OK, 1)


def test_a_file_that_is_not_there_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, str(tmp_path / "gone.csv"), "--into", str(tmp_path / "d"))[0] == Exit.USAGE
