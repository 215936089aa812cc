"""`efir results`: stored verdicts."""

from datetime import datetime

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.show.throttle import show_result
from efir.show.verdicts import show_verdicts
from measurements.records import ThrottleLine, VerdictLine
from measurements.state import StateFolder
from measurements.store import Spool


@click.command()
@click.option(
    "--run", "run_id", metavar="ID", help="This run, by its id or the beginning of it; default: the latest."
)
@click.option("--limit", type=click.IntRange(min=1), help="The newest verdicts of all runs, at most so many.")
@shared_options
def command(shared: Shared, run_id: str | None, limit: int | None) -> Exit:
    """Show the verdicts of the latest round and the last throttling session of each platform.

    Or the verdicts of another run, or the newest ones of all with the newest sessions.
    """
    with Spool(StateFolder(shared.state).spool, must_exist=True) as spool:
        verdicts = _chosen(spool, run_id, limit)
        sessions = [] if run_id else _sessions(spool, limit)
    for line in (*verdicts, *(session for _time, session in sessions)):
        shared.out.line(line)
    if verdicts:
        shared.out.text(_("{time:%Y-%m-%d %H:%M} UTC").format(time=verdicts[0].time))
        show_verdicts(shared.out, verdicts)
    for time, session in sessions:
        shared.out.text(_("{time:%Y-%m-%d %H:%M} UTC").format(time=time))
        show_result(shared.out, session)
    if not (verdicts or sessions):
        shared.out.text(_("No verdict is stored yet. To measure once: efir run --once"))
    return Exit.OK


def _sessions(spool: Spool, limit: int | None) -> list[tuple[datetime, ThrottleLine]]:
    """The newest, or the last one of each platform."""
    sessions = spool.sessions(limit=limit)
    last = {line.platform: (time, line) for time, line in sessions}
    return sessions if limit else list(last.values())


def _chosen(spool: Spool, run_id: str | None, limit: int | None) -> list[VerdictLine]:
    if run_id is None:
        latest = spool.latest_round()
        return spool.verdicts(run_id=None if limit else latest, limit=limit)
    runs = sorted({summary.run_id for _time, summary in spool.rounds() if summary.run_id.startswith(run_id)})
    if not runs:
        raise EfirError(
            _("no run {id} is stored; see `efir results --limit 50 --json`").format(id=run_id), Exit.USAGE
        )
    if len(runs) > 1:
        raise EfirError(
            _("several runs begin with {id}: {runs}").format(id=run_id, runs=", ".join(runs)), Exit.USAGE
        )
    return spool.verdicts(run_id=runs[0], limit=limit)
