"""What exists is documented: commands, options, probes, targets keys, dependencies, failure words."""

import importlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from efir.cli import COMMANDS
from efir.exits import Exit
from measurements import targets
from measurements.records import PROBES

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups walked into."""

    def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        yield name, command
        if isinstance(command, click.Group):
            for part, below in command.commands.items():
                yield from walk(f"{name} {part}", below)

    for name, (module, _) in COMMANDS.items():
        yield from walk(f"efir {name}", importlib.import_module(module).command)


ALL = dict(commands())
EVERY_DOCUMENT = "\n".join(path.read_text("utf-8") for path in (ROOT / "README.md", *DOCS.glob("*.md")))
OF_COMMANDS = (DOCS / "commands.md").read_text("utf-8")


@pytest.mark.parametrize("name", ALL)
def test_each_command_is_named_among_the_commands(name: str) -> None:
    assert f"`{name}" in OF_COMMANDS


@pytest.mark.parametrize("name", ALL)
def test_each_option_is_named_in_the_documents(name: str) -> None:
    options = {
        option for parameter in ALL[name].params for option in parameter.opts if option.startswith("--")
    }
    assert {option for option in options if not re.search(rf"{option}\b", EVERY_DOCUMENT)} == set()


@pytest.mark.parametrize("name", ALL)
def test_each_command_and_option_says_what_it_does(name: str) -> None:
    assert ALL[name].help
    for parameter in ALL[name].params:
        assert isinstance(parameter, click.Argument) or parameter.help, parameter.name  # type: ignore[attr-defined]


def test_each_probe_is_described() -> None:
    text = (DOCS / "targets.md").read_text("utf-8")
    assert [probe for probe in PROBES if f"| `{probe}` |" not in text] == []


def test_each_key_of_the_targets_file_is_described() -> None:
    text = (DOCS / "targets.md").read_text("utf-8")
    structs = [
        each for each in vars(targets).values() if isinstance(each, type) and issubclass(each, msgspec.Struct)
    ]
    keys = {field.encode_name for struct in structs for field in msgspec.structs.fields(struct)}
    assert {key for key in keys if not re.search(rf"`{key}\b", text)} == set()


def test_each_exit_code_is_described() -> None:
    assert [int(code) for code in Exit if f"| {int(code)} |" not in OF_COMMANDS] == []


def test_each_dependency_has_its_reason() -> None:
    text = (DOCS / "dependencies.md").read_text("utf-8").lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(each for name in extras if name != "dev" for each in extras[name])]
    names = {re.split(r"[^A-Za-z0-9-]", each)[0].lower() for each in wanted} - {"efir"}
    assert {name for name in names if not re.search(rf"^\|[^|]*\b{name}\b", text, re.MULTILINE)} == set()


def test_each_document_is_in_the_index_and_each_link_leads_somewhere() -> None:
    index = (DOCS / "README.md").read_text("utf-8")
    assert [
        path.name for path in DOCS.glob("*.md") if path.name != "README.md" and f"({path.name})" not in index
    ] == []
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", DOCS / "README.md", DOCS / "commands.md"):
        for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text("utf-8")):
            assert (path.parent / link).exists(), f"{path.name}: {link}"


@pytest.mark.parametrize(
    "package", ["measurements", "probes", "vantage", "helper", "collector", "analysis", "lab"]
)
def test_each_part_of_a_package_stands_in_its_map(package: str) -> None:
    parts = {
        path.stem
        for path in (ROOT / package).iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    text = importlib.import_module(package).__doc__ or ""
    assert {part for part in parts - {"__init__"} if not re.search(rf"\b{part}\b", text)} == set()


def test_each_file_that_the_documents_name_exists() -> None:
    folders = "|".join(
        path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")
    )
    named = set(re.findall(rf"`((?:{folders})/[\w./-]+\.\w+)`", EVERY_DOCUMENT))
    assert {name for name in named if not (ROOT / name).exists()} == set()
