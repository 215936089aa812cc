"""Several host families in turn: flows never overlap, and while one family waits another one measures."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Final

from measurements.records import Observation
from measurements.targets import Targets
from measurements.throttle.decision import PlatformDecision, decide_platform
from measurements.throttle.evidence import SessionEvidence
from probes.base import Context
from probes.sessions.family import FamilySession, Known
from probes.sessions.lookup import Lookup
from probes.sessions.pairs import Flows, Ledger
from probes.sessions.plan import Plan

# Waits are exponential, so that no beat of the line can hide between pairs, and clamped to these shares of the mean.
_SHORTEST: Final = 0.25
_LONGEST: Final = 2.5


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where a session stands, for a person who follows it."""

    session: FamilySession
    bytes_received: int  # of all sessions
    seconds: float
    waiting: float = 0.0  # until the next pair of any session


@dataclass(frozen=True, kw_only=True)
class PlatformResult:
    """What a platform's sessions saw and say."""

    platform: str
    decision: PlatformDecision
    evidence: tuple[SessionEvidence, ...]  # one a host family, in the order of decision.families
    bytes_received: int
    seconds: float
    notes: tuple[str, ...] = ()


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
        clock = self.context.clock
        return [
            FamilySession(
                platform=name,
                entry=self.targets.platforms[name],
                transfer=transfer,
                targets=self.targets,
                plan=self.plan,
                flows=Flows(
                    context=self.context,
                    keep=self.keep,
                    ledger=self.spent,
                    random=Random(self.context.clock.random_bytes(16)),
                    network=self.network,
                    started=clock.utc(),
                ),
                lookup=Lookup(self.context, self.targets.resolvers, self.keep),
                known=self.known.get(name, Known()),
                with_helper=self.with_helper,
                seconds=lambda: clock.monotonic() - started,
                platforms=platforms,
            )
            for transfer in self.targets.platforms[name].transfers or (None,)
        ]

    async def _in_turn(self, sessions: Sequence[FamilySession]) -> None:
        """The session that has waited longest goes next."""
        clock, random = self.context.clock.monotonic, Random(self.context.clock.random_bytes(16))
        began = clock()
        due = dict.fromkeys(range(len(sessions)), began)
        work: dict[int, AsyncIterator[bool]] = {i: each.run() for i, each in enumerate(sessions)}
        while due:
            index = min(due, key=lambda each: due[each])
            wait = due[index] - clock()
            if wait > 0:
                self._tell(sessions[index], began, wait)
                await asyncio.sleep(wait)
            try:
                measured = await anext(work[index])
            except StopAsyncIteration:
                del due[index]
            else:
                due[index] = clock() + (self._gap(random) if measured else 0.0)
            self._tell(sessions[index], began)

    def _gap(self, random: Random) -> float:
        mean = self.plan.interval
        if mean == 0:
            return 0.0
        return min(max(random.expovariate(1 / mean), _SHORTEST * mean), _LONGEST * mean)

    def _tell(self, session: FamilySession, began: float, waiting: float = 0.0) -> None:
        seconds = self.context.clock.monotonic() - began
        self.progress(
            Progress(session=session, bytes_received=self.spent.total, seconds=seconds, waiting=waiting)
        )

    def _result(self, name: str, sessions: Sequence[FamilySession], started: float) -> PlatformResult:
        own = [each for each in sessions if each.platform == name]
        return PlatformResult(
            platform=name,
            decision=decide_platform([each.decision for each in own]),
            evidence=tuple(each.evidence for each in own),
            bytes_received=sum(each.flows.received for each in own),
            seconds=self.context.clock.monotonic() - started,
            notes=tuple(note for each in own for note in each.notes),
        )
