"""Throttling sessions of an imported spool come back as `throttle` lines."""

from pathlib import Path

import msgspec

from analysis.importing.run import import_files
from analysis.ooni.platforms import Platforms
from analysis.verdicts.stored import sessions_in
from tests.measurements.throttle.test_stored import session


def test_an_imported_session_is_decided_again(tmp_path: Path) -> None:
    file = tmp_path / "observations.jsonl"
    file.write_bytes(b"\n".join(map(msgspec.json.encode, session(50_000))))
    import_files([file], tmp_path / "data", Platforms({}, {}), lambda path: None)
    (line,) = sessions_in(str(tmp_path / "data"))
    assert line["type"] == "throttle"
    assert (line["platform"], line["verdict"], line["vantage"]) == ("youtube", "throttled", "home")


def test_a_folder_without_observations_and_a_database_have_none(tmp_path: Path) -> None:
    assert list(sessions_in(str(tmp_path))) == []
    assert list(sessions_in("clickhouse://127.0.0.1:1/efir")) == []
