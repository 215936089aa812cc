"""`efir changes`: when did a platform become slower or start to fail, without any schedule?"""

import os
from typing import TYPE_CHECKING, cast

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import DATA, Shared, shared_options

if TYPE_CHECKING:
    from analysis.changes.detect import Change
    from analysis.correlate.types import Outcome

_OUTCOMES = ("goodput", "failure")


@click.command()
@click.option("--data", "folder", required=True, help=DATA)
@click.option("--outcome", "outcomes", multiple=True, type=click.Choice(_OUTCOMES), help="Default: both.")
@click.option("--platform", "platforms", multiple=True, help="Only these platforms.")
@shared_options
def command(shared: Shared, folder: str, outcomes: tuple[str, ...], platforms: tuple[str, ...]) -> Exit:
    """Find changes of level that nobody announced, per platform and provider; docs/association.md says how."""
    # Small systems of equations: threads would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from analysis.changes.detect import changes
    from analysis.data import open_data
    from analysis.errors import DataError
    from analysis.votes.load import load_votes

    try:
        data = open_data(folder)
    except DataError as error:
        raise EfirError(str(error)) from None
    found = cells = 0
    try:
        for outcome in outcomes or _OUTCOMES:
            for votes in load_votes(data, cast("Outcome", outcome), platforms):
                cells += 1
                for change in changes(votes):
                    found += 1
                    _show(shared, change)
    finally:
        data.close()
    shared.out.text(_("{found} changes in {cells} cells").format(found=found, cells=cells))
    return Exit.OK


def _show(shared: Shared, change: "Change") -> None:
    shared.out.line(change)
    if not shared.out.as_json:
        provider = f"AS{change.asn}" if change.asn else _("unknown AS")
        shared.out.text(
            f"{change.time:%Y-%m-%d %H:%M}Z  {change.direction:<6} {change.platform} {provider} {change.outcome}  "
            f"{change.before:.2f} -> {change.after:.2f}  {_('confidence')} {change.confidence:.3f}"
        )
