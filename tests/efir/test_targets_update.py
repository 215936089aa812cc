"""Updates of the targets file: signed and newer, or refused with the reason."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from efir.exits import EfirError, Exit
from efir.options import Shared
from efir.targets_in_use import targets_in_use, update
from measurements.signed import signed_bytes
from measurements.state import StateFolder
from measurements.targets_file import TargetsError
from tests.commands import efir

KEY, OTHER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
KEYS = [KEY.public_key().public_bytes_raw().hex()]
TEXT = """version: 1
updated: "{day}"
platforms:
  a: {{name: A, endpoints: [{{id: web, url: "https://a.test/", probes: [tls]}}]}}
"""


def written(folder: Path, day: str = "2099-01-01", key: Ed25519PrivateKey = KEY) -> tuple[Path, Path]:
    file, signature = folder / "new.yaml", folder / "new.yaml.sig"
    file.write_text(TEXT.format(day=day))
    signature.write_bytes(base64.b64encode(key.sign(signed_bytes(file.read_bytes()))) + b"\n")
    return file, signature


def test_a_signed_newer_file_is_used_from_then_on(shared: Shared, tmp_path: Path) -> None:
    update(shared, *written(tmp_path), KEYS)
    assert list(targets_in_use(shared, KEYS).platforms) == ["a"]
    assert {path.name for path in StateFolder(shared.state).own_files()} == {
        "targets.yaml",
        "targets.yaml.sig",
    }


def test_a_file_given_by_hand_comes_before_it(shared: Shared, tmp_path: Path) -> None:
    update(shared, *written(tmp_path), KEYS)
    mine = tmp_path / "mine.yaml"
    mine.write_text(TEXT.format(day="2000-01-01").replace("  a:", "  mine:"))
    given = Shared(mine, shared.state, None, shared.out)
    assert list(targets_in_use(given, KEYS).platforms) == ["mine"]


@pytest.mark.parametrize(
    ("day", "key", "keys", "reason"),
    [
        ("2099-01-01", OTHER, KEYS, "no release key signed this file"),
        ("2099-01-01", KEY, [], "carries no release key"),
        ("2001-01-01", KEY, KEYS, "not newer than what is in use"),
    ],
    ids=["another key", "a build without a key", "an older file"],
)
def test_what_does_not_count_is_refused_and_changes_nothing(
    shared: Shared, tmp_path: Path, day: str, key: Ed25519PrivateKey, keys: list[str], reason: str
) -> None:
    with pytest.raises(EfirError, match=reason):
        update(shared, *written(tmp_path, day, key), keys)
    assert not shared.state.exists()


def test_no_signature_lets_an_update_into_the_persons_own_network(shared: Shared, tmp_path: Path) -> None:
    file, signature = written(tmp_path)
    file.write_text(file.read_text().replace("a.test", "192.168.1.1"))
    signature.write_bytes(base64.b64encode(KEY.sign(signed_bytes(file.read_bytes()))))
    with pytest.raises(TargetsError, match="is no public address"):
        update(shared, file, signature, KEYS)
    assert not shared.state.exists()


def test_a_changed_byte_or_a_missing_signature_is_refused(shared: Shared, tmp_path: Path) -> None:
    file, signature = written(tmp_path)
    file.write_text(file.read_text().replace("a.test", "b.test"))
    with pytest.raises(EfirError, match="no release key signed"):
        update(shared, file, signature, KEYS)
    signature.write_text("not base64!")
    with pytest.raises(EfirError, match="not base64"):
        update(shared, file, signature, KEYS)
    signature.unlink()
    with pytest.raises(EfirError, match="counts only with its signature"):
        update(shared, file, signature, KEYS)


def test_a_file_swapped_in_the_state_folder_is_refused_not_passed_over(
    shared: Shared, tmp_path: Path
) -> None:
    update(shared, *written(tmp_path), KEYS)
    StateFolder(shared.state).targets.write_text(TEXT.format(day="2100-01-01"))
    with pytest.raises(EfirError, match="no release key signed"):
        targets_in_use(shared, KEYS)


def test_the_command_refuses_with_the_packaged_keys(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, _ = written(tmp_path)
    code = efir("targets", "update", file, "--state", tmp_path / "s")
    assert code == Exit.CONFIGURATION
    assert "is refused" in capsys.readouterr().err
