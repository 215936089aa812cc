"""The table of commands and the shape of its help."""

import importlib
import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest

from efir.__main__ import main
from efir.cli import COMMANDS, command
from efir.exits import EXTRAS, Exit, run_command


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_in_the_table_loads(name: str) -> None:
    loaded = importlib.import_module(COMMANDS[name][0]).command
    assert isinstance(loaded, click.Command)


def test_an_unknown_command_is_a_usage_error_with_the_nearest_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command(command, ["lag"]) == Exit.USAGE
    assert "Did you mean 'lab'?" in capsys.readouterr().err


@pytest.mark.parametrize("text", [None, "no roots\n"], ids=["missing", "without certificates"])
def test_a_useless_file_of_roots_is_a_configuration_error(
    text: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    roots, state = tmp_path / "roots.pem", str(tmp_path / "state")
    if text:
        roots.write_text(text)
    assert run_command(command, ["consent", "--accept", "--state", state]) == Exit.OK
    arguments = ["run", "--once", "--json", "--state", state, "--ca-file", str(roots)]
    assert run_command(command, arguments) == Exit.CONFIGURATION
    assert "PEM" in capsys.readouterr().err


SCHEDULE = """
version: 1
timezone: Asia/Almaty
events:
  - {id: one, kind: livestream, start: 2018-05-03T20:00, end: 2018-05-03T22:00, platforms: [youtube], source: s}
"""
RESEARCHERS = {
    "import": ["import", __file__, "--into", "d"],
    "verdicts": ["verdicts", "--data", "d"],
    "changes": ["changes", "--data", "d"],
    "correlate": ["correlate", "--data", "d", "--schedule", "s.yaml"],
    "report": ["report", "--data", "d", "--out", "r.html"],
    "serve": ["serve", "--data", "d", "--listen", "127.0.0.1:0"],
    "export": ["export", "--format", "parquet", "--data", "d", "--out", "e.parquet"],
}


@pytest.mark.parametrize("arguments", RESEARCHERS.values(), ids=RESEARCHERS)
def test_a_plain_installation_says_which_extra_a_command_needs(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(SCHEDULE)
    without = f"import sys; sys.modules.update(dict.fromkeys({[*EXTRAS]})); from efir.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", without, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=os.environ | {"EFIR_LANG": "en", "EFIR_STATE": str(tmp_path / "state")},
    )
    assert done.returncode == Exit.CONFIGURATION, done.stderr
    assert "pip install '.[" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_each_package_of_an_extra_is_known_by_its_module() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    for module, extra in EXTRAS.items():
        names = " ".join(project["optional-dependencies"][extra]).replace("-", "_")
        assert module in names


EFIR = f"{shlex.quote(sys.executable)} -m efir"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize(
    ("script", "code", "told"),
    [
        (f"{EFIR} targets list >/dev/full", Exit.CONFIGURATION, "No space left"),
        (f"{EFIR} targets list --json >/dev/full", Exit.CONFIGURATION, "No space left"),
        (f"({EFIR} targets list; echo rc=$? >&2) | true", Exit.OK, "rc=0"),
        (f"({EFIR} targets list --json; echo rc=$? >&2) | true", Exit.OK, "rc=0"),
        (f"PYTHONIOENCODING=ascii {EFIR} status --lang ru >/dev/null", Exit.OK, ""),
    ],
    ids=["a full disk", "a full disk, JSON", "a reader that left", "a reader that left, JSON", "few letters"],
)
def test_an_output_that_cannot_be_written_ends_in_a_word_or_in_silence(
    tmp_path: Path, script: str, code: int, told: str
) -> None:
    environment = {**os.environ, "HOME": str(tmp_path)}
    done = subprocess.run(
        ["/bin/sh", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr
    assert told in done.stderr


def test_an_interrupt_while_the_command_line_loads_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Impatient:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "efir.cli":
                raise KeyboardInterrupt

    monkeypatch.delitem(sys.modules, "efir.cli")
    monkeypatch.setattr(sys, "meta_path", [Impatient(), *sys.meta_path])
    with pytest.raises(SystemExit, match=str(int(Exit.INTERRUPTED))):
        main()
