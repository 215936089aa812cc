"""`efir explain ID`: why a verdict is what it is, down to each observation behind it."""

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.show.explain import show_observation, show_verdict
from efir.show.pairs import show_pairs
from measurements.records import Observation, VerdictLine
from measurements.state import StateFolder
from measurements.store import Spool


@click.command()
@click.argument("identifier", metavar="ID")
@shared_options
def command(shared: Shared, identifier: str) -> Exit:
    """Show a verdict, its rule in words, and each observation behind it.

    ID is what `efir run` and `efir results` print: a whole id, its beginning, or its end. The name of a platform shows
    the pairs of its latest throttling session, with a plot of both flows.
    """
    with Spool(StateFolder(shared.state).spool, must_exist=True) as spool:
        session = _latest_session(spool, identifier)
        if session:
            for row in session:
                shared.out.line({"type": "observation", **_plain(row)})
            show_pairs(shared.out, session)
            return Exit.OK
        record = _one(spool.find(identifier), identifier)
        if isinstance(record, Observation):
            shared.out.line({"type": "observation", **_plain(record)})
            show_observation(shared.out, record)
            return Exit.OK
        behind = spool.observations(ids=record.observations)
        shared.out.line(record)
        for row in behind:
            shared.out.line({"type": "observation", **_plain(row)})
        show_verdict(shared.out, record, behind)
    return Exit.OK


def _latest_session(spool: Spool, platform: str) -> list[Observation]:
    """The paired flows of the platform's latest throttling session; none where that is no platform's name."""
    own = [row for row in spool.observations(platform=platform) if row.transfer and row.transfer.pair]
    if not own:
        return []
    pairs = {row.transfer.pair for row in own if row.transfer and row.run_id == own[-1].run_id}
    return [
        row
        for row in spool.observations(run_id=own[-1].run_id)
        if row.transfer and row.transfer.pair in pairs
    ]


def _one(found: list[Observation | VerdictLine], identifier: str) -> Observation | VerdictLine:
    if not found:
        raise EfirError(
            _("nothing is stored under '{id}'; see `efir results`").format(id=identifier), Exit.USAGE
        )
    if len(found) > 1:
        ids = ", ".join(str(each.id) for each in found[:5])
        raise EfirError(
            _("'{id}' names several records; give more of it: {ids}").format(id=identifier, ids=ids),
            Exit.USAGE,
        )
    return found[0]


def _plain(row: Observation) -> dict[str, object]:
    import msgspec

    plain: dict[str, object] = msgspec.to_builtins(row)
    return plain
