"""The store: rows once, days apart, whole or not at all."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.data import open_data
from analysis.errors import DataError
from analysis.parquet_store import Added, StoreBusy, open_writer
from analysis.tables import FLAT

START = datetime(2023, 11, 8, 12, tzinfo=UTC)


def row(**given: object) -> dict[str, object]:
    base = {
        "time": START,
        "vantage": "v1",
        "asn": 64500,
        "platform": "youtube",
        "role": "target",
        "probe": "tls",
        "origin": "flat",
    }
    return base | given


def write(folder: Path, rows: list[dict[str, object]]) -> Added:
    with open_writer(folder) as writer:
        stage = writer.stage(FLAT)
        stage.add(FLAT.batch(rows))
        return stage.commit()


def count(folder: Path) -> int:
    data = open_data(str(folder))
    number = data.query("SELECT count(*) AS n FROM flat")["n"][0].as_py()
    data.close()
    return int(number)


def stage_and_die(folder: Path) -> None:
    with open_writer(folder) as writer:
        writer.stage(FLAT).add(FLAT.batch([row(platform="vk")]))
        raise RuntimeError("power")


def test_of_two_rows_of_one_measurement_the_first_stays(tmp_path: Path) -> None:
    rows = [row(measurement="m1", seconds=float(n)) for n in range(100)]
    assert write(tmp_path, rows) == Added(rows=1, duplicates=99)
    with open_data(str(tmp_path)) as data:
        assert data.query("SELECT seconds FROM flat")["seconds"].to_pylist() == [0.0]


def test_rows_are_split_by_utc_day_and_read_back(tmp_path: Path) -> None:
    added = write(
        tmp_path, [row(), row(time=START + timedelta(hours=12)), row(time=START + timedelta(days=3))]
    )
    assert added == Added(rows=3, duplicates=0)
    assert [file.parent.name for file in FLAT.files(tmp_path)] == [
        "day=2023-11-08",
        "day=2023-11-09",
        "day=2023-11-11",
    ]
    data = open_data(str(tmp_path))
    table = data.query("SELECT time, asn, failure, day FROM flat ORDER BY time")
    assert table["time"][0].as_py() == START
    assert table["failure"].null_count == 3
    data.close()


def test_the_same_rows_again_change_nothing(tmp_path: Path) -> None:
    rows = [row(), row(platform="vk"), row(failure="connection_reset", stage="tls")]
    write(tmp_path, rows)
    before = {file: file.read_bytes() for file in FLAT.files(tmp_path)}
    assert write(tmp_path, rows) == Added(rows=0, duplicates=3)
    assert {file: file.read_bytes() for file in FLAT.files(tmp_path)} == before


def test_identical_rows_of_one_import_count_once(tmp_path: Path) -> None:
    assert write(tmp_path, [row(), row(), row(seconds=0.5)]) == Added(rows=2, duplicates=1)


def test_where_a_row_came_from_does_not_make_it_another_row(tmp_path: Path) -> None:
    write(tmp_path, [row(origin="efir")])
    assert write(tmp_path, [row(origin="flat")]) == Added(rows=0, duplicates=1)


def test_two_measurements_that_look_alike_are_two_rows(tmp_path: Path) -> None:
    assert write(tmp_path, [row(measurement="a"), row(measurement="b")]) == Added(rows=2)


def test_a_measurement_has_one_row_also_when_it_is_judged_otherwise_later(tmp_path: Path) -> None:
    write(tmp_path, [row(measurement="a")])
    assert write(tmp_path, [row(measurement="a", failure="eof_error")]) == Added(rows=0, duplicates=1)


def test_the_export_of_a_measurement_imported_beside_it_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, [row(measurement="a")])
    assert write(tmp_path, [row()]) == Added(rows=0, duplicates=1)


def test_the_same_rows_in_another_order_give_the_same_fingerprint(tmp_path: Path) -> None:
    rows = [row(seconds=float(i)) for i in range(50)]
    prints = set()
    for name, order in (("a", rows), ("b", rows[::-1])):
        write(tmp_path / name, order)
        data = open_data(str(tmp_path / name))
        prints.add(data.fingerprint())
        data.close()
    assert len(prints) == 1


def test_an_import_that_dies_before_its_commit_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path, [row()])
    with pytest.raises(RuntimeError, match="power"):
        stage_and_die(tmp_path)
    assert count(tmp_path) == 1
    assert not (tmp_path / ".import").exists()


def test_a_second_writer_is_turned_away(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from analysis.parquet_store import open_writer\n"
    script += "with open_writer(Path(sys.argv[1])): print('open', flush=True); sys.stdin.read()"
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"open\n"
        with pytest.raises(StoreBusy), open_writer(tmp_path):
            pass
        other.communicate()


@pytest.mark.parametrize("exists", [True, False], ids=["empty", "missing"])
def test_a_folder_without_data_is_named_and_says_what_to_do(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "data"
    if exists:
        folder.mkdir()
    with pytest.raises(DataError, match="efir import FILE"):
        open_data(str(folder))


def test_what_an_import_left_behind_when_the_disk_was_full_is_no_other_import(tmp_path: Path) -> None:
    torn = tmp_path / ".import" / "work.duckdb"
    torn.parent.mkdir()
    torn.write_bytes(b"half a header")
    with open_writer(tmp_path) as writer:
        assert writer.connection.execute("SELECT 1").fetchone() == (1,)
