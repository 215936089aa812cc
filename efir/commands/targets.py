"""`efir targets`: what is probed, and whether that list is fit for use."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.targets_in_use import targets_in_use, update
from measurements.state import StateFolder
from measurements.targets import Control, Endpoint, Transfer
from measurements.targets_check import Finding, check_rules
from vantage.consent import read_consent


@click.group()
def command() -> None:
    """List what is probed, check the list, or use a newer one."""


@command.command("list")
@shared_options
def list_(shared: Shared) -> Exit:
    """List every host and address that is contacted, with its probes."""
    targets = targets_in_use(shared)
    rows = [
        _row("platform", key, each)
        for key, platform in targets.platforms.items()
        for each in platform.endpoints
    ]
    rows += [_row(f"{control.scope} control", control.id, control) for control in targets.controls]
    for key, platform in targets.platforms.items():
        rows += [row for transfer in platform.transfers for row in _downloads("platform", key, transfer)]
    for control in targets.controls:
        rows += _downloads(f"{control.scope} control", control.id, control.transfer)
    for row in rows:
        shared.out.line({"type": "target", **row})
    for resolver in targets.resolvers:
        shared.out.line(
            {"type": "resolver", "id": resolver.id, "url": resolver.doh, "address": resolver.address}
        )
        where = resolver.doh or resolver.address or resolver.id
        rows.append({"of": resolver.id, "id": "resolver", "where": where, "probes": ["dns"]})
    _show(shared, rows)
    return Exit.OK


@command.command("update")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--signature", type=click.Path(path_type=Path), help="Its signature; default: FILE.sig.")
@shared_options
def update_(shared: Shared, file: Path, signature: Path | None) -> Exit:
    """Use a newer targets file, carried here by hand. Nothing is contacted.

    It counts only with the signature of a release key that came with Efir; an older file is refused.
    """
    new = update(shared, file, signature or file.with_name(file.name + ".sig"))
    shared.out.line({"type": "targets", "updated": new.updated, "platforms": list(new.platforms)})
    shared.out.text(_("The targets of {day} are in use.").format(day=new.updated))
    return Exit.OK


@command.command()
@click.option(
    "--contact", metavar="URL", help="Where the owner of a host can reach you; sent with each request."
)
@shared_options
def check(shared: Shared, contact: str | None) -> Exit:
    """Check the list: first its rules, then every entry from this line.

    Entries are tried only after consent, and only a clean line can tell a stale entry from a blocked one. Unlike a
    measurement, each request says who asks.
    """
    targets = targets_in_use(shared)
    findings = check_rules(targets, datetime.now(UTC).date())
    _report(shared, findings)
    exit_code = Exit.CONFIGURATION if any(each.level == "error" for each in findings) else Exit.OK
    if read_consent(StateFolder(shared.state)) is None:
        shared.out.text(
            _("The entries were not tried: nothing is contacted before you agree (efir consent).")
        )
        return exit_code
    from efir.trying import try_entries

    online, tried = try_entries(shared, targets, contact)
    _report(shared, tried)
    if not online:
        return Exit.OFFLINE
    return Exit.PARTIAL if exit_code is Exit.OK and tried else exit_code


def _row(kind: str, owner: str, entry: Endpoint | Control) -> dict[str, Any]:
    where = entry.url or f"{entry.address}:{entry.port}" if isinstance(entry, Endpoint) else entry.url
    return {
        "kind": kind,
        "of": owner,
        "id": entry.id,
        "where": where,
        "probes": entry.probes,
        "verified": entry.verified,
    }


def _downloads(kind: str, owner: str, transfer: Transfer | None) -> list[dict[str, Any]]:
    """What throughput pairs contact: an object, or a page and the pattern of the object's address; a neutral name."""
    if transfer is None:
        return []
    found = transfer.discover
    places = {
        "transfer": found.page if found else transfer.url,
        "pattern": found.pattern if found else None,
        "neutral": transfer.neutral_sni,
    }
    more = {"kind": kind, "of": owner, "probes": ["transfer"], "verified": transfer.verified}
    return [{"id": id_, "where": where, **more} for id_, where in places.items() if where]


def _report(shared: Shared, findings: list[Finding]) -> None:
    for finding in findings:
        shared.out.line(finding)
        word = _("error") if finding.level == "error" else _("warning")
        shared.out.text(f"{word}: {finding.place}: {finding.text}")
    errors = sum(finding.level == "error" for finding in findings)
    shared.out.text(
        _("{errors} errors, {warnings} warnings.").format(errors=errors, warnings=len(findings) - errors)
    )


def _show(shared: Shared, rows: list[dict[str, Any]]) -> None:
    """Padded columns without wrapping: a URL that is cut in two cannot be copied."""
    columns = ("of", "id", "where")
    widths = [max((len(str(row[column])) for row in rows), default=0) for column in columns]
    for row in rows:
        cells = (str(row[column]).ljust(width) for column, width in zip(columns, widths, strict=True))
        shared.out.console.print("  ".join((*cells, " ".join(row["probes"]))), markup=False, soft_wrap=True)
