"""status, results, wipe, doctor and targets, as a volunteer calls them."""

import os
import re
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from efir.exits import Exit
from efir.forgetting import all_files, forget
from efir.trying import user_agent
from measurements import sqlcipher
from measurements.identity import pseudonym
from measurements.records import ThrottleLine, VerdictLine
from measurements.state import StateFolder
from measurements.store import Spool
from tests.commands import efir, lines
from tests.records import summary

T0 = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with consent, a pseudonym and two rounds of verdicts."""
    folder = StateFolder(tmp_path / "state")
    efir("consent", "--accept", "--quiet", "--state", folder.root)
    pseudonym(folder, b"home", T0.timestamp())
    with Spool(folder.spool) as spool:
        for run_id, verdict in (("run-a", "accessible"), ("run-b", "blocked")):
            spool.add_verdicts(
                VerdictLine(
                    id=f"{run_id}-{endpoint or 'all'}",
                    platform="vk",
                    endpoint=endpoint,
                    verdict=verdict,
                    rule="r",
                    rules_version="1",
                    reason="because of [this]",
                    time=T0,
                    run_id=run_id,
                )
                for endpoint in (None, "web")
            )
            spool.add_round(summary(run_id), T0)
    return folder.root


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ([], ["run-b-all", "run-b-web"]),
        (["--run", "run-a"], ["run-a-all", "run-a-web"]),
        (["--limit", "3"], ["run-a-web", "run-b-all", "run-b-web"]),
        (["--run", "run-b", "--limit", "1"], ["run-b-web"]),
    ],
    ids=str,
)
def test_results_are_the_latest_round_or_what_was_asked_for(
    state: Path, capsys: pytest.CaptureFixture[str], options: list[str], ids: list[str]
) -> None:
    code, found = lines(capsys, "results", *options, "--state", str(state))
    assert code == Exit.OK
    assert [line["id"] for line in found] == ids
    assert {line["type"] for line in found} == {"verdict"}


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--run", "zzz"], Exit.USAGE, "no run zzz is stored"),
        (["--run", "run-"], Exit.USAGE, "several runs begin with run-: run-a, run-b"),
        (["--limit", "0"], Exit.USAGE, "0 is not in the range"),
    ],
    ids=str,
)
def test_results_that_cannot_be_chosen_say_why(
    state: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, message: str
) -> None:
    assert efir("results", *options, "--state", state) == code
    assert message in capsys.readouterr().err


def test_results_before_the_first_round_say_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert efir("results", "--state", tmp_path / "s") == Exit.CONFIGURATION
    assert "efir run --once" in capsys.readouterr().err
    assert not (tmp_path / "s").exists()


def test_status_tells_consent_last_round_and_room(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (line,) = lines(capsys, "status", "--state", str(state))
    assert code == Exit.OK
    assert line["consent"]["helper"] is False
    assert (line["online"], line["stored"]["rounds"]) == (True, 2)
    efir("status", "--state", state)
    assert "Last round: 2026-03-01 20:30 UTC, online, 3 kB in 5 s" in capsys.readouterr().out


def test_what_only_sessions_measured_is_told_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = StateFolder(tmp_path / "state")
    efir("consent", "--accept", "--quiet", "--state", folder.root)
    with Spool(folder.spool) as spool:
        for number, (platform, verdict) in enumerate(
            [("vk", "throttled"), ("vk", "not_throttled"), ("youtube", "throttled")]
        ):
            line = ThrottleLine(platform=platform, verdict=verdict, bytes_received=1, duration_seconds=1.0)
            spool.add_throttle(line, f"line-{number}", f"run-{number}", T0)
    code, found = lines(capsys, "results", "--state", str(folder.root))
    assert code == Exit.OK
    assert [(each["platform"], each["verdict"]) for each in found] == [
        ("vk", "not_throttled"),
        ("youtube", "throttled"),
    ]
    efir("results", "--state", folder.root)
    assert "youtube: slowed down" in capsys.readouterr().out
    efir("status", "--state", folder.root)
    told = capsys.readouterr().out
    for words in ("No round yet", "Stored: 0 rounds", "Data of the last 24 hours", "Sending: "):
        assert words in told


def test_status_of_nothing_creates_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, (line,) = lines(capsys, "status", "--state", str(tmp_path / "s"))
    assert (code, line["consent"], line["last_round"], line["stored"]) == (Exit.OK, None, None, None)
    assert not (tmp_path / "s").exists()


def test_wipe_removes_every_file_of_ours_and_the_folder_and_says_what_stays(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert efir("wipe", "--yes", "--state", state) == Exit.OK
    assert "cannot remove: your shell's history" in capsys.readouterr().out.replace("\n", " ")
    assert not state.exists()
    assert efir("wipe", "--yes", "--state", state) == Exit.OK, "twice does no harm"


def test_wipe_leaves_the_files_of_others(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (state / "diary.txt").write_text("mine")
    code, (line,) = lines(capsys, "wipe", "--yes", "--state", str(state))
    assert (code, line["foreign_files"], line["failed"]) == (Exit.OK, 1, [])
    assert [each.name for each in state.iterdir()] == ["diary.txt"]


def test_wipe_takes_no_folder_for_a_file_of_ours(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = StateFolder(state).key
    key.unlink(missing_ok=True)
    key.mkdir()
    code, (line,) = lines(capsys, "wipe", "--yes", "--state", str(state))
    assert (code, line["foreign_files"], line["failed"]) == (Exit.OK, 1, [])


def test_what_wipe_cannot_remove_is_not_called_somebody_elses(state: Path) -> None:
    folder = StateFolder(state)
    stuck = state / "stuck"  # no file, so that it does not go
    stuck.mkdir()
    done = forget(folder, [*all_files(folder), stuck])
    assert (done.failed, done.foreign) == (["stuck"], 0)


def test_wipe_works_while_another_process_writes(state: Path) -> None:
    with Spool(StateFolder(state).spool) as spool:
        spool.set_meta("busy", 1)
        assert efir("wipe", "--yes", "--quiet", "--state", state) == Exit.OK
        assert not state.exists()


@pytest.mark.skipif(not sqlcipher.AVAILABLE, reason="no SQLCipher for this system")
def test_wipe_overwrites_the_key_before_anything_goes(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = StateFolder(state)
    key, copy = folder.key.read_bytes(), state.parent / "what the disk keeps"
    os.link(folder.key, copy)  # the same bytes on disk, seen after the file's name is gone
    gone: list[str] = []
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok=False: gone.append(path.name))
    efir("wipe", "--yes", "--quiet", "--state", state)
    assert gone[0] == "spool.key"
    assert len(copy.read_bytes()) == len(key)
    assert key.strip() not in copy.read_bytes()


@pytest.mark.parametrize(("content", "stays"), [("ab" * 32, False), ("my thesis", True)])
def test_wipe_takes_a_key_outside_the_folder_too_and_nothing_else_there(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, stays: bool
) -> None:
    file = tmp_path / "elsewhere.key"
    file.write_text(content)
    monkeypatch.setenv("EFIR_KEY_FILE", str(file))
    assert efir("wipe", "--yes", "--quiet", "--state", state) == Exit.OK
    assert not state.exists()
    assert file.exists() is stays


def test_the_service_is_told_where_the_key_lies(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EFIR_KEY_FILE", "stick/efir.key")
    assert efir("service", "install", "--print", "--state", state) == Exit.OK
    assert str(tmp_path / "stick" / "efir.key") in capsys.readouterr().out


def test_wipe_takes_a_key_that_is_named_twice_once(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(state)
    monkeypatch.setenv("EFIR_KEY_FILE", "spool.key")
    assert efir("wipe", "--yes", "--quiet", "--state", state) == Exit.OK
    assert not state.exists()


@pytest.mark.skipif(not sqlcipher.AVAILABLE, reason="no SQLCipher for this system")
@pytest.mark.parametrize(
    "words", [["status"], ["results"], ["explain", "vk"], ["run", "--once"], ["export", "--format", "csv"]]
)
def test_without_its_key_a_spool_is_a_matter_of_configuration(
    state: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    StateFolder(state).key.unlink()
    assert efir(*words, "--state", state) == Exit.CONFIGURATION
    assert "EFIR_KEY_FILE" in "".join(capsys.readouterr().err.split())


def test_status_and_doctor_say_whether_results_are_encrypted(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("efir.commands.doctor._ask_controls", None)
    monkeypatch.setattr("efir.commands.doctor.read_consent", lambda _: None)

    def said() -> tuple[bool, str]:
        (status,) = lines(capsys, "status", "--state", str(state))[1]
        checks = lines(capsys, "doctor", "--state", str(state))[1]
        return status["encrypted"], next(each["code"] for each in checks if each["check"] == "encryption")

    if sqlcipher.AVAILABLE:
        assert said() == (True, "encrypted")
        StateFolder(state).key.unlink()
        checks = lines(capsys, "doctor", "--state", str(state))[1]
        locked = next(each for each in checks if each["check"] == "encryption")
        assert (locked["level"], locked["code"]) == ("problem", "locked")
        assert "Put the key back" in locked["text"]
    shutil.rmtree(state)
    monkeypatch.setattr(sqlcipher, "AVAILABLE", False)
    monkeypatch.setattr(sqlcipher, "_engine", sqlite3)
    Spool(StateFolder(state).spool).close()
    assert said() == (False, "plain")
    efir("status", "--state", state)
    assert "not encrypted: this installation has no SQLCipher" in capsys.readouterr().out.replace("\n", " ")


@pytest.mark.parametrize(("answer", "stays"), [("n", True), ("y", False)])
def test_wipe_asks_on_a_terminal(
    state: Path, monkeypatch: pytest.MonkeyPatch, answer: str, stays: bool
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: answer)
    assert efir("wipe", "--state", state) == Exit.OK
    assert StateFolder(state).spool.exists() is stays


def test_wipe_without_a_terminal_needs_a_yes(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert efir("wipe", "--state", state) == Exit.CONFIGURATION
    assert "efir wipe --yes" in capsys.readouterr().err
    assert StateFolder(state).spool.exists()


def test_the_doctor_without_consent_contacts_nobody_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("efir.commands.doctor._ask_controls", None)  # calling it would fail
    code, found = lines(capsys, "doctor", "--state", str(tmp_path / "s"))
    by_check = {line["check"]: line for line in found}
    assert code in (Exit.CONFIGURATION, Exit.OFFLINE)
    assert by_check["consent"]["code"] == "missing"
    assert by_check["network"]["code"] in ("not_tried", "no_route")
    assert by_check["time_zones"]["level"] == "ok"


def test_targets_are_listed_with_every_host_and_address(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = lines(capsys, "targets", "list")
    assert code == Exit.OK
    where = {line["where"] for line in found if line["type"] == "target"}
    assert {
        "https://www.youtube.com/generate_204",
        "149.154.167.51:443",
        "https://www.wikipedia.org/",
        "https://www.youtube.com/iframe_api",  # of a download: the page that leads to it
        "fonts.gstatic.com",  # the neutral name that it is compared under
    } <= where


WEAK = "version: 1\nplatforms:\n  a:\n    name: A\n    endpoints: [{id: w, url: 'https://a.test/', probes: [dns]}]\n"


def test_check_names_weaknesses_and_tries_nothing_without_consent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.yaml"
    file.write_text(WEAK)
    code, found = lines(capsys, "targets", "check", "--targets", str(file), "--state", str(tmp_path / "s"))
    assert code == Exit.CONFIGURATION
    assert {line["place"] for line in found if line["level"] == "error"} == {"controls", "resolvers"}


def test_check_of_the_shipped_file_finds_no_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, found = lines(capsys, "targets", "check", "--state", str(tmp_path / "s"))
    assert (code, [line for line in found if line["level"] == "error"]) == (Exit.OK, [])


def test_a_broken_targets_file_ends_with_configuration_and_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.yaml"
    file.write_text("version: 1\nplatform: {}\n")
    assert efir("targets", "list", "--targets", file) == Exit.CONFIGURATION
    assert f"{file}:2: platform: unknown key 'platform'; did you mean 'platforms'?" in capsys.readouterr().err


def test_who_checks_targets_says_so_and_where_to_complain() -> None:
    assert re.fullmatch(r"Efir/\S+ targets-check \(\+https://\S+\)", user_agent(None))
    assert user_agent("https://me.example/").endswith("(+https://me.example/)")
