"""What an operator does beside the running collector."""

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from collector.invites import forget_before
from collector.keys import load_or_make_keys
from collector.store import FILE, Store, storing
from efir.exits import Exit
from measurements.sealing import frame, key_from_text, pack, seal
from tests.collector.emulated import NOW, header, invite, item, observation, stored_batch
from tests.commands import efir, lines


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with two results of one invite."""
    folder = tmp_path / "store"
    with Store(folder) as store:
        made = invite(store)
        records = [observation(platform="vk"), observation()]
        store.submit(storing(stored_batch(store, made, records))).result()
    return folder


def count(folder: Path, table: str = "items") -> int:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_an_invite_file_is_private_and_never_written_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "invite.json"
    helper = tmp_path / "helper.yaml"
    helper.write_text(f"helper: {{addresses: [192.0.2.10], sha256: {'ab' * 32}}}")
    made = ("collect", "invite", "--store", tmp_path / "s", "--collector", "https://c.example", "--out", out)
    assert efir(*made, "--helper", helper) == Exit.OK
    told = json.loads(out.read_text())
    assert (told["collectors"], told["helper"]["addresses"]) == (["https://c.example"], ["192.0.2.10"])
    assert out.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "s" / "keys.json").stat().st_mode & 0o777 == 0o600
    assert efir(*made) == Exit.CONFIGURATION
    assert "exists" in capsys.readouterr().err


def test_retracting_needs_a_selection_and_can_be_undone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert efir("collect", "retract", "--store", folder) == Exit.USAGE
    code, [line] = lines(capsys, "collect", "retract", "--store", folder, "--platform", "vk")
    assert (code, line["results"], count(folder, "observations")) == (Exit.OK, 1, 1)
    code, [line] = lines(capsys, "collect", "retract", "--store", folder, "--since", "2026-01-01", "--undo")
    assert (code, line["results"], count(folder, "observations")) == (Exit.OK, 1, 2)


def test_a_copy_is_whole_and_goes_only_where_nothing_is(folder: Path, tmp_path: Path) -> None:
    copy, other = tmp_path / "copy.sqlite3", tmp_path / "other"
    assert efir("collect", "backup", "--store", folder, "--out", copy) == Exit.OK
    assert efir("collect", "backup", "--store", folder, "--out", copy) == Exit.CONFIGURATION
    assert efir("collect", "restore", copy, "--store", folder) == Exit.CONFIGURATION
    assert efir("collect", "restore", copy, "--store", other) == Exit.OK
    assert count(other) == count(folder) == 2
    copy.write_bytes(copy.read_bytes()[:5000])
    assert efir("collect", "restore", copy, "--store", tmp_path / "third") == Exit.CONFIGURATION
    assert not (tmp_path / "third").exists()


@pytest.mark.parametrize(
    ("forget", "accepted", "problems"),
    [([], 1, {}), (["--forget-old"], 0, {"unknown_key": 1})],
    ids=["older invites still work", "after a theft they do not"],
)
def test_after_a_new_key(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    forget: list[str],
    accepted: int,
    problems: dict[str, int],
) -> None:
    with Store(folder) as store:
        made = invite(store)
    bundle = tmp_path / "old.efir"
    bundle.write_bytes(
        frame(seal(pack(header(), [item(observation())]), made.token, key_from_text(made.key)))
    )
    before = load_or_make_keys(folder).public
    assert efir("collect", "rotate-key", "--store", folder, *forget) == Exit.OK
    assert load_or_make_keys(folder).public != before
    code, [taken] = lines(capsys, "collect", "take", bundle, "--store", folder)
    assert (taken["accepted"], taken["problems"]) == (accepted, problems)
    assert code == (Exit.PARTIAL if problems else Exit.OK)


def test_what_is_older_than_is_kept_is_deleted(folder: Path) -> None:
    with Store(folder) as store:
        assert forget_before(store, NOW - timedelta(minutes=10)) == 0
        assert forget_before(store, NOW) == 2
    assert count(folder) == 0


def test_the_store_can_be_imported_for_analysis(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert efir("collect", "retract", "--store", folder, "--platform", "vk") == Exit.OK
    code, told = lines(capsys, "import", folder / FILE, "--into", tmp_path / "data")
    assert (code, told[-1]["read"], told[-1]["kept"]) == (Exit.OK, 1, 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--listen", "127.0.0.1:0"], "--store DIR and --listen"),
        (["--store", "s", "--listen", "x"], "not ADDRESS:PORT"),
        (["--store", "s", "--listen", "127.0.0.1:0", "--cert", "c"], "--cert and --key go together"),
        (["--store", "s", "--listen", "127.0.0.1:0", "--behind-proxy", "nginx"], "is an address"),
        (["vantages"], "Say where the results lie"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_use_is_told(
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert efir("collect", *arguments) == Exit.USAGE
    assert message in " ".join(capsys.readouterr().err.split())
