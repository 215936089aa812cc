"""What a report says of its data: gaps, clocks, lag."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from analysis.data import open_data
from analysis.importing.run import import_files
from analysis.ooni.platforms import platforms_of
from analysis.report.quality import published_only, quality, recorded_flags
from measurements.targets_file import load_targets
from tests.collector.emulated import observation

START = datetime(2024, 5, 1, 10, tzinfo=UTC)
NOW = int(datetime(2024, 6, 1, tzinfo=UTC).timestamp())


def store(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    import_files((folder / name,), folder / "data", platforms_of(load_targets()), lambda path: None)
    return folder / "data"


def test_rows_gaps_failures_and_clocks_are_counted(tmp_path: Path) -> None:
    lines = [
        "time,vantage,platform,role,probe,seconds,failure",
        "2024-05-01T10:00:00Z,a,youtube,target,tls,0.1,",
        "2024-05-01T11:00:00Z,b,youtube,target,tls,0.4,generic_timeout_error",
        "2024-05-01T15:30:00Z,a,wikipedia,control,tls,0.1,eof_error",
        "2031-01-01T00:00:00Z,a,youtube,target,tls,0.1,",
    ]
    data = open_data(str(store(tmp_path, "rows.csv", "\n".join(lines).encode())))
    found = quality(data, None, NOW)
    assert published_only(data) == frozenset()
    data.close()
    assert (found.rows, found.vantages, found.targets, found.targets_failed) == (4, 2, 3, 1)
    assert (found.controls, found.controls_failed, found.future) == (1, 1, 1)
    assert found.hours_held == 4
    assert found.gap_start == int(datetime(2024, 5, 1, 16, tzinfo=UTC).timestamp())
    assert recorded_flags(tmp_path / "data") is None


def test_flags_of_own_observations_are_counted(tmp_path: Path) -> None:
    flags: list[tuple[str, ...]] = [(), ("lag",), ("lag", "clock_jumped")]
    records = [
        observation(number, time=START + timedelta(minutes=number), flags=each)
        for number, each in enumerate(flags)
    ]
    data = store(tmp_path, "own.jsonl", b"\n".join(map(msgspec.json.encode, records)))
    assert recorded_flags(data) == {"lag": 2, "suspended": 0, "network_changed": 0, "clock_jumped": 1}
