"""One round of reachability: controls, platforms, second tries, controls again."""

import asyncio
import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from urllib.parse import urlsplit

import msgspec

from measurements.records import Observation, Role
from measurements.refusals import Page
from measurements.rules.addresses import PAGE_LEFT_ALONE
from measurements.rules.cleartext import CLEARTEXT, PORT
from measurements.rules.controls import AFTER, DURING, FOREIGN_NEEDED, vouched
from measurements.rules.line import Line, judge_line
from measurements.rules.watch import EVERY, WATCH
from measurements.targets import Control, Endpoint, Platform, Targets
from probes.base import Context
from probes.limits import DNS_SLOT_SECONDS, LagMeter, Slots
from probes.mishaps import Mishaps
from probes.registry import prepare
from probes.tools import Tools
from probes.walk import Walk

# Seconds before the second tries: long enough for a lost packet's cause to pass, short enough for a person waiting.
RETRY_PAUSE = (1.0, 2.0)
# Flag of a control's name, asked right after another that failed.
BESIDE = "control_beside"

Step = Callable[[str, int, int], None]  # (what, done, of)


@dataclass
class RoundResult:
    """Everything a round measured. `cancelled`: it was stopped early; what is here is still true."""

    observations: list[Observation] = field(default_factory=list)
    seconds: float = 0.0
    cancelled: bool = False

    @property
    def bytes_sent(self) -> int:
        return sum(o.bytes_sent for o in self.observations)

    @property
    def bytes_received(self) -> int:
        return sum(o.bytes_received for o in self.observations)


async def run_round(
    targets: Targets,
    context: Context,
    *,
    platforms: Sequence[str] | None = None,
    thorough: bool = False,
    left_alone: Collection[Page] = (),
    keep: Callable[[Observation], None] = lambda row: None,
    step: Step = lambda what, done, of: None,
) -> RoundResult:
    """Measure `platforms` (all when None) once; `keep` gets each observation as soon as it is made.

    `thorough` asks the trusted resolvers for every name, not only where the system's answer fails. Pages `left_alone`
    are not asked for: the handshake is the end. A cancelled round returns what it has, with `cancelled` set.
    """
    prepare(context.roots)
    result = RoundResult()

    def kept(row: Observation) -> None:
        result.observations.append(row)
        keep(row)

    start = context.clock.monotonic()
    async with LagMeter(context.clock.monotonic).running() as lag:
        dns_slots = Slots(slot_seconds=DNS_SLOT_SECONDS)
        mishaps = Mishaps(context.clock, context.network)
        tools = Tools(
            context, Slots(), dns_slots, Slots(1, DNS_SLOT_SECONDS), lag, mishaps, kept, targets.resolvers
        )
        try:
            await _Round(targets, tools, result, platforms, thorough, left_alone, step).run()
        except asyncio.CancelledError:
            result.cancelled = True
    result.seconds = context.clock.monotonic() - start
    return result


