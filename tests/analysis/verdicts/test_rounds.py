"""Our own rounds, imported and judged again."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from analysis.importing.run import import_files
from analysis.ooni.platforms import platforms_of
from analysis.verdicts.stored import verdicts_of
from measurements.records import Observation, TlsFacts
from measurements.store import Spool
from measurements.targets import Control, Endpoint, Platform, Targets

TARGETS = Targets(
    version=1,
    platforms={
        "video": Platform(
            name="Video", endpoints=(Endpoint(id="web", url="https://video.example/", probes=("tcp", "tls")),)
        )
    },
    controls=tuple(
        Control(id=name, name=name, scope="foreign", url=f"https://{name}.example/", probes=("tls",))
        for name in ("one", "two")
    ),
)


def tls(
    platform: str, role: str, failure: str | None = None, attempt: int = 1, run: str = "r1"
) -> Observation:
    return Observation(
        id=f"{run}-{platform}-{attempt}",
        run_id=run,
        vantage="v1",
        time=datetime(2026, 1, 1, tzinfo=UTC),
        platform=platform,
        endpoint="web",
        role=role,  # type: ignore[arg-type]
        probe="tls",
        address="192.0.2.1",
        family=4,
        attempt=attempt,
        stage="tls" if failure else None,
        failure=failure,
        tls=TlsFacts(verified=None if failure else True),
    )


BLOCKED = [
    tls("one", "control"),
    tls("two", "control"),
    tls("video", "target", "connection_reset"),
    tls("video", "target", "connection_reset", attempt=2),
]


def test_a_spool_gives_the_verdicts_of_its_rounds(tmp_path: Path) -> None:
    with Spool(tmp_path / "state" / "spool.sqlite3") as spool:
        spool.add(BLOCKED)
    counts = import_files(
        [tmp_path / "state" / "spool.sqlite3"], tmp_path / "d", platforms_of(TARGETS), lambda p: None
    )
    assert (counts.read, counts.kept, dict(counts.unreadable)) == (4, 4, {})
    lines = list(verdicts_of(tmp_path / "d", TARGETS))
    assert [(line.endpoint, line.verdict, line.stage) for line in lines] == [
        (None, "blocked", "tls"),
        ("web", "blocked", "tls"),
    ]
    assert lines[0].run_id == "r1"
    assert set(lines[0].observations) == {"r1-video-1", "r1-video-2"}


def test_lines_of_observations_are_read_once_and_a_later_schema_is_refused(tmp_path: Path) -> None:
    records = [*BLOCKED, BLOCKED[0]]
    later = msgspec.structs.replace(BLOCKED[0], id="later", schema=99)
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(record) + b"\n" for record in (*records, later)))
    counts = import_files([file], tmp_path / "d", platforms_of(TARGETS), lambda p: None)
    assert (counts.kept, counts.duplicates, dict(counts.unreadable)) == (4, 1, {"later_schema": 1})
