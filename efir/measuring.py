"""From shared options to a measuring context, and from a round to stored and printed lines."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

import click
import msgspec

from efir.exits import Exit
from efir.options import Shared
from efir.targets_in_use import targets_in_use
from measurements.identity import place_of, pseudonym
from measurements.ids import uuid7
from measurements.invite import read_invite
from measurements.records import Observation, SummaryLine, VerdictLine
from measurements.refusals import PAUSE, Page, refused_pages
from measurements.rules.judge import Round, judge_round
from measurements.rules.line import Line, judge_line
from measurements.scrub import MARK, SERVER, redactor, scrubber
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.store_sql import adding
from measurements.targets import Targets
from vantage.line import read_stated
from vantage.network import near_addresses, network_key, own_names

if TYPE_CHECKING:
    from probes.base import Context
    from probes.round import RoundResult, Step


def make_context(shared: Shared) -> "Context":
    """Pseudonym, roots, clock and scrubber for one round."""
    from probes.base import Clock, Context, Vantage
    from probes.roots import Roots, bundled

    clock = Clock()
    folder = StateFolder(shared.state)
    who = pseudonym(folder, network_key(), clock.wall(), clock.random_bytes)
    stated, place = read_stated(folder), place_of(folder, network_key())
    return Context(
        run_id=uuid7(clock.wall(), clock.random_bytes),
        vantage=Vantage(
            pseudonym=who,
            asn=place.asn,
            country=place.country,
            access=stated.access if stated else None,
        ),
        roots=Roots(shared.ca_file or bundled()),
        clock=clock,
        network=network_key,
        scrub=scrubber(own_names()),
    )


def measured_targets(shared: Shared) -> Targets:
    """The targets in use, and the invite's test server where the file names none. Raises ConfigurationError."""
    targets = targets_in_use(shared)
    path = StateFolder(shared.state).invite
    if targets.helper is None and path.exists():
        return msgspec.structs.replace(targets, helper=read_invite(path).helper)
    return targets


def known_platforms(targets: Targets, names: Sequence[str]) -> list[str] | None:
    """`names` checked against the file; None when none was given. Raises click.UsageError with the nearest name."""
    for name in names:
        if name not in targets.platforms:
            near = get_close_matches(name, targets.platforms, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else f" Known: {', '.join(targets.platforms)}."
            raise click.UsageError(f"No platform '{name}' in the targets file.{hint}")
    return list(names) or None


@dataclass
class Keeper:
    """Writes observations behind the measurement's back; `settle` waits until all are on disk.

    `redact` takes out what was measured and may not be kept.
    """

    spool: Spool
    redact: Callable[[Observation], Observation]
    _pending: list["Future[int]"] = field(default_factory=list)

    def keep(self, row: Observation) -> None:
        self._pending.append(self.spool.submit(adding([self.redact(row)])))

    def settle(self) -> None:
        """Raises StoreError if a row could not be kept."""
        for future in self._pending:
            future.result()
        self._pending.clear()


def make_keeper(spool: Spool, targets: Targets) -> Keeper:
    """Keeps all but the addresses of the person's own network and of the test server."""
    near = dict.fromkeys(near_addresses(), MARK)
    servers = targets.helper.addresses if targets.helper else ()
    return Keeper(spool, redactor(near | {each: f"{SERVER}{n}" for n, each in enumerate(servers, 1)}))


@dataclass(frozen=True)
class Measured:
    """A finished round."""

    line: Line
    verdicts: list[VerdictLine]
    summary: SummaryLine

    @property
    def exit(self) -> Exit:
        if self.summary.cancelled:
            return Exit.INTERRUPTED
        return Exit.OK if self.line.online else Exit.OFFLINE


def _left_alone(spool: Spool, now: datetime) -> frozenset[Page]:
    """Pages that refused a round within the last day: the next ones do not ask for them. Raises StoreError."""
    return refused_pages(spool.observations(since=now - PAUSE), now)


async def check_line(targets: Targets, context: "Context", keeper: Keeper) -> "tuple[RoundResult, Line]":
    """A round without platforms: the controls alone say how the line is. What they said is kept, not yet settled."""
    from probes.round import run_round

    left_alone = _left_alone(keeper.spool, context.clock.utc())
    result = await run_round(targets, context, platforms=(), left_alone=left_alone, keep=keeper.keep)
    return result, judge_line(result.observations, targets.controls)


async def measure_once(
    shared: Shared,
    targets: Targets,
    platforms: Sequence[str] | None,
    spool: Spool,
    step: "Step",
    thorough: bool = False,
) -> Measured:
    """Measure one round, keep it and judge it."""
    from probes.round import run_round

    context = make_context(shared)
    started = context.clock.utc()
    keeper = make_keeper(spool, targets)
    result = await run_round(
        targets,
        context,
        platforms=platforms,
        thorough=thorough,
        left_alone=_left_alone(spool, started),
        keep=keeper.keep,
        step=step,
    )
    measured = _judge(targets, platforms, context, result, started)
    await asyncio.to_thread(_store, keeper, measured, started)
    return measured


def _judge(
    targets: Targets,
    platforms: Sequence[str] | None,
    context: "Context",
    result: "RoundResult",
    started: datetime,
) -> Measured:
    who = context.vantage
    about = Round(context.run_id, who.pseudonym, who.asn, who.country, started)
    line, verdicts = judge_round(targets, result.observations, about, context.new_id, platforms)
    summary = SummaryLine(
        run_id=context.run_id,
        online=line.online,
        international_cut=line.international_cut,
        captive_portal=line.situation == "captive_portal",
        controls_ok=line.controls_ok,
        controls_total=line.controls_total,
        bytes_sent=result.bytes_sent,
        bytes_received=result.bytes_received,
        duration_seconds=round(result.seconds, 3),
        cancelled=result.cancelled,
    )
    return Measured(line, verdicts, summary)


def _store(keeper: Keeper, measured: Measured, started: datetime) -> None:
    keeper.spool.add_verdicts(measured.verdicts)
    keeper.spool.add_round(measured.summary, started)
    keeper.settle()
