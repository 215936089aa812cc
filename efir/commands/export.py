"""`efir export`: observations out of the state folder, or out of a folder for analysis."""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import click
import msgspec

from efir.exits import EfirError
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.times import UtcTime
from measurements.formats.write import WRITERS
from measurements.records import Observation
from measurements.state import StateFolder
from measurements.store_read import stored_observations


@click.command()
@click.option("--format", "format_", required=True, type=click.Choice(list(WRITERS)), help="What to write.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="Folder made by `efir import`; default: the state folder."
)
@click.option("--since", type=UtcTime(), help="From this day or time on (UTC).")
@click.option("--until", type=UtcTime(), help="Up to, but not with, this day or time (UTC).")
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write; default: stdout."
)
@shared_options
def command(
    shared: Shared,
    format_: str,
    data: Path | None,
    since: datetime | None,
    until: datetime | None,
    out: Path | None,
) -> None:
    """Write stored observations as OONI measurements, as the flat table (CSV, Parquet), or whole (JSON lines).

    A file is written whole or not at all. What leaves this device holds the vantage's pseudonym and network number, and
    never its addresses.
    """
    if out is None and format_ == "parquet":
        raise click.UsageError("Parquet needs a file: --out FILE.")
    try:
        if out is None and data is None:
            # Without a file in between: what lies encrypted here would lie open in the system's temporary folder.
            WRITERS[format_](_within(_spool_of(shared.state), since, until), sys.stdout.buffer)
            return
        with _whole_or_not(out) as ready:
            number = _write(shared, format_, data, since, until, ready)
    except BrokenPipeError:
        raise  # who reads our output has enough
    except OSError as error:
        raise EfirError(_("cannot export: {error}").format(error=error)) from None
    if out is not None:
        shared.out.text(_("{number} records in {file}").format(number=number, file=out))
        shared.out.line({"type": "export", "format": format_, "records": number, "out": str(out)})


def _write(
    shared: Shared,
    format_: str,
    data: Path | None,
    since: datetime | None,
    until: datetime | None,
    ready: Path,
) -> int:
    if data is not None:
        from analysis.exporting import ENGINE_FORMATS, export_flat, holds_own

        _require_data(data)
        if format_ in ENGINE_FORMATS:
            return export_flat(data, format_, since, until, ready)
        if not holds_own(data) and not shared.out.quiet:
            # Not to stdout, which may be the file.
            click.echo(
                _("{folder} holds others' data alone: they are exported as csv or parquet").format(
                    folder=data
                ),
                err=True,
            )
    with ready.open("wb") as file:
        return WRITERS[format_](_observations(shared, data, since, until), file)


def _require_data(data: Path) -> None:
    from analysis.data import open_data
    from analysis.errors import DataError

    try:
        open_data(str(data)).close()
    except DataError as error:
        raise EfirError(str(error)) from None


def _observations(
    shared: Shared, data: Path | None, since: datetime | None, until: datetime | None
) -> Iterator[Observation]:
    if data is not None:
        from analysis.exporting import stored

        return stored(data, since, until)
    return _within(_spool_of(shared.state), since, until)


def _spool_of(state: Path) -> Path:
    spool = StateFolder(state).spool
    if not spool.exists():
        raise EfirError(
            _("nothing is stored in {folder} yet; measure first: efir run --once").format(folder=state)
        )
    return spool


def _within(spool: Path, since: datetime | None, until: datetime | None) -> Iterator[Observation]:
    for record in stored_observations(spool):
        observation = msgspec.json.decode(record, type=Observation)
        if (since is None or observation.time >= since) and (until is None or observation.time < until):
            yield observation


@contextmanager
def _whole_or_not(out: Path | None) -> Iterator[Path]:
    """A file to write to; it becomes `out`, or goes to stdout, only when all of it is there."""
    folder = out.parent if out is not None else None
    with NamedTemporaryFile(dir=folder, prefix=".efir-", delete=False) as file:
        ready = Path(file.name)
    try:
        yield ready
        if out is not None:
            ready.replace(out)
        else:
            with ready.open("rb") as content:
                shutil.copyfileobj(content, sys.stdout.buffer)
    finally:
        ready.unlink(missing_ok=True)
