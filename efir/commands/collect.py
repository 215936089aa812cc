"""`efir collect`: the collector, and what its operator does beside it."""

import asyncio
import os
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.times import UtcTime

_STORE = click.option(
    "--store",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the collector's results and keys.",
)


def _folder(store: Path | None) -> Path:
    """`--store` of a subcommand, or the one given before its name."""
    context = click.get_current_context().parent
    given = store or (context.params.get("store") if context else None)
    if given is None:
        raise click.UsageError(_("Say where the results lie: --store DIR"))
    return Path(given)


@click.group(invoke_without_command=True)
@_STORE
@click.option("--listen", metavar="ADDRESS:PORT", help="Where to take batches.")
@click.option(
    "--cert", type=click.Path(path_type=Path), help="PEM certificate chain, for TLS by the collector itself."
)
@click.option("--key", type=click.Path(path_type=Path), help="PEM key of --cert.")
@click.option(
    "--behind-proxy",
    metavar="HOP",
    help="Address (or network) of the one reverse proxy whose X-Forwarded-For counts.",
)
@click.option(
    "--networks",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Database of networks, MMDB or CSV (prefix,asn,country); may be given twice.",
)
@click.option(
    "--keep-days", type=click.IntRange(min=1), help="Delete results measured longer ago; default: never."
)
@shared_options
@click.pass_context
def command(
    context: click.Context,
    shared: Shared,
    store: Path | None,
    listen: str | None,
    cert: Path | None,
    key: Path | None,
    behind_proxy: str | None,
    networks: tuple[Path, ...],
    keep_days: int | None,
) -> Exit | None:
    """Take sealed batches from many vantages and store each result exactly once.

    Begin with an invite for each: efir collect invite. Stop with Ctrl-C or SIGTERM; what was taken is finished.
    """
    if context.invoked_subcommand is not None:
        return None
    if store is None or listen is None:
        raise click.UsageError(_("Needed are --store DIR and --listen ADDRESS:PORT, or a command below."))
    if bool(cert) != bool(key):
        raise click.UsageError(_("--cert and --key go together."))
    if cert and behind_proxy:
        raise click.UsageError(_("Either --cert and --key, or --behind-proxy: TLS ends in one place."))
    from efir.collecting import Serving, serve

    try:
        proxy = ip_network(behind_proxy) if behind_proxy else None
    except ValueError:
        raise click.UsageError(_("--behind-proxy is an address such as 127.0.0.1")) from None
    asyncio.run(serve(shared, Serving(store, listen, cert, key, proxy, networks, keep_days)))
    return Exit.OK


