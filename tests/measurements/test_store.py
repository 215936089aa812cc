"""The spool: what it acknowledged it still has, whatever happens; what it refuses, it explains."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from measurements.records import Observation, ThrottleLine, VerdictLine
from measurements.spool_file import connect, prepare
from measurements.state import StateError
from measurements.store import Spool
from measurements.store_errors import SpoolFull, StoreError
from measurements.store_schema import STEPS
from tests.records import observation, summary

T0 = datetime(2026, 3, 1, 12, tzinfo=UTC)


def row(number: int, run_id: str = "r1", **fields: Any) -> Observation:
    time = T0 + timedelta(minutes=number)
    return observation(id=f"o-{number:06}", run_id=run_id, time=time, **fields)


def verdict(line_id: str, run_id: str = "r1", platform: str = "youtube") -> VerdictLine:
    return VerdictLine(
        id=line_id,
        platform=platform,
        verdict="accessible",
        rule="ok",
        rules_version="1",
        reason="",
        time=T0,
        run_id=run_id,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "spool.sqlite3"


def test_what_was_added_comes_back_equal_and_in_order_also_after_reopening(path: Path) -> None:
    rows = [row(number) for number in range(3)]
    with Spool(path) as spool:
        assert spool.add(rows) == 3
    with Spool(path) as spool:
        assert spool.observations() == rows


def test_adding_the_same_ids_again_changes_nothing(path: Path) -> None:
    with Spool(path) as spool:
        spool.add([row(1)])
        assert spool.add([row(1, host="other.example"), row(2)]) == 1
        assert spool.observations(ids=["o-000001"]) == [row(1)]
        spool.add_verdicts([verdict("v-1")])
        assert spool.add_verdicts([verdict("v-1")]) == 0


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"run_id": "r2"}, [3]),
        ({"platform": "vk"}, [2]),
        ({"since": T0 + timedelta(minutes=2)}, [2, 3]),
        ({"ids": ["o-000001", "o-000003", "none"]}, [1, 3]),
        ({"ids": []}, []),
        ({"limit": 2}, [1, 2]),
        ({"run_id": "r1", "platform": "vk"}, [2]),
    ],
    ids=str,
)
def test_observations_are_found_by(path: Path, query: dict[str, object], numbers: list[int]) -> None:
    with Spool(path) as spool:
        spool.add([row(1), row(2, platform="vk"), row(3, run_id="r2")])
        found = spool.observations(**query)  # type: ignore[arg-type] # a table of cases
        assert [each.id for each in found] == [f"o-{number:06}" for number in numbers]


def test_lines_of_each_kind_are_kept_apart(path: Path) -> None:
    throttle = ThrottleLine(platform="vk", verdict="inconclusive", reason="few_pairs")
    with Spool(path) as spool:
        spool.add_verdicts([verdict("v-1"), verdict("v-2", run_id="r2", platform="vk")])
        spool.add_round(summary("r1"), T0)
        spool.add_round(summary("r2"), T0 + timedelta(hours=1))
        spool.add_throttle(throttle, "t-1", "r2", T0)
        assert [each.id for each in spool.verdicts()] == ["v-1", "v-2"]
        assert [each.id for each in spool.verdicts(run_id="r2")] == ["v-2"]
        assert [each.id for each in spool.verdicts(limit=1)] == ["v-2"]
        assert spool.throttles() == [throttle]
        assert spool.rounds(limit=1) == [(T0 + timedelta(hours=1), summary("r2"))]
        assert spool.latest_round() == "r2"


def test_an_id_is_found_whole_or_by_its_beginning(path: Path) -> None:
    with Spool(path) as spool:
        spool.add([row(1), row(10)])
        spool.add_verdicts([verdict("o-0"), verdict("v-1")])
        assert [each.id for each in spool.find("o-0")] == ["o-0"]
        assert [each.id for each in spool.find("o-00")] == ["o-000001", "o-000010"]
        assert [each.id for each in spool.find("v")] == ["v-1"]
        assert spool.find("") == spool.find("zz") == spool.find("%") == []


def test_a_line_without_an_id_is_refused(path: Path) -> None:
    with Spool(path) as spool, pytest.raises(ValueError, match="needs an id"):
        spool.add_verdicts(
            [VerdictLine(platform="vk", verdict="down", rule="", rules_version="", reason="", time=T0)]
        )


def test_small_values_are_kept_by_name(path: Path) -> None:
    with Spool(path) as spool:
        assert spool.meta("budget", {}) == {}
        spool.set_meta("budget", {"day": "2026-03-01", "bytes": 5})
        spool.set_meta("budget", {"day": "2026-03-02", "bytes": 7})
    with Spool(path) as spool:
        assert spool.meta("budget") == {"day": "2026-03-02", "bytes": 7}


def test_folder_and_files_are_for_their_owner_only(path: Path) -> None:
    with Spool(path) as spool:
        spool.add([row(1)])
        modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert set(modes.values()) == {0o600}


def test_many_threads_and_two_processes_worth_of_spools_write_at_once(path: Path) -> None:
    with Spool(path) as one, Spool(path) as two, ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit((one, two)[n % 2].add, [row(n)]) for n in range(200)]
        assert sum(job.result() for job in jobs) == 200
        assert one.counts()["observations"] == 200


def test_who_opens_a_file_that_another_is_making_waits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    prepare(path)
    path.touch()
    waits: list[float] = []
    with closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")

        def while_waiting(seconds: float) -> None:
            waits.append(seconds)
            other.execute("ROLLBACK")

        monkeypatch.setattr("measurements.database.time.sleep", while_waiting)
        with Spool(path) as spool:
            assert spool.counts()["observations"] == 0
    assert len(waits) == 1


def test_a_bad_job_fails_alone_when_jobs_are_committed_together(path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO meta VALUES ('half', '1')")
        raise KeyError("ours")

    with Spool(path) as spool:
        gate = threading.Event()
        first = spool.submit(lambda _: gate.wait())  # the writer is held, so the next ones form one batch
        bad = spool.submit(fail)
        good = spool.submit(lambda connection: connection.execute("INSERT INTO meta VALUES ('good', '1')"))
        gate.set()
        assert first.result()
        assert isinstance(bad.exception(), KeyError)
        assert good.exception() is None
        assert (spool.meta("good"), spool.meta("half")) == (1, None)


# What goes wrong on real machines ----------------------------------------------------------------------------------

WRITER = """
import sys
from pathlib import Path
from datetime import UTC, datetime
from measurements.spool_file import connect, prepare
from measurements.records import Observation
from measurements.state import StateError
from measurements.store import Spool
spool = Spool(Path(sys.argv[1]))
number = 0
while True:
    batch = [Observation(id=f"{sys.argv[2]}-{number + i}", run_id="r", vantage="v", time=datetime.now(UTC),
             platform="vk", endpoint="web", role="target", probe="tcp") for i in range(5)]
    spool.add(batch)
    number += 5
    print(number, flush=True)