@dataclass
class _Round:
    targets: Targets
    tools: Tools
    result: RoundResult
    platforms: Sequence[str] | None
    thorough: bool
    left_alone: Collection[Page]
    step: Step

    async def run(self) -> None:
        line = await self._controls_before()
        if not line.online:
            return
        walks = self._walks()
        await self._first_tries(walks)
        if line.international_cut:
            return  # nothing will be said about a platform: second tries would only load a cut line
        await self._second_tries(walks)
        await self._controls_hold((AFTER,))
        self.step("controls after", 1, 1)

    def _line(self) -> Line:
        return judge_line(self.result.observations, self.targets.controls)

    async def _controls_before(self) -> Line:
        walks = await self._controls(())
        line = self._line()
        heard = any(o.bytes_received for o in self.result.observations)
        if (not line.online and heard) or line.international_cut:
            await self._pause()
            await asyncio.gather(*(walk.again() for walk in walks if not walk.works))
            line = self._line()
        if not line.online and heard and self.targets.controls:
            await self._cleartext(self.targets.controls[:1])
            line = self._line()
        self.step("controls", line.controls_ok, line.controls_total)
        return line

    async def _controls(self, flags: tuple[str, ...]) -> list[Walk]:
        walks = [self._control_walk(control, flags) for control in self.targets.controls]
        await asyncio.gather(*(walk.first() for walk in walks))
        await asyncio.gather(*(walk.ask_trusted() for walk in walks if not walk.works))
        return walks

    async def _controls_hold(self, flags: tuple[str, ...]) -> None:
        """Controls once more; where too few answer, one second try, so that a single lost packet is no verdict."""
        foreign = {control.id for control in self.targets.controls if control.scope == "foreign"}
        before = len(self.result.observations)
        await self._controls(flags)
        fresh = {o.platform for o in self.result.observations[before:] if vouched(o)}
        if len(fresh & foreign) < FOREIGN_NEEDED:
            await self._controls(flags)

    async def _cleartext(self, controls: Sequence[Control]) -> None:
        """A control's front page in clear text: a portal answers in its place, a notice comes before it."""

        async def one(control: Control) -> None:
            url = f"http://{urlsplit(control.url).hostname}/"
            page = Endpoint(id="cleartext", url=url, probes=("dns", "http"))
            await Walk(self.tools, control.id, "control", page, flags=(CLEARTEXT,)).first()

        await asyncio.gather(*(one(control) for control in controls))

    def _control_walk(self, control: Control, flags: tuple[str, ...]) -> Walk:
        endpoint = Endpoint(id="web", url=control.url, probes=control.probes, expect=control.expect)
        return self._walk(control.id, "control", endpoint, flags=flags)

    def _walk(
        self,
        platform: str,
        role: Role,
        endpoint: Endpoint,
        neutral: str | None = None,
        flags: tuple[str, ...] = (),
    ) -> Walk:
        if (role, platform, endpoint.id) in self.left_alone:
            without = dict.fromkeys("tls" if probe == "http" else probe for probe in endpoint.probes)
            without.pop("quic", None)  # asks for the page too, over HTTP/3
            endpoint = msgspec.structs.replace(endpoint, probes=tuple(without))
            flags = (*flags, PAGE_LEFT_ALONE)
        return Walk(self.tools, platform, role, endpoint, neutral, flags)

    def _walks(self) -> list[Walk]:
        chosen = {
            name: platform
            for name, platform in self.targets.platforms.items()
            if self.platforms is None or name in self.platforms
        }
        return [
            self._walk(name, "target", endpoint, _neutral(platform))
            for name, platform in chosen.items()
            for endpoint in platform.endpoints
        ]

    async def _first_tries(self, walks: list[Walk]) -> None:
        done = 0

        async def one(walk: Walk) -> None:
            nonlocal done
            await walk.first()
            if self.thorough:
                await walk.ask_trusted()
            done += 1
            self.step("platforms", done, len(walks))

        shuffled = random.Random(self.tools.context.run_id).sample(walks, len(walks))
        await asyncio.gather(*(one(walk) for walk in shuffled))

    async def _second_tries(self, walks: list[Walk]) -> None:
        failing = [walk for walk in walks if walk.needs_retry]
        if not failing:
            return
        done = 0
        controls = cycle(self.targets.controls)

        async def one(walk: Walk) -> None:
            nonlocal done
            if walk.system_fails and not self.thorough:
                await walk.ask_trusted()
            await walk.again()
            if walk.denied and self.targets.controls:
                await self._name_beside(next(controls))
            await walk.neutral()
            done += 1
            self.step("second tries", done, len(failing))

        self.step("second tries", 0, len(failing))
        await self._pause()
        in_cleartext = any(walk.endpoint.target_port == PORT for walk in failing)
        watch = asyncio.create_task(self._watch())
        try:
            await asyncio.gather(
                self._controls_hold((DURING,)),
                self._cleartext(self.targets.controls if in_cleartext else ()),
                *(one(walk) for walk in failing),
            )
        finally:
            watch.cancel()
            await asyncio.wait([watch])

    async def _name_beside(self, control: Control) -> None:
        """A control's name, asked right after one that failed: a resolver that has had enough refuses it as well."""
        await self._control_walk(control, (BESIDE,)).name_again()

    async def _watch(self) -> None:
        """Connect to the foreign controls every few seconds, where they answered before, until cancelled."""
        foreign = {c.id: c for c in self.targets.controls if c.scope == "foreign"}
        working = {o.platform: o for o in self.result.observations if vouched(o) and o.platform in foreign}
        ends = [
            Endpoint(id="watch", url=foreign[name].url, address=row.address, port=row.port, probes=("tcp",))
            for name, row in working.items()
        ]
        async with asyncio.TaskGroup() as group:
            while True:
                await asyncio.sleep(EVERY)
                for name, end in zip(working, ends, strict=True):
                    group.create_task(Walk(self.tools, name, "control", end, flags=(WATCH,)).first())

    async def _pause(self) -> None:
        seconds = random.Random(self.tools.context.run_id + "pause").uniform(*RETRY_PAUSE)
        await asyncio.sleep(seconds)


def _neutral(platform: Platform) -> str | None:
    return next((t.neutral_sni for t in platform.transfers if t.neutral_sni), None)
