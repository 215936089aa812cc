"""Several host families in turn: flows never overlap, and while one family waits another one measures."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

from measurements.records import Observation
from measurements.targets import Targets, Transfer
from measurements.throttle.decision import PlatformDecision, decide, decide_platform
from measurements.throttle.earlier import Earlier
from measurements.throttle.evidence import SessionEvidence
from probes.base import Context
from probes.sessions.estimate import Pace
from probes.sessions.family import FamilySession
from probes.sessions.lookup import Lookup
from probes.sessions.pairs import Flows, Ledger
from probes.sessions.plan import Plan
from probes.sessions.purse import Purse
from probes.sessions.state import Known

# Waits are exponential, so that no beat of the line can hide between pairs, and clamped to these shares of the mean.
_SHORTEST: Final = 0.25
LONGEST: Final = 1.9  # so that a first look, ten pairs and three noise checks, comes within half an hour


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a session stands, for a person who follows it."""

    session: FamilySession
    bytes_received: int  # of all sessions
    seconds: float
    seconds_left: float  # at most
    waiting: float = 0.0  # until the next pair of any session


@dataclass(frozen=True, kw_only=True)
class PlatformResult:
    """What a platform's sessions saw and say."""

    platform: str
    decision: PlatformDecision
    evidence: tuple[SessionEvidence, ...]  # one a host family, and uploads, in the order of decision.families
    series: tuple[SessionEvidence, ...]  # further ones: QUIC, uploads
    bytes_received: int
    seconds: float
    notes: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def error(self) -> float:
        """Chance of any false `throttled` in the session, over all that was tested side by side."""
        tested = [*self.evidence, *(seen for seen in self.series if seen.direction == "download")]
        return min(1.0, sum(decide(seen).family_wise_error for seen in tested))


@dataclass
class Sessions:
    """Throttling sessions of some platforms. `network` gives a text that changes with the local network."""

    targets: Targets
    context: Context
    plan: Plan
    keep: Callable[[Observation], None]
    network: Callable[[], str]
    with_helper: bool
    known: Mapping[str, Known] = field(default_factory=dict)  # by platform
    spent: Ledger = field(default_factory=Ledger)  # today's, before this session
    progress: Callable[[Progress], None] = lambda progress: None

    async def run(self, platforms: Sequence[str]) -> list[PlatformResult]:
        """Measure `platforms`; a cancelled run gives what it has."""
        started = self.context.clock.monotonic()
        sessions = [each for name in platforms for each in self._families(name, started, len(platforms))]
        # What third parties give does not reach for all: first come those without a neutral name on their own servers.
        sessions.sort(key=lambda each: bool(each.transfer and each.transfer.neutral_sni))
        with suppress(asyncio.CancelledError):  # what was measured until then is still true
            await self._in_turn(sessions)
        return [self._result(name, sessions, started) for name in platforms]

    def _families(self, name: str, started: float, platforms: int) -> list[FamilySession]:
        return [
            self._family(name, transfer, started, platforms)
            for transfer in self.targets.platforms[name].transfers or (None,)
        ]

    def _family(self, name: str, transfer: Transfer | None, started: float, platforms: int) -> FamilySession:
        clock, known = self.context.clock, self.known.get(name, Known())
        now = clock.utc()
        family = transfer.family if transfer else "web"
        began = known.earlier.get(family, Earlier()).started or now
        flows = Flows(
            context=self.context,
            keep=self.keep,
            ledger=self.spent,
            random=Random(clock.random_bytes(16)),
            network=self.network,
            started=began,
            session=name,
            tariff=known.tariff,
        )
        return FamilySession(
            platform=name,
            entry=self.targets.platforms[name],
            transfer=transfer,
            targets=self.targets,
            plan=self.plan,
            flows=flows,
            purse=Purse(self.plan, flows.ledger, flows.own),
            lookup=Lookup(self.context, self.targets.resolvers, flows.keep_look_up),
            known=known,
            with_helper=self.with_helper,
            seconds=lambda: clock.monotonic() - started + (now - began).total_seconds(),
            platforms=platforms,
        )

    async def _in_turn(self, sessions: Sequence[FamilySession]) -> None:
        """The session that has waited longest goes next."""
        clock, random = self.context.clock.monotonic, Random(self.context.clock.random_bytes(16))
        pace = Pace(self.plan, clock())
        due = dict.fromkeys(range(len(sessions)), pace.began)
        work: dict[int, AsyncIterator[bool]] = {i: each.run() for i, each in enumerate(sessions)}
        while due:
            index = min(due, key=lambda each: due[each])
            wait = due[index] - clock()
            if wait > 0:
                self._tell(sessions, index, pace, wait)
                await asyncio.sleep(wait)
            start = clock()
            try:
                measured = await anext(work[index])
            except StopAsyncIteration:
                del due[index]
            else:
                if measured:
                    pace.blocks.append(clock() - start)
                due[index] = clock() + (self._gap(random) if measured else 0.0)
            self._tell(sessions, index, pace)

    def _gap(self, random: Random) -> float:
        mean = self.plan.interval
        if mean == 0:
            return 0.0
        return min(max(random.expovariate(1 / mean), _SHORTEST * mean), LONGEST * mean)

    def _tell(self, sessions: Sequence[FamilySession], index: int, pace: Pace, waiting: float = 0.0) -> None:
        seconds = self.context.clock.monotonic() - pace.began
        self.progress(
            Progress(
                session=sessions[index],
                bytes_received=sum(each.flows.own.received for each in sessions),
                seconds=seconds,
                seconds_left=pace.left([each.blocks_to_come for each in sessions], seconds),
                waiting=waiting,
            )
        )

    def _result(self, name: str, sessions: Sequence[FamilySession], started: float) -> PlatformResult:
        own = [each for each in sessions if each.platform == name]
        series = tuple(seen for each in own for seen in each.series)
        evidence = (
            *(each.evidence for each in own),
            *(seen for seen in series if seen.direction == "upload"),
        )
        return PlatformResult(
            platform=name,
            decision=decide_platform([decide(seen) for seen in evidence]),
            evidence=evidence,
            series=series,
            bytes_received=sum(each.flows.own.received for each in own),
            seconds=self.context.clock.monotonic() - started,
            notes=tuple(note for each in own for note in each.notes),
            interrupted=not all(each.over for each in own),
        )
