"""What the collector's operator does about results: take, retract, publish and copy them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from efir.collector_store import folder_of, store_option, write_new
from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, new_file_option, shared_options
from efir.times import UtcTime


@click.command("take")
@click.argument("bundles", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="BUNDLE...")
@store_option
@shared_options
def take(shared: Shared, store: Path | None, bundles: tuple[Path, ...]) -> Exit:
    """Take bundles that were carried by hand, written by `efir bundle`. Taking one twice changes nothing."""
    from collector.bundles import take_bundle
    from collector.keys import load_keys
    from collector.store import Store

    folder = folder_of(store)
    keys = load_keys(folder)
    exit_code = Exit.OK
    with Store(folder) as opened:
        for path in bundles:
            taken = take_bundle(path, keys, opened, datetime.now(UTC))
            shared.out.line({"type": "take", "bundle": str(path), **taken.as_dict()})
            shared.out.text(f"{path}: {taken.text()}")
            if taken.problems or taken.rejected:
                exit_code = Exit.PARTIAL
    return exit_code


@click.command("retract")
@store_option
@click.option("--invite", "invite_id", metavar="ID", help="Only what came in under this invite.")
@click.option("--platform", metavar="NAME", help="Only this platform.")
@click.option("--since", type=UtcTime(), help="Measured at this time or later (UTC).")
@click.option("--until", type=UtcTime(), help="Measured before this time (UTC).")
@click.option("--undo", is_flag=True, help="Bring retracted results back.")
@shared_options
def retract(
    shared: Shared,
    store: Path | None,
    invite_id: str | None,
    platform: str | None,
    since: datetime | None,
    until: datetime | None,
    undo: bool,
) -> Exit:
    """Take results out of all that is shown and exported: those of a hostile vantage, or behind a wrong alert."""
    from collector.invites import Selection
    from collector.invites import retract as retracting
    from collector.store import Store

    selection = Selection(invite_id, platform, since, until)
    if selection == Selection():
        raise click.UsageError(_("Say what to retract: --invite, --platform, --since or --until."))
    with Store(folder_of(store)) as opened:
        number = retracting(opened, selection, undo=undo)
    shared.out.line({"type": "retract", "results": number, "undo": undo})
    done = _("{number} results are back.") if undo else _("{number} results are retracted.")
    shared.out.text(done.format(number=number))
    return Exit.OK


@click.command("publish")
@store_option
@click.option("--since", type=UtcTime(), required=True, help="From this day or time on (UTC).")
@click.option("--until", type=UtcTime(), required=True, help="Up to, but not with, this day or time (UTC).")
@new_file_option
@shared_options
def publish(shared: Shared, store: Path | None, since: datetime, until: datetime, out: Path) -> Exit:
    """Write open data: verdicts by hour and network, only where at least five invites stand behind a number."""
    import msgspec

    from collector.publish import cells, votes
    from collector.store import Store

    with Store(folder_of(store)) as opened:
        found = [cell._asdict() for cell in cells(votes(opened, since, until))]
    write_new(out, b"".join(msgspec.json.encode(cell) + b"\n" for cell in found), 0o644)
    shared.out.line({"type": "publish", "cells": len(found), "out": str(out)})
    shared.out.text(_("{number} lines are in {file}.").format(number=len(found), file=out))
    return Exit.OK


@click.command("backup")
@store_option
@new_file_option
@shared_options
def backup(shared: Shared, store: Path | None, out: Path) -> Exit:
    """Copy results and invites to one file, also while the collector runs. The keys are not in it."""
    from collector.backup import write_backup
    from collector.store import Store

    with Store(folder_of(store)) as opened:
        write_backup(opened, out)
    shared.out.line({"type": "backup", "out": str(out)})
    shared.out.text(_("The copy is in {file}. Keep keys.json apart from it.").format(file=out))
    return Exit.OK


@click.command("restore")
@click.argument("copy", type=click.Path(path_type=Path), metavar="FILE")
@store_option
@shared_options
def restore(shared: Shared, store: Path | None, copy: Path) -> Exit:
    """Put a copy made by `efir collect backup` into a folder that holds no results yet."""
    from collector.backup import restore_backup

    restore_backup(copy, folder_of(store))
    shared.out.line({"type": "restore", "from": str(copy)})
    shared.out.text(_("The copy is restored. Put keys.json beside it, then start the collector."))
    return Exit.OK


RESULTS: Final = (take, retract, publish, backup, restore)