"""


@pytest.mark.parametrize("acknowledged_first", [1, 7, 40])
def test_a_process_killed_in_mid_write_loses_nothing_it_acknowledged(
    path: Path, acknowledged_first: int
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), "k"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(acknowledged_first)]
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    acknowledged = int(lines[-1])
    with Spool(path) as spool:
        stored = {each.id for each in spool.observations()}
        assert {f"k-{number}" for number in range(acknowledged)} <= stored
        assert len(stored) % 5 == 0, "a batch is stored whole or not at all"
    with closing(connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def filled(path: Path, cap: int) -> tuple[Spool, int]:
    """A spool with a small cap, filled until it refuses; gives it and the number of rows stored."""
    spool = Spool(path, cap=cap)
    for number in range(10_000):
        try:
            spool.add([row(number, host="x" * 2000)])
        except SpoolFull:
            return spool, number
    raise AssertionError("the cap was never reached")


def test_a_spool_at_its_cap_refuses_what_is_new_and_keeps_what_it_has(path: Path) -> None:
    spool, stored = filled(path, cap=400_000)
    with spool:
        with pytest.raises(
            SpoolFull, match=r"size cap .* nothing in it has been uploaded; send it \(efir upload\)"
        ):
            spool.add([row(20_000, host="y" * 2000)])
        assert spool.counts()["observations"] == stored
        assert spool.counts()["bytes"] <= 400_000


def test_at_the_cap_the_oldest_uploaded_rows_make_room_first(path: Path) -> None:
    spool, stored = filled(path, cap=400_000)
    with spool:
        spool.mark_uploaded([f"o-{number:06}" for number in range(10)], now=1.0)
        spool.add([row(20_000, host="y" * 2000)])
        kept = [each.id for each in spool.observations()]
        assert kept == [f"o-{number:06}" for number in range(10, stored)] + ["o-020000"]


def corrupt(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)


def not_sqlite(path: Path) -> None:
    path.write_bytes(b"something else entirely\n" * 100)


def from_the_future(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    connection.close()


def a_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (corrupt, "the file is damaged; keep a copy"),
        (not_sqlite, "is encrypted, or damaged, and "),
        (from_the_future, "written by a newer Efir"),
        (a_folder, "Is a directory; check the folder's permissions"),
    ],
    ids=["damaged", "not SQLite", "of a newer Efir", "a folder in its place"],
)
def test_a_file_that_cannot_be_used_says_what_to_do(path: Path, prepare: object, message: str) -> None:
    path.parent.mkdir()
    prepare(path)  # type: ignore[operator] # a table of cases
    with pytest.raises(StoreError, match=message):
        Spool(path)


def test_a_state_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"cannot be made .* --state DIR"):
        Spool(tmp_path / "file" / "state" / "spool.sqlite3")


def test_a_missing_spool_says_that_nothing_was_measured(path: Path) -> None:
    with pytest.raises(StoreError, match="measure first: efir run --once"):
        Spool(path, must_exist=True)
    assert not path.parent.exists()
