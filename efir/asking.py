"""What only the person knows: the line (asked once), and whether a session may cost more."""

import sys
from typing import Any

import click
from msgspec import structs

from efir.i18n import _
from efir.options import Shared
from measurements.state import StateFolder
from vantage.consent import read_consent
from vantage.line import Stated, read_stated, write_stated


def about_the_line(shared: Shared, plan: str | None, tethered: str | None, access: str | None) -> None:
    """Keep what the options say; on a terminal ask for the rest, but only the first time and after consent."""
    folder = StateFolder(shared.state)
    before = read_stated(folder)
    given: dict[str, Any] = {"plan": plan, "access": access, "tethered": tethered and tethered == "yes"}
    given = {name: value for name, value in given.items() if value is not None}
    if before is None and sys.stdin.isatty() and read_consent(folder) is not None:
        given = _ask(shared) | given
    if given:
        write_stated(folder, structs.replace(before or Stated(), **given))


def longer_pairs(shared: Shared, budget: int) -> bool | None:
    """Whether pairs may follow a late slowing on a metered line, within `budget` bytes; None without a terminal."""
    if not sys.stdin.isatty():
        return None
    question = _(
        "Some slowing begins only after a megabyte or more. Proving it takes longer downloads, up to {megabytes} MB "
        "in all. Allow them if they are needed?"
    ).format(megabytes=budget // 1_000_000)
    return click.confirm(question, default=False, err=shared.out.as_json)


def _ask(shared: Shared) -> dict[str, Any]:
    to_stderr = shared.out.as_json
    bundled = click.prompt(
        _("Are some platforms free, faster or slower by your plan? (yes, no, unknown)"),
        type=click.Choice(["yes", "no", "unknown"]),
        err=to_stderr,
    )
    tethered = click.confirm(
        _("Is this device connected through a phone's hotspot?"), default=None, err=to_stderr
    )
    access = click.prompt(
        _("What kind of line is it? (fixed, mobile, other)"),
        type=click.Choice(["fixed", "mobile", "other"]),
        err=to_stderr,
    )
    metered = click.confirm(_("Do you pay by volume, or is your data limited?"), default=None, err=to_stderr)
    vpn = click.confirm(_("Does all traffic of this device go through a VPN?"), default=None, err=to_stderr)
    plans = {"yes": "bundled", "no": "plain", "unknown": "unknown"}
    return {
        "plan": plans[bundled],
        "tethered": tethered,
        "access": access,
        "metered": metered,
        "vpn": vpn,
    }
