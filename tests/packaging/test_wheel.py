"""The wheel holds all that a command needs, and works from any folder."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("wheel")  # built once

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree by the pinned build backend's newest release or, offline, the installed one."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "-w", str(folder), str(ROOT)], capture_output=True, text=True, check=False
    )
    if "No matching distribution" in done.stderr or "Could not find a version" in done.stderr:
        pytest.skip("the build backend cannot be fetched here")
    assert done.returncode == 0, done.stderr
    return next(folder.glob("efir-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of a fresh environment that holds the wheel, and borrows the dependencies of this one."""
    folder = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = next(folder.glob("lib/python3*/site-packages"), folder / "Lib" / "site-packages")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "borrowed.pth").write_text(borrowed_path(folder))
    return next(
        each for each in (folder / "bin" / "python", folder / "Scripts" / "python.exe") if each.exists()
    )


def borrowed_path(folder: Path) -> str:
    """A folder of links to this environment's packages, without the link back to the working copy."""
    links = folder / "borrowed"
    links.mkdir()
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if not each.name.startswith(("efir", "_efir", "__editable__")) and each.suffix != ".pth":
            (links / each.name).symlink_to(each)
    return str(links)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--help"], "Nothing is measured before you agree"),
        (["targets", "list"], "https://www.youtube.com/generate_204"),
        (["consent"], "Who can see it"),
        (["targets", "check"], "0 errors"),
        (["status"], "Consent: none"),
    ],
    ids=" ".join,
)
def test_a_command_works_from_an_unrelated_folder(
    installed: Path, tmp_path: Path, arguments: list[str], expected: str
) -> None:
    (tmp_path / "targets.yaml").write_text("this is not the file that is meant")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [str(installed), "-m", "efir", *arguments],
        cwd=tmp_path,
        env=environment | {"EFIR_STATE": str(tmp_path / "state"), "EFIR_LANG": "en"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert expected in done.stdout, done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "state").exists(), "looking creates nothing"


def test_the_wheel_carries_its_data_and_nothing_of_the_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "measurements/data/targets.yaml" in names
    assert [name for name in names if name.startswith("tests/") or "__pycache__" in name] == []
    assert [name for name in names if "/" not in name] == []
