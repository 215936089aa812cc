"""`efir export`: each format, from the state folder and from data, and the way back in."""

import csv
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from efir.exits import Exit
from measurements import sqlcipher
from measurements.formats.flat import NAMES
from measurements.records import HttpFacts, Phases, TlsFacts
from measurements.state import StateFolder
from measurements.store import Spool
from tests.commands import efir
from tests.records import observation

START = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with three observations, a day apart."""
    rows = [
        observation(
            id=f"o{n}",
            run_id=f"r{n}",
            vantage="v1",
            asn=64500,
            country="KZ",
            time=START + timedelta(days=n),
            probe="http",
            host="www.youtube.com",
            address="93.184.216.34",
            port=443,
            tls=TlsFacts(verified=True),
            http=HttpFacts(status=204),
            phases=Phases(connect=0.1, tls=0.25, first_byte=0.1),
            bytes_received=1000,
        )
        for n in range(3)
    ]
    folder = tmp_path / "state"
    with Spool(StateFolder(folder).spool) as spool:
        spool.add(rows)
    return folder


def imported(file: Path, into: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert efir("import", file, "--into", into, "--json") == Exit.OK
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("format_", ["jsonl", "ooni", "csv", "parquet"])
def test_our_own_import_takes_every_format_back_once(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str
) -> None:
    out = tmp_path / "out"
    assert efir("export", "--format", format_, "--state", state, "--out", out) == Exit.OK
    assert imported(out, tmp_path / "d", capsys)["kept"] == 3
    assert imported(out, tmp_path / "d", capsys)["duplicates"] == 3


@pytest.mark.parametrize(
    ("names", "code"),
    [(["spool.sqlite3", "spool.key"], Exit.OK), (["spool.sqlite3"], Exit.PARTIAL)],
    ids=["with its key", "without"],
)
@pytest.mark.skipif(not sqlcipher.AVAILABLE, reason="no SQLCipher for this system")
def test_a_copy_of_a_spool_is_imported_with_the_key_beside_it(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], names: list[str], code: Exit
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in names:
        shutil.copy(state / name, copy)
    assert efir("import", copy / "spool.sqlite3", "--into", tmp_path / "d") == code
    said = "".join("".join(capsys.readouterr()).split())  # lines are broken anywhere
    assert ("no_key" in said) is (code == Exit.PARTIAL)


@pytest.mark.parametrize("format_", ["csv", "parquet"])
def test_data_and_state_give_the_same_flat_table(state: Path, tmp_path: Path, format_: str) -> None:
    spool = StateFolder(state).spool
    assert efir("import", spool, "--into", tmp_path / "d", "--quiet") == Exit.OK
    for name, source in (("a", ["--state", state]), ("b", ["--data", tmp_path / "d"])):
        assert efir("export", "--format", format_, *source, "--out", tmp_path / name) == Exit.OK
    if format_ == "csv":
        assert (tmp_path / "a").read_text() == (tmp_path / "b").read_text()
    else:
        assert pq.read_table(tmp_path / "a").equals(pq.read_table(tmp_path / "b"))


def test_a_flat_table_beside_its_source_changes_nothing(
    state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    efir("import", StateFolder(state).spool, "--into", tmp_path / "d", "--quiet")
    efir("export", "--format", "csv", "--data", tmp_path / "d", "--out", tmp_path / "out.csv")
    assert imported(tmp_path / "out.csv", tmp_path / "d", capsys)["duplicates"] == 3


def test_csv_has_exactly_the_columns_of_the_table(state: Path, tmp_path: Path) -> None:
    efir("export", "--format", "csv", "--state", state, "--out", tmp_path / "out.csv")
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text().splitlines()))
    assert tuple(rows[0]) == NAMES
    assert rows[0]["time"] == "2026-01-01T12:00:00.000000Z"
    assert (rows[0]["asn"], rows[0]["seconds"], rows[0]["bytes"], rows[0]["failure"]) == (
        "64500",
        "0.45",
        "1000",
        "",
    )


def test_days_limit_what_is_written(state: Path, tmp_path: Path) -> None:
    for source in (["--state", state], []):
        if not source:
            efir("import", StateFolder(state).spool, "--into", tmp_path / "d", "--quiet")
            source = ["--data", tmp_path / "d"]
        span = ["--since", "2026-01-02", "--until", "2026-01-03"]
        assert efir("export", "--format", "jsonl", *source, *span, "--out", tmp_path / "out") == Exit.OK
        (line,) = (tmp_path / "out").read_text().splitlines()
        assert json.loads(line)["id"] == "o1"


def test_without_a_file_text_goes_to_stdout_and_lies_nowhere(
    state: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("efir.commands.export.NamedTemporaryFile", None)
    assert efir("export", "--format", "jsonl", "--state", state) == Exit.OK
    assert len(capfdbinary.readouterr().out.splitlines()) == 3


@pytest.mark.parametrize("format_", ["ooni", "jsonl"])
def test_of_others_data_it_is_said_what_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], format_: str
) -> None:
    table = tmp_path / "table.csv"
    table.write_text("time,vantage,platform,role,probe\n2026-01-01T12:00:00Z,v,vk,target,tcp\n")
    efir("import", table, "--into", tmp_path / "d", "--quiet")
    assert efir("export", "--format", format_, "--data", tmp_path / "d", "--out", tmp_path / "out") == Exit.OK
    assert "csv or parquet" in capsys.readouterr().err
    assert not (tmp_path / "out").read_bytes()


MISTAKES = [
    (["--format", "parquet"], Exit.USAGE, "--out FILE"),
    (["--format", "xml"], Exit.USAGE, "xml"),
    (["--format", "csv", "--since", "yesterday"], Exit.USAGE, "no time"),
    (["--format", "csv", "--data", "nowhere"], Exit.CONFIGURATION, "efir import"),
    (["--format", "csv", "--state", "nowhere"], Exit.CONFIGURATION, "efir run --once"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), MISTAKES)
def test_mistakes_are_answered_with_what_to_do(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: Exit,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert efir("export", *arguments) == code
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
