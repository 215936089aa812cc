"""Flat tables of others: what is kept, what is refused and under which name."""

import gzip
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.data import open_data
from analysis.importing.counts import Counts
from analysis.importing.run import import_files
from analysis.ooni.platforms import Platforms

HEADER = "time,vantage,asn,platform,role,probe,failure,seconds,bytes"
GOOD = "2023-11-08T12:00:00Z,v1,9198,youtube,target,tls,,0.5,100"


def csv(folder: Path, *rows: str, header: str = HEADER, name: str = "table.csv") -> Path:
    file = folder / name
    file.write_text("\n".join((header, *rows)) + "\n")
    return file


def run(store: Path, *files: Path) -> Counts:
    return import_files(files, store, Platforms({}, {}), lambda path: None)


def column(store: Path, name: str) -> list[object]:
    data = open_data(str(store))
    values = data.query(f"SELECT {name} AS x FROM flat ORDER BY time, vantage, platform")["x"].to_pylist()
    data.close()
    return list(values)


REFUSED = [
    ("a time that is none", "yesterday,v1,9198,youtube,target,tls,,0.5,1", "bad_time"),
    ("a time that was never set", "0001-01-01T00:00:00Z,v1,9198,youtube,target,tls,,0.5,1", "bad_time"),
    ("a time without end", "infinity,v1,9198,youtube,target,tls,,0.5,1", "bad_time"),
    ("no time", ",v1,9198,youtube,target,tls,,0.5,1", "no_time"),
    ("no vantage", "2023-11-08T12:00:00Z,,9198,youtube,target,tls,,0.5,1", "no_vantage"),
    ("a role that is none", "2023-11-08T12:00:00Z,v1,9198,youtube,boss,tls,,0.5,1", "bad_role"),
    ("too few columns", "2023-11-08T12:00:00Z,v1", "bad_line"),
    ("too many columns", GOOD + ",1,2", "bad_line"),
    ("an open quote", '"2023-11-08T12:00:00Z,v1,9198,youtube,target,tls,,0.5,1', "bad_line"),
]


@pytest.mark.parametrize(
    ("line", "reason"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED]
)
def test_a_row_that_cannot_be_used_is_named_and_the_rest_kept(tmp_path: Path, line: str, reason: str) -> None:
    counts = run(tmp_path / "d", csv(tmp_path, GOOD, line))
    assert counts.unreadable == {reason: 1}
    assert (counts.read, counts.kept) == (1, 1)
    assert reason in counts.complaints[0]


def test_the_value_that_makes_a_row_useless_is_named(tmp_path: Path) -> None:
    counts = run(tmp_path / "d", csv(tmp_path, "1.5.2023 20:00,v1,9198,youtube,target,tls,,0.5,1"))
    assert counts.complaints == [f"{tmp_path / 'table.csv'}: bad_time: '1.5.2023 20:00'"]


def test_files_that_lack_different_columns_come_in_together(tmp_path: Path) -> None:
    few = csv(tmp_path, "2023-11-08T12:00:00Z,v1,vk,target,tls", header="time,vantage,platform,role,probe")
    more = csv(
        tmp_path,
        "2023-11-08T13:00:00Z,v1,KZ,web,9198,vk,target,tls,reset,0.5",
        header="time,vantage,country,endpoint,asn,platform,role,probe,failure,seconds",
        name="more.csv",
    )
    assert run(tmp_path / "d", few, more).kept == 2
    assert column(tmp_path / "d", "country") == [None, "KZ"]
    assert column(tmp_path / "d", "seconds") == [None, 0.5]


TIMES = [
    ("2023-11-08T12:00:00Z", "2023-11-08T12:00:00+00:00"),
    ("2023-11-08T17:00:00+05:00", "2023-11-08T12:00:00+00:00"),
    ("2023-11-08 12:00:00", "2023-11-08T12:00:00+00:00"),
    ("2023-11-08T12:00:00.25Z", "2023-11-08T12:00:00.250000+00:00"),
]


@pytest.mark.parametrize(("given", "utc"), TIMES)
def test_times_are_utc_unless_they_name_an_offset(tmp_path: Path, given: str, utc: str) -> None:
    run(tmp_path / "d", csv(tmp_path, GOOD.replace("2023-11-08T12:00:00Z", given)))
    (time,) = column(tmp_path / "d", "time")
    assert time.isoformat() == utc  # type: ignore[attr-defined]


@pytest.mark.parametrize("seconds", ["-3", "nan", "inf", "soon"])
def test_a_wrong_value_outside_the_required_columns_becomes_null_and_is_counted(
    seconds: str, tmp_path: Path
) -> None:
    counts = run(tmp_path / "d", csv(tmp_path, GOOD.replace("0.5", seconds).replace("9198", "x")))
    assert counts.noticed == {"bad_asn": 1, "bad_seconds": 1}
    assert not counts.unreadable
    assert column(tmp_path / "d", "seconds") == [None]


def test_an_as_number_may_wear_its_letters(tmp_path: Path) -> None:
    run(tmp_path / "d", csv(tmp_path, GOOD.replace("9198", "AS9198")))
    assert column(tmp_path / "d", "asn") == [9198]


@pytest.mark.parametrize("text", ["", " ", "null", "None", "NaN"])
def test_an_empty_failure_is_a_success(text: str, tmp_path: Path) -> None:
    run(tmp_path / "d", csv(tmp_path, GOOD.replace("tls,,", f"tls,{text},")))
    assert column(tmp_path / "d", "failure") == [None]


