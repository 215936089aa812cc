"""Options that every command shares (DESIGN section 9)."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from efir.output import Output

DATA = "Folder made by `efir import`, or clickhouse://HOST/DATABASE."  # help of `--data`


@dataclass(frozen=True)
class Shared:
    """Values of the shared options."""

    targets: Path | None  # None = the packaged file
    state: Path
    ca_file: Path | None  # None = the bundled roots
    out: Output


def default_state() -> Path:
    """Where Efir keeps its state: $EFIR_STATE, or the system's place for application data."""
    given = os.environ.get("EFIR_STATE")
    if given:
        return Path(given)
    from platformdirs import user_state_path

    return user_state_path("efir", appauthor=False)


_OPTIONS = [
    click.option(
        "--targets", type=click.Path(path_type=Path), help="What to probe; default: the packaged file."
    ),
    click.option(
        "--state",
        type=click.Path(path_type=Path),
        help="Folder of the spool; default: $EFIR_STATE or the system's.",
    ),
    click.option(
        "--ca-file", type=click.Path(path_type=Path), help="PEM roots in place of the bundled ones."
    ),
    click.option("--json", "as_json", is_flag=True, help="NDJSON on stdout, text for people on stderr."),
    click.option("--quiet", is_flag=True, help="No text for people."),
    click.option(
        "--lang", type=click.Choice(["kk", "ru", "en"]), help="Language; default: $EFIR_LANG or the system's."
    ),
    click.option("--no-color", is_flag=True, help="No colours (also: NO_COLOR)."),
]

new_file_option = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write; must be new.",
)


def shared_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the shared options; the command gets them as its first argument, a `Shared`."""

    @wraps(function)
    def wrapper(
        *args: Any,
        targets: Path | None,
        state: Path | None,
        ca_file: Path | None,
        as_json: bool,
        quiet: bool,
        lang: str | None,
        no_color: bool,
        **kwargs: Any,
    ) -> Any:
        out = Output(as_json=as_json, quiet=quiet, language=lang, color=not no_color)
        return function(Shared(targets, state or default_state(), ca_file, out), *args, **kwargs)

    result: Callable[..., Any] = wrapper
    for option in reversed(_OPTIONS):
        result = option(result)
    return result