@command.command("invite")
@_STORE
@click.option(
    "--collector", "collectors", multiple=True, required=True, metavar="URL", help="Where to send; in turn."
)
@click.option(
    "--helper", type=click.Path(path_type=Path), help="YAML with the test helper's addresses, port, sha256."
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write; must be new.",
)
@shared_options
def invite(
    shared: Shared, store: Path | None, collectors: tuple[str, ...], helper: Path | None, out: Path
) -> Exit:
    """Make an invite for one vantage. Its token is in the file only; hand it over by a way that both trust."""
    import msgspec

    from collector.invites import new_invite
    from collector.keys import load_or_make_keys
    from collector.store import Store
    from efir.collecting import read_helper
    from measurements.invite import is_collector_url

    folder = _folder(store)
    for url in collectors:
        if not is_collector_url(url):
            raise click.UsageError(_("{url}: not a URL such as https://collector.example").format(url=url))
    helped = read_helper(helper) if helper else None
    if out.exists():
        raise EfirError(_("{file} exists; give a new name").format(file=out))
    with Store(folder) as opened:
        made = new_invite(
            opened, load_or_make_keys(folder), collectors, helped, datetime.now(UTC), os.urandom
        )
    _write_new(out, msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    shared.out.line({"type": "invite", "id": made.id, "out": str(out)})
    shared.out.text(
        _("Invite {id} is in {file}: for one vantage, to be kept secret.").format(id=made.id, file=out)
    )
    return Exit.OK


@command.command("revoke")
@click.argument("invite_id", metavar="ID")
@_STORE
@shared_options
def revoke(shared: Shared, store: Path | None, invite_id: str) -> Exit:
    """Take nothing more under the invite ID. What came in stays: see `efir collect retract`."""
    from collector.invites import revoke as revoking
    from collector.store import Store

    with Store(_folder(store)) as opened:
        revoking(opened, invite_id, datetime.now(UTC))
    shared.out.line({"type": "revoke", "id": invite_id})
    shared.out.text(_("Invite {id} is revoked.").format(id=invite_id))
    return Exit.OK


@command.command("vantages")
@_STORE
@shared_options
def vantages(shared: Shared, store: Path | None) -> Exit:
    """List the invites: when they sent last, how many results, duplicates, refusals and mismatches of networks."""
    from collector.invites import vantages as listing
    from collector.store import Store
    from efir.collecting import utc

    with Store(_folder(store)) as opened:
        found = listing(opened)
    for row in found:
        times = {name: utc(getattr(row, name)) for name in ("created", "revoked", "seen")}
        shared.out.line({"type": "vantage", **row._asdict(), **times})
        state = _("revoked") if row.revoked else _("active")
        seen = _("never") if times["seen"] is None else f"{times['seen']:%Y-%m-%d %H:%M}"
        shared.out.text(
            _(
                "{id}  {state}  last {seen}  {accepted} results, {quarantined} quarantined, {retracted} retracted, "
                "{duplicates} duplicates, {rejected} refused, {mismatches} mismatches"
            ).format(**{**row._asdict(), "seen": seen, "state": state})
        )
    return Exit.OK


@command.command("retract")
@_STORE
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
    with Store(_folder(store)) as opened:
        number = retracting(opened, selection, undo=undo)
    shared.out.line({"type": "retract", "results": number, "undo": undo})
    done = _("{number} results are back.") if undo else _("{number} results are retracted.")
    shared.out.text(done.format(number=number))
    return Exit.OK


@command.command("publish")
@_STORE
@click.option("--since", type=UtcTime(), required=True, help="From this day or time on (UTC).")
@click.option("--until", type=UtcTime(), required=True, help="Up to, but not with, this day or time (UTC).")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write; must be new.",
)
@shared_options
def publish(shared: Shared, store: Path | None, since: datetime, until: datetime, out: Path) -> Exit:
    """Write open data: verdicts by hour and network, only where at least five invites stand behind a number."""
    import msgspec

    from collector.publish import cells, votes
    from collector.store import Store

    with Store(_folder(store)) as opened:
        found = [cell._asdict() for cell in cells(votes(opened, since, until))]
    _write_new(out, b"".join(msgspec.json.encode(cell) + b"\n" for cell in found), 0o644)
    shared.out.line({"type": "publish", "cells": len(found), "out": str(out)})
    shared.out.text(_("{number} lines are in {file}.").format(number=len(found), file=out))
    return Exit.OK


@command.command("take")
@click.argument("bundles", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="BUNDLE...")
@_STORE
@shared_options
def take(shared: Shared, store: Path | None, bundles: tuple[Path, ...]) -> Exit:
    """Take bundles that were carried by hand, written by `efir bundle`. Taking one twice changes nothing."""
    from collector.bundles import take_bundle
    from collector.keys import load_keys
    from collector.store import Store

    folder = _folder(store)
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


@command.command("backup")
@_STORE
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write; must be new.",
)
@shared_options
def backup(shared: Shared, store: Path | None, out: Path) -> Exit:
    """Copy results and invites to one file, also while the collector runs. The keys are not in it."""
    from collector.backup import write_backup
    from collector.store import Store

    with Store(_folder(store)) as opened:
        write_backup(opened, out)
    shared.out.line({"type": "backup", "out": str(out)})
    shared.out.text(_("The copy is in {file}. Keep keys.json apart from it.").format(file=out))
    return Exit.OK


@command.command("restore")
@click.argument("copy", type=click.Path(path_type=Path), metavar="FILE")
@_STORE
@shared_options
def restore(shared: Shared, store: Path | None, copy: Path) -> Exit:
    """Put a copy made by `efir collect backup` into a folder that holds no results yet."""
    from collector.backup import restore_backup

    restore_backup(copy, _folder(store))
    shared.out.line({"type": "restore", "from": str(copy)})
    shared.out.text(_("The copy is restored. Put keys.json beside it, then start the collector."))
    return Exit.OK


@command.command("rotate-key")
@_STORE
@click.option("--forget-old", is_flag=True, help="After a theft: batches sealed to the old keys are refused.")
@shared_options
def rotate_key(shared: Shared, store: Path | None, forget_old: bool) -> Exit:
    """Use a new key for new invites; restart the collector afterwards."""
    from collector.keys import load_keys

    folder = _folder(store)
    load_keys(folder).rotated(keep_old=not forget_old).save(folder)
    shared.out.line({"type": "rotate-key", "old_kept": not forget_old})
    shared.out.text(
        _("A new key is in use; batches to older keys are refused from the next start on.")
        if forget_old
        else _("A new key is in use; older invites still work.")
    )
    return Exit.OK


def _write_new(path: Path, content: bytes, mode: int = 0o600) -> None:
    """For the owner only unless told, never over a file that exists. Raises EfirError."""
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(content)
    except OSError as error:
        raise EfirError(
            _("{file} cannot be written: {error}").format(file=path, error=error.strerror)
        ) from None