def test_unknown_columns_are_left_out_and_named(tmp_path: Path) -> None:
    counts = run(tmp_path / "d", csv(tmp_path, GOOD + ",secret", header=HEADER + ",note"))
    assert counts.left_out == {"note"}
    assert counts.kept == 1


def test_a_table_without_a_required_column_is_refused_by_its_name(tmp_path: Path) -> None:
    counts = run(tmp_path / "d", csv(tmp_path, "2023-11-08T12:00:00Z,v1", header="time,vantage"))
    assert counts.unreadable == {"not_a_table": 1}
    assert "platform, role, probe" in counts.complaints[0]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_spreadsheets_with_other_delimiters_are_read(tmp_path: Path, delimiter: str) -> None:
    counts = run(
        tmp_path / "d", csv(tmp_path, GOOD.replace(",", delimiter), header=HEADER.replace(",", delimiter))
    )
    assert counts.kept == 1


def test_a_header_in_capitals_is_the_same(tmp_path: Path) -> None:
    assert run(tmp_path / "d", csv(tmp_path, GOOD, header=HEADER.title())).kept == 1


def test_a_gzip_damaged_at_its_beginning_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "table.csv.gz"
    file.write_bytes(gzip.compress(GOOD.encode())[:12] + bytes(64))
    assert run(tmp_path / "d", file).unreadable == {"damaged_gzip": 1}


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "table.csv"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{GOOD}\r\n".encode())
    assert run(tmp_path / "d", file).kept == 1
    assert column(tmp_path / "d", "bytes") == [100]


def test_a_cut_off_gzip_keeps_its_whole_lines(tmp_path: Path) -> None:
    rows = [GOOD.replace("v1", f"v{n * 7919 % 10007}") for n in range(5000)]
    packed = gzip.compress("\n".join([HEADER, *rows]).encode())
    file = tmp_path / "table.csv.gz"
    file.write_bytes(packed[: len(packed) // 2])
    counts = run(tmp_path / "d", file)
    assert counts.unreadable == {"truncated_gzip": 1}
    assert 1000 < counts.kept < 5000


def test_parquet_with_typed_columns_is_read(tmp_path: Path) -> None:
    table = pa.table(
        {
            "time": pa.array([1_699_444_800_000], pa.timestamp("ms", tz="UTC")),
            "vantage": ["v1"],
            "asn": pa.array([9198], pa.int32()),
            "platform": ["youtube"],
            "role": ["target"],
            "probe": ["transfer"],
            "seconds": [float("nan")],
        }
    )
    pq.write_table(table, tmp_path / "table.parquet")
    counts = run(tmp_path / "d", tmp_path / "table.parquet")
    assert (counts.kept, counts.noticed) == (1, {"bad_seconds": 1})
    assert column(tmp_path / "d", "asn") == [9198]


def test_a_number_that_pandas_filled_with_nan_is_absent_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "table.parquet"
    words = {name: ["x", "y"] for name in ("vantage", "platform", "probe")}
    times = pa.array([0, 1], pa.timestamp("us", "UTC"))
    pq.write_table(
        pa.table({"time": times, "role": ["target"] * 2, **words, "asn": [9198.0, float("nan")]}), file
    )
    counts = run(tmp_path / "d", file)
    assert (counts.kept, counts.unreadable, counts.noticed) == (2, {}, {"bad_asn": 1})
    assert column(tmp_path / "d", "asn") == [9198, None]


def test_a_damaged_parquet_file_is_named_and_the_next_file_is_read(tmp_path: Path) -> None:
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 no more")
    counts = run(tmp_path / "d", bad, csv(tmp_path, GOOD))
    assert counts.unreadable == {"not_parquet": 1}
    assert counts.kept == 1


def test_the_same_rows_as_csv_and_as_parquet_count_once(tmp_path: Path) -> None:
    file = csv(tmp_path, GOOD, GOOD.replace("v1", "v2"))
    run(tmp_path / "d", file)
    data = open_data(str(tmp_path / "d"))
    pq.write_table(
        data.query("SELECT * EXCLUDE (measurement, origin, day) FROM flat"), tmp_path / "t.parquet"
    )
    data.close()
    again = run(tmp_path / "d", tmp_path / "t.parquet", file)
    assert (again.kept, again.duplicates) == (0, 4)


def test_a_sealed_bundle_is_refused_with_the_way_to_open_it(tmp_path: Path) -> None:
    file = tmp_path / "bundle"
    file.write_bytes(b"EFIRB1" + bytes(100))
    counts = run(tmp_path / "d", file)
    assert counts.unreadable == {"sealed_bundle": 1}
    assert "efir collect take" in counts.complaints[0]


def test_what_nobody_knows_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello")
    counts = run(tmp_path / "d", file)
    assert counts.unreadable == {"unknown_format": 1}
    assert "notes.txt" in counts.complaints[0]


def test_a_file_that_may_not_be_read_is_named_and_the_next_is_read(tmp_path: Path) -> None:
    circle = tmp_path / "circle.csv"
    circle.symlink_to(circle)  # opening it is refused even to root
    counts = run(tmp_path / "d", circle, csv(tmp_path, GOOD))
    assert counts.unreadable == {"no_access": 1}
    assert counts.kept == 1


def test_a_full_disk_is_an_error_of_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise duckdb.IOException('IO Error: Could not write file "x": No space left on device\nmore')

    monkeypatch.setattr("analysis.importing.csv_table._count_rejected", full)
    with pytest.raises(OSError, match=r'^IO Error: Could not write file "x": No space left on device$'):
        run(tmp_path / "d", csv(tmp_path, GOOD))
