"""Our own rounds, imported and judged again."""

from pathlib import Path

import msgspec
import pytest

from analysis.importing.run import import_files
from analysis.ooni.platforms import platforms_of
from analysis.verdicts.stored import verdicts_of
from measurements.records import Observation, TlsFacts
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.targets import Control, Endpoint, Platform, Targets
from tests.records import observation

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
    return observation(
        id=f"{run}-{platform}-{attempt}",
        run_id=run,
        platform=platform,
        role=role,
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


def test_the_run_of_a_throttling_session_is_no_round(tmp_path: Path) -> None:
    found = msgspec.structs.replace(tls("video", "target"), endpoint="discover", probe="http", tls=None)
    flow = msgspec.structs.replace(tls("video", "target"), id="flow", probe="transfer", tls=None)
    file = tmp_path / "session.jsonl"
    file.write_bytes(b"\n".join(map(msgspec.json.encode, (*BLOCKED[:2], found, flow))))
    import_files([file], tmp_path / "d", platforms_of(TARGETS), lambda p: None)
    assert list(verdicts_of(tmp_path / "d", TARGETS)) == []


def test_verdicts_beside_their_observations_are_decided_again(tmp_path: Path) -> None:
    (tmp_path / "s.jsonl").write_text(
        '{"type":"throttle","run_id":"r1"}\n{"type":"verdict"}\n{"type":"summary"}\n'
    )
    counts = import_files([tmp_path / "s.jsonl"], tmp_path / "d", platforms_of(TARGETS), lambda p: None)
    assert (counts.noticed, counts.skipped) == ({"decided_again": 2}, {"summary_line": 1})
    assert not counts.unreadable


def test_of_a_state_folder_only_the_spool_is_read(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path / "state")
    with Spool(folder.spool) as spool:
        spool.add(BLOCKED)
    for path in (folder.consent, folder.identity, folder.paused, folder.targets):
        path.write_text("{}")
    (folder.root / "other.txt").write_text("not ours")
    counts = import_files([folder.root], tmp_path / "d", platforms_of(TARGETS), lambda p: None)
    assert (counts.kept, counts.unreadable) == (4, {"unknown_format": 1})


@pytest.mark.parametrize(
    ("content", "reason", "advice"),
    [(b"", "not_a_spool", "empty"), (bytes(range(1, 200)), "no_key", "EFIR_KEY_FILE")],
    ids=["an empty file", "an encrypted one without its key"],
)
def test_a_spool_that_cannot_be_read_is_no_reason_to_wipe(
    content: bytes, reason: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EFIR_KEY_FILE", raising=False)
    (tmp_path / "spool.sqlite3").write_bytes(content)
    counts = import_files([tmp_path / "spool.sqlite3"], tmp_path / "d", platforms_of(TARGETS), lambda p: None)
    assert counts.unreadable == {reason: 1}
    assert advice in counts.complaints[0]
    assert "wipe" not in counts.complaints[0]
