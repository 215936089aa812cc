#!/usr/bin/env python3
"""Build `efir-probe`, the volunteer's wheel: the same tree without analysis, lab, collector, exporter or helper.

What goes in is the list in `probe-wheel.toml`; an import that leads out of it fails the test in tests/packaging. Two
builds of the same tree give the same bytes: times are $SOURCE_DATE_EPOCH, or a fixed day where it is not set.
Usage: scripts/build_probe_wheel.py [FOLDER]
"""

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# hatchling's own fixed day, written out: 2 February 2020.
EPOCH = "1580601600"


def contents() -> dict[str, list[str]]:
    """Packages, and files of `efir`, that a volunteer gets."""
    listed: dict[str, list[str]] = tomllib.loads((ROOT / "probe-wheel.toml").read_text("utf-8"))["wheel"]
    return listed


def stage(folder: Path) -> None:
    """Lay out the tree of the slim wheel in `folder`, with a pyproject of its own."""
    listed = contents()
    leave = shutil.ignore_patterns("__pycache__", *listed["without"])
    for package in listed["packages"]:
        shutil.copytree(ROOT / package, folder / package, ignore=leave)
    for pattern in listed["efir"]:
        for file in (ROOT / "efir").glob(pattern):
            target = folder / file.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    shutil.copy(ROOT / "targets.yaml", folder / "measurements" / "data" / "targets.yaml")
    shutil.copy(ROOT / "LICENSE", folder / "LICENSE")
    (folder / "pyproject.toml").write_text(pyproject(listed["packages"]), "utf-8")


def pyproject(packages: list[str]) -> str:
    """The project table of the slim wheel: the main one's, without extras."""
    full: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    project = full["project"]
    lines = [
        "[build-system]",
        f"requires = {full['build-system']['requires']}",
        'build-backend = "hatchling.build"',
        "[project]",
        'name = "efir-probe"',
        f'version = "{project["version"]}"',
        'description = "Measures the quality of a line to popular sites"',
        f'requires-python = "{project["requires-python"]}"',
        f'license = "{project["license"]}"',
        'license-files = ["LICENSE"]',
        f"dependencies = {project['dependencies']}",
        "[project.scripts]",
        'efir = "efir.__main__:main"',
        "[tool.hatch.build.targets.wheel]",
        f"packages = {['efir', *packages]}",
    ]
    return "\n".join(lines) + "\n"


def build(into: Path) -> None:
    """Build the wheel into a folder. Raises CalledProcessError."""
    environment = {"SOURCE_DATE_EPOCH": EPOCH} | os.environ
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stage(folder)
        command = [
            sys.executable,
            "-m",
            "pip",
            "wheel",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
        ]
        subprocess.run([*command, "-w", str(into), str(folder)], env=environment, check=True)


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
