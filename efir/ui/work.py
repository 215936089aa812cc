"""What the page measures in the background: one thing at a time, as the commands do it.

It runs in a thread with an event loop of its own: a page that is rendered meanwhile must not make the loop late that
takes the times of handshakes (DESIGN section 5).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from efir import words
from efir.exits import EfirError
from efir.i18n import _
from efir.measuring import Measured, measure_once, measured_targets
from efir.options import Shared
from measurements.errors import ConfigurationError
from measurements.state import StateFolder
from measurements.store import Spool
from vantage.budget import is_metered
from vantage.consent import Consent, require_consent
from vantage.line import Stated, read_stated

if TYPE_CHECKING:
    from efir.throttling import Throttled
    from probes.sessions.plan import Plan
    from probes.sessions.runner import Progress

Kind = Literal["round", "cadence", "session"]
# What a run of hours has said lately; the results themselves lie in the store.
_REMEMBERED: Final = 6


@dataclass
class Doing:
    """What is being measured, as the page shows it."""

    kind: Kind
    platforms: tuple[str, ...] = ()  # of a session
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    steps: dict[str, tuple[int, int]] = field(default_factory=dict)  # part of a round -> done, of
    session: str = ""  # where a session stands
    said: deque[tuple[datetime, str]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    news: int = 0  # how much was said in all: what else the page shows is older after that
    stopping: bool = False
    cancel: Callable[[], object] = lambda: None

    def step(self, what: str, done: int, of: int) -> None:
        """A round goes on."""
        self.steps[what] = (done, of)

    def say(self, text: str) -> None:
        """Something worth a line."""
        self.said.append((datetime.now(UTC), text))
        self.news += 1


@dataclass
class Ended:
    """What came of it, in sentences; `failed` if something must be mended."""

    sentences: list[str]
    failed: bool = False


class Work:
    """At most one measurement, and what came of the last one."""

    def __init__(self, shared: Shared, open_spool: Callable[[], AbstractContextManager[Spool]]) -> None:
        self._shared = shared
        self._open = open_spool
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="efir-measuring")
        self._doing: Doing | None = None
        self._future: Future[list[str]] | None = None

    @property
    def doing(self) -> Doing | None:
        """What runs now."""
        return self._doing if self._future and not self._future.done() else None

    def ended(self) -> Ended | None:
        """What came of the last one; told once."""
        if self._future is None or not self._future.done():
            return None
        future, self._future = self._future, None
        error = future.exception()
        if error is None:
            return Ended(future.result())
        if isinstance(error, ConfigurationError | EfirError):
            return Ended([str(error)], failed=True)
        name = type(error).__name__
        return Ended(
            [_("Efir made a mistake of its own ({name}); please start again.").format(name=name)], True
        )

    def start(self, kind: Kind, platforms: tuple[str, ...] = (), longer: bool = False) -> None:
        """Begin. `platforms`, `longer` (pairs may follow a late slowing): of a session. Raises EfirError, NoConsent."""
        if self.doing:
            raise EfirError(_("Something is being measured already; stop it first."))
        require_consent(StateFolder(self._shared.state))
        self._doing = doing = Doing(kind, platforms)
        make: dict[Kind, Callable[[Doing, Spool], Coroutine[Any, Any, list[str]]]] = {
            "round": self._round,
            "cadence": self._cadence,
            "session": lambda doing, spool: self._session(doing, spool, longer),
        }
        self._future = self._thread.submit(self._run, doing, make[kind])

    async def stop(self) -> None:
        """Stop, and wait until what was measured is kept."""
        if self.doing is None or self._doing is None or self._future is None:
            return
        if not self._doing.stopping:
            self._doing.stopping = True
            self._doing.cancel()
        await asyncio.gather(asyncio.wrap_future(self._future), return_exceptions=True)

    def close(self) -> None:
        """No more is begun; call it after `stop`."""
        self._thread.shutdown()

    # In the thread ---------------------------------------------------------------------------------------------

    def _run(self, doing: Doing, make: Callable[[Doing, Spool], Coroutine[Any, Any, list[str]]]) -> list[str]:
        async def main() -> list[str]:
            loop, task = asyncio.get_running_loop(), asyncio.current_task()
            assert task is not None

            def cancel() -> None:
                with suppress(RuntimeError):  # it has just ended by itself
                    loop.call_soon_threadsafe(task.cancel)

            doing.cancel = cancel
            return [] if doing.stopping else await make(doing, spool)

        with self._open() as spool:
            try:
                return asyncio.run(main())
            except asyncio.CancelledError:  # stopped where nothing was measured yet, or all was
                return [words.stopped_early()]

    async def _round(self, doing: Doing, spool: Spool) -> list[str]:
        targets = measured_targets(self._shared)
        return told(await measure_once(self._shared, targets, None, spool, doing.step))

    async def _cadence(self, doing: Doing, spool: Spool) -> list[str]:
        from efir.cycle import Showing, make_cycle
        from efir.show.throttle import sentinels_text

        consent = require_consent(StateFolder(self._shared.state))
        targets = measured_targets(self._shared)
        progress = self._progress(doing, self._plan(consent))

        def measured(found: Measured) -> None:
            doing.steps.clear()
            doing.say(" ".join(told(found)))

        def throttled(found: "Throttled") -> None:
            doing.session = ""
            doing.say(" ".join(told_session(found)))

        show = Showing(
            measured=measured,
            throttled=throttled,
            sentinels=lambda ratios: doing.say(sentinels_text(ratios)),
            text=doing.say,
            step=doing.step,
            progress=progress,
        )
        await make_cycle(self._shared, targets, spool, consent, show).run()
        return [_("Measuring day and night has ended.")]

    async def _session(self, doing: Doing, spool: Spool, longer: bool) -> list[str]:
        from dataclasses import replace

        from efir.throttling import measure_throttling

        folder = StateFolder(self._shared.state)
        consent, stated = require_consent(folder), read_stated(folder) or Stated()
        plan = self._plan(consent)
        found = await measure_throttling(
            self._shared,
            measured_targets(self._shared),
            doing.platforms,
            plan if longer else replace(plan, beyond_bytes=0),
            spool,
            consent.helper,
            self._progress(doing, plan),
            stated.plan,
        )
        return told_session(found)

    def _plan(self, consent: Consent) -> "Plan":
        from probes.sessions.plan import plan_for

        return plan_for(is_metered("auto", read_stated(StateFolder(self._shared.state)), consent))

    def _progress(self, doing: Doing, plan: "Plan") -> "Callable[[Progress], None]":
        from efir.show.throttle import progress_text

        def progress(now: "Progress") -> None:
            doing.session = progress_text(now, plan)

        return progress


def told(measured: Measured) -> list[str]:
    """A finished round in sentences."""
    trouble = words.situation(measured.line.situation)
    if measured.summary.cancelled:
        return [words.stopped_early()]
    return [trouble or _("A round is finished.")]


def told_session(found: "Throttled") -> list[str]:
    """A finished throttling session in sentences."""
    if found.cancelled:
        return [words.stopped_early()]
    return [f"{line.platform}: {words.speed(line.verdict)}." for line in found.lines]
