"""`efir explain ID`: why a verdict is what it is, down to each observation behind it."""

from collections.abc import Sequence

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.show.beside import show_beside
from efir.show.explain import show_observation, show_verdict
from efir.show.pairs import show_pairs
from efir.show.throttle import show_result
from measurements.records import Observation, VerdictLine
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.throttle.earlier import HOUR


@click.command()
@click.argument("identifier", metavar="ID")
@shared_options
def command(shared: Shared, identifier: str) -> Exit:
    """Show a verdict, its rule in words, and each observation behind it.

    ID is what `efir run` and `efir results` print: a whole id, its beginning, or its end. The name of a platform shows
    the result and the pairs of its latest throttling session, a plot of both flows, and what ran beside the pairs.
    """
    with Spool(StateFolder(shared.state).spool, must_exist=True) as spool:
        session = _latest_session(spool, identifier)
        if session:
            _show_session(shared, spool, identifier, session)
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
    """The pairs of the platform's latest throttling session and the flows beside them; none for any other word.

    Those of a session that was broken off within the hour before, and gone on with, are among them.
    """
    own = [row for row in spool.observations(platform=platform) if row.transfer and row.transfer.pair]
    if not own:
        return []
    last = [row for row in own if row.run_id == own[-1].run_id]
    runs = [own[-1].run_id]
    if any("taken_up" in (line.reason or "") for line in spool.throttles(run_id=runs[0])):
        runs = list(dict.fromkeys(row.run_id for row in own if last[0].time - row.time <= HOUR))
    pairs = {row.transfer.pair for row in own if row.transfer and row.run_id in runs}
    return [
        row
        for run in runs
        for row in spool.observations(run_id=run)
        if row.transfer
        and (
            row.transfer.pair in pairs
            or (row.transfer.purpose == "scope" and row.transfer.session == platform)
        )
    ]


def _show_session(shared: Shared, spool: Spool, platform: str, session: Sequence[Observation]) -> None:
    """Why the decision fell: the result, each pair, a plot, and what ran beside the pairs."""
    results = [line for line in spool.throttles(run_id=session[-1].run_id) if line.platform == platform]
    for line in results:
        shared.out.line(line)
        show_result(shared.out, line)
    for row in session:
        shared.out.line({"type": "observation", **_plain(row)})
    show_pairs(shared.out, session)
    show_beside(shared.out, session)


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
