"""What the collector's operator does about vantages: invites, and the key that they hold."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from efir.collector_store import folder_of, store_option, write_new
from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, new_file_option, shared_options


@click.command("invite")
@store_option
@click.option(
    "--collector", "collectors", multiple=True, required=True, metavar="URL", help="Where to send; in turn."
)
@click.option(
    "--helper", type=click.Path(path_type=Path), help="YAML with the test helper's addresses, port, sha256."
)
@new_file_option
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

    folder = folder_of(store)
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
    write_new(out, msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n")
    shared.out.line({"type": "invite", "id": made.id, "out": str(out)})
    shared.out.text(
        _("Invite {id} is in {file}: for one vantage, to be kept secret.").format(id=made.id, file=out)
    )
    return Exit.OK


@click.command("revoke")
@click.argument("invite_id", metavar="ID")
@store_option
@shared_options
def revoke(shared: Shared, store: Path | None, invite_id: str) -> Exit:
    """Take nothing more under the invite ID. What came in stays: see `efir collect retract`."""
    from collector.invites import revoke as revoking
    from collector.store import Store

    with Store(folder_of(store)) as opened:
        revoking(opened, invite_id, datetime.now(UTC))
    shared.out.line({"type": "revoke", "id": invite_id})
    shared.out.text(_("Invite {id} is revoked.").format(id=invite_id))
    return Exit.OK


@click.command("vantages")
@store_option
@shared_options
def vantages(shared: Shared, store: Path | None) -> Exit:
    """List the invites: when they sent last, how many results, duplicates, refusals and mismatches of networks."""
    from collector.invites import vantages as listing
    from collector.store import Store
    from efir.collecting import utc

    with Store(folder_of(store)) as opened:
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


@click.command("rotate-key")
@store_option
@click.option("--forget-old", is_flag=True, help="After a theft: batches sealed to the old keys are refused.")
@shared_options
def rotate_key(shared: Shared, store: Path | None, forget_old: bool) -> Exit:
    """Use a new key for new invites; restart the collector afterwards."""
    from collector.keys import load_keys

    folder = folder_of(store)
    load_keys(folder).rotated(keep_old=not forget_old).save(folder)
    shared.out.line({"type": "rotate-key", "old_kept": not forget_old})
    shared.out.text(
        _("A new key is in use; batches to older keys are refused from the next start on.")
        if forget_old
        else _("A new key is in use; older invites still work.")
    )
    return Exit.OK


INVITES: Final = (invite, revoke, vantages, rotate_key)
