"""What the commands beside the collector share: where its store lies, and writing a file of it."""

import os
from pathlib import Path

import click

from efir.exits import EfirError
from efir.i18n import _

store_option = click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the collector's results and keys.",
)


def folder_of(store: Path | None) -> Path:
    """`--store` of a subcommand, or the one given before its name."""
    context = click.get_current_context().parent
    given = store or (context.params.get("store") if context else None)
    if given is None:
        raise click.UsageError(_("Say where the results lie: --store DIR"))
    return Path(given)


def write_new(path: Path, content: bytes, mode: int = 0o600) -> None:
    """For the owner only unless told, never over a file that exists. Raises EfirError."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
    except OSError as error:
        raise EfirError(
            _("{file} cannot be written: {error}").format(file=path, error=error.strerror)
        ) from None
