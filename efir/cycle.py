"""`efir run` without --once: rounds, sentinels and sessions on the blind cadence, until somebody stops it."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random, SystemRandom
from typing import TYPE_CHECKING, Final

from efir.exits import Exit
from efir.i18n import _
from efir.measuring import Measured, check_line, make_context, make_keeper, measure_once
from efir.options import Shared
from efir.throttling import Throttled, measure_throttling
from efir.uploading import send_if_due
from efir.words import pause_word
from measurements.errors import ConfigurationError
from measurements.invite import InviteError
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.targets import Targets
from measurements.throttle.sentinel import LAST, sentinel_ratio, starts_session
from probes.sessions.plan import plan_for
from probes.sessions.sentinel import Remembered, Sentinels
from vantage import budget
from vantage.cadence import Agenda, Kind, shape
from vantage.conditions import pause
from vantage.consent import Consent, read_consent
from vantage.line import Stated, read_stated
from vantage.network import network_mark

if TYPE_CHECKING:
    from measurements.records import Observation
    from measurements.throttle.pair import Pair
    from probes.round import Step
    from probes.sessions.pairs import Ledger
    from probes.sessions.runner import Progress

# Seconds after which the loop looks at the wall clock, the consent and the pause again: a device that slept, or a
# person who wants it to stop, waits no longer.
LOOK_AGAIN: Final = 5.0


@dataclass(frozen=True)
class Surroundings:
    """What the loop takes from outside, so that a test can live through a day in a second."""

    local_now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    pause: Callable[[], str | None]  # a reason of the device's: battery, vpn
    random: Random


@dataclass(frozen=True)
class Showing:
    """Where results go as they come."""

    measured: Callable[[Measured], None]
    throttled: Callable[[Throttled], None]
    sentinels: Callable[[dict[str, float | None]], None]
    text: Callable[[str], None]
    step: "Step" = lambda what, done, of: None  # of the round that runs
    progress: "Callable[[Progress], None]" = lambda progress: None  # of the session that runs


@dataclass
class Cycle:
    """The state of a continuous run; `run` returns when the consent is gone or the task is cancelled."""

    shared: Shared
    targets: Targets
    platforms: list[str]
    spool: Spool
    consent: Consent
    stated: Stated
    metered: bool
    agenda: Agenda
    around: Surroundings
    show: Showing
    thorough: bool = False
    _ratios: dict[str, deque[float | None]] = field(default_factory=dict)
    _memory: Remembered = field(default_factory=Remembered)
    _online: bool = True  # until a round or a sweep says otherwise
    _held: str | None = None  # why nothing is measured, as last said
    _unsent: str | None = None  # what is wrong with the invite, as last said

    async def run(self) -> Exit:
        """Go on until stopped."""
        watch = asyncio.create_task(self._watch(asyncio.current_task()))
        try:
            while self._agreed():
                await self._step()
        except asyncio.CancelledError:
            pass
        finally:
            watch.cancel()
        if self._agreed():
            return Exit.INTERRUPTED
        self.show.text(_("The consent is gone, so nothing more is measured."))
        return Exit.OK

    async def _step(self) -> None:
        now = self.around.local_now()
        kind = self.agenda.take(now)
        if kind is None:
            await self._send(now)
            await self.around.sleep(min(LOOK_AGAIN, self.agenda.wait(now)))
        elif self._fit(kind):
            await (self._round() if kind == "round" else self._sentinels())

    # May it measure now? ---------------------------------------------------------------------------------------

    def _agreed(self) -> bool:
        """Consent is asked of the disk: `efir wipe` and `efir consent --withdraw` stop a run that way."""
        try:
            return read_consent(StateFolder(self.shared.state)) is not None
        except ConfigurationError:
            return False

    async def _watch(self, running: "asyncio.Task[object] | None") -> None:
        while self._agreed():  # noqa: ASYNC110 - what is waited for happens on disk, done by another process
            await asyncio.sleep(LOOK_AGAIN)
        if running:
            running.cancel()

    def _fit(self, kind: Kind) -> bool:
        paused = StateFolder(self.shared.state).paused.exists()
        reason = "paused" if paused else self.around.pause()
        if reason is None and kind == "round" and not self._room(budget.ROUND_BYTES):
            reason = "budget"
        if reason is not None and reason != self._held:
            self.show.text(_("Nothing is measured for now: {reason}.").format(reason=pause_word(reason)))
        self._held = reason
        return reason is None

    def _spent(self) -> "Ledger":
        return budget.spent_today(self.spool, self.around.local_now())

    def _room(self, need: int) -> bool:
        return self._spent().total + need <= budget.limit(self.metered)

    # Sending ---------------------------------------------------------------------------------------------------

    async def _send(self, now: datetime) -> None:
        """Between measurements only: an upload would share the line with them."""
        consent = read_consent(StateFolder(self.shared.state))
        try:
            sent = (
                await send_if_due(self.shared, consent, self.spool, now.timestamp, self._room)
                if consent
                else None
            )
        except InviteError as error:  # no reason to stop measuring
            if str(error) != self._unsent:
                self.show.text(str(error))
            self._unsent = str(error)
            return
        if sent is not None:
            self.show.text(
                _("{number} results were sent; {waiting} wait.").format(
                    number=sent.acknowledged, waiting=sent.waiting
                )
            )

    # Measuring -------------------------------------------------------------------------------------------------

    async def _round(self) -> None:
        measured = await measure_once(
            self.shared, self.targets, self.platforms, self.spool, self.show.step, self.thorough
        )
        self._online = measured.line.online
        self.show.measured(measured)
        _stop_if(measured.summary.cancelled)

    async def _sentinels(self) -> None:
        if not self._online and not await self._line_is_back():
            return
        pairs = await self._sweep()
        ratios = {name: sentinel_ratio(pair) for name, pair in pairs.items()}
        self._online = not pairs or any(ratio is not None for ratio in ratios.values())
        self.show.sentinels(ratios)
        for name, ratio in ratios.items():
            self._ratios.setdefault(name, deque(maxlen=LAST)).append(ratio)
        suspected = [name for name, seen in self._ratios.items() if starts_session(list(seen))]
        if suspected:
            await self._session(suspected)

    async def _line_is_back(self) -> bool:
        """After an outage or a login page the controls alone are asked first."""
        keeper = make_keeper(self.spool, self.targets)
        checked, line = await check_line(self.targets, make_context(self.shared), keeper)
        await asyncio.to_thread(keeper.settle)
        _stop_if(checked.cancelled)
        self._online = line.online
        return self._online

    async def _sweep(self) -> "dict[str, Pair]":
        from probes.sessions.pairs import Flows

        context, keeper = make_context(self.shared), make_keeper(self.spool, self.targets)
        ledger = self._spent()
        flows = Flows(
            context=context,
            keep=keeper.keep,
            ledger=ledger,
            random=self.around.random,
            network=network_mark,
            started=context.clock.utc(),
        )

        def keep(row: "Observation") -> None:
            ledger.add(row)
            keeper.keep(row)

        sentinels = Sentinels(
            targets=self.targets,
            flows=flows,
            keep=keep,
            memory=self._memory,
            room=lambda need: ledger.total + need <= budget.limit(self.metered),
        )
        order = list(self.platforms)
        self.around.random.shuffle(order)
        try:
            return dict(await sentinels.sweep(order))
        finally:
            await asyncio.to_thread(keeper.settle)

    async def _session(self, platforms: list[str]) -> None:
        """Pairs until decided. Sentinels looked suspicious without our server, so it may take part now."""
        for name in platforms:
            self._ratios.pop(name)
        now = self.around.local_now()
        rows = self.spool.observations(since=now - budget.DAY)
        planned = budget.planned(self.agenda.shape, len(self.platforms))
        allowed = budget.for_sessions(rows, now, self.metered, planned)
        plan = plan_for(self.metered)
        plan = replace(plan, budget=min(plan.budget, self._spent().total + allowed))
        found = await measure_throttling(
            self.shared,
            self.targets,
            platforms,
            plan,
            self.spool,
            self.consent.helper and self.stated.plan != "bundled",
            self.show.progress,
            self.stated.plan,
        )
        self.show.throttled(found)
        task = asyncio.current_task()
        _stop_if(bool(task and task.cancelling()))


def make_cycle(
    shared: Shared,
    targets: Targets,
    spool: Spool,
    consent: Consent,
    show: Showing,
    *,
    platforms: list[str] | None = None,
    metered: str = "auto",
    start_within: float = 0,
    thorough: bool = False,
    around: Surroundings | None = None,
) -> Cycle:
    """A continuous run of all platforms when none is named; `around` is this device's own unless given."""
    stated = read_stated(StateFolder(shared.state)) or Stated()
    costs = budget.is_metered(metered, stated, consent)
    around = around or Surroundings(
        local_now=lambda: datetime.now().astimezone(),
        sleep=asyncio.sleep,
        pause=lambda: pause(vpn=stated.vpn),
        random=SystemRandom(),
    )
    return Cycle(
        shared=shared,
        targets=targets,
        platforms=platforms or list(targets.platforms),
        spool=spool,
        consent=consent,
        stated=stated,
        metered=costs,
        agenda=Agenda.starting(shape(costs), around.local_now(), start_within, around.random.uniform),
        around=around,
        show=show,
        thorough=thorough,
    )


def _stop_if(cancelled: bool) -> None:
    """Rounds and sessions end a cancellation by giving what they have; the loop must end as well."""
    if cancelled:
        raise asyncio.CancelledError
