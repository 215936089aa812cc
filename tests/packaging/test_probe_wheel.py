"""The volunteer's wheel holds what a volunteer needs, and nothing that would harm one."""

import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("probe-wheel")  # built once

ROOT = Path(__file__).parents[2]
# A later day than the build's own fixed one, so that the variable is seen to be obeyed.
EPOCH = str(1_700_000_000)


def build(folder: Path) -> Path:
    command = [sys.executable, str(ROOT / "scripts" / "build_probe_wheel.py"), str(folder)]
    environment = os.environ | {"SOURCE_DATE_EPOCH": EPOCH}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if "No matching distribution" in done.stderr or "Could not find a version" in done.stderr:
        pytest.skip("the build backend cannot be fetched here")
    assert done.returncode == 0, done.stderr
    return next(folder.glob("efir_probe-*.whl"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("one"))


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


def test_no_code_but_the_volunteers_is_in_it(unpacked: Path) -> None:
    tops = {path.name for path in unpacked.iterdir() if not path.name.endswith(".dist-info")}
    assert tops == {"efir", "probes", "measurements", "vantage"}
    data = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*.y*ml")}
    assert data == {f"measurements/data/{name}.yaml" for name in ("as_groups", "state_roots", "targets")}


def test_no_denied_word_stands_in_it_nor_in_its_metadata(unpacked: Path) -> None:
    lines = (Path(__file__).parent / "denied-words.txt").read_text("utf-8").splitlines()
    words = [line for line in lines if line and not line.startswith("#")]
    denied = re.compile(rf"\b({'|'.join(map(re.escape, words))})\b", re.IGNORECASE)
    found = {
        f"{path.relative_to(unpacked)}: {match[0]}"
        for path in unpacked.rglob("*")
        if path.is_file()
        for match in denied.finditer(path.read_bytes().decode("utf-8", errors="replace"))
    }
    assert found == set()
    assert [path for path in unpacked.rglob("*") if denied.search(path.name)] == []


def test_each_of_its_modules_can_be_imported_without_the_rest(unpacked: Path, tmp_path: Path) -> None:
    modules = [
        ".".join(path.relative_to(unpacked).with_suffix("").parts).removesuffix(".__init__")
        for path in unpacked.rglob("*.py")
        if path.name != "__main__.py"
    ]
    purelib = sysconfig.get_path("purelib")
    # -S: no editable install of the whole tree; the dependencies' folder is added by hand, behind the wheel.
    program = f"import sys; sys.path[:0] = [{str(unpacked)!r}]; sys.path.append({purelib!r})\n"
    program += "import importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in modules)
    program += (
        "\nfrom efir.cli import COMMANDS\nfor module, _ in COMMANDS.values(): importlib.import_module(module)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_two_people_build_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    again = build(tmp_path)
    assert again.name == wheel.name
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()
