"""What stands behind the pages: the state folder, the work in the background, and what the next page has to tell."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from efir.exits import EfirError
from efir.options import Shared
from efir.standing import Standing, look_through
from efir.targets_in_use import targets_in_use
from efir.ui.guard import Guard
from efir.ui.work import Ended, Work
from measurements.errors import ConfigurationError
from measurements.invite import Invite, read_invite
from measurements.records import SummaryLine, ThrottleLine, VerdictLine
from measurements.state import StateFolder
from measurements.store import Spool
from vantage.consent import Consent, read_consent

# Rounds and sessions on the page of results; older ones are in the file to download.
SHOWN: Final = 12
# What a person can mend: these speak to people, and so does the system of its files.
MENDABLE: Final = (ConfigurationError, EfirError, OSError)


@dataclass(frozen=True)
class RoundShown:
    """A stored round."""

    time: datetime
    summary: SummaryLine
    verdicts: list[VerdictLine]

    @property
    def platforms(self) -> list[VerdictLine]:
        """The verdicts of whole platforms."""
        return [each for each in self.verdicts if each.endpoint is None]


@dataclass
class Site:
    """One start of the page.

    `memory`: the store of a run that keeps nothing on disk. `follow_browser`: nobody named a language, so the
    browser's counts.
    """

    shared: Shared
    guard: Guard
    memory: Spool | None = None
    follow_browser: bool = False
    notice: Ended | None = None
    ending: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.folder = StateFolder(self.shared.state)
        self.work = Work(self.shared, self.open_spool)
        # By the file in use at the start: a later one names the same platforms.
        self.names = {name: each.name for name, each in targets_in_use(self.shared).platforms.items()}

    def open_spool(self) -> AbstractContextManager[Spool]:
        """The store to write to. Raises StoreError."""
        return nullcontext(self.memory) if self.memory else Spool(self.folder.spool)

    @contextmanager
    def stored(self) -> Iterator[Spool | None]:
        """The store to read from; None where nothing was stored yet. Looking creates nothing."""
        if self.memory is None and not self.folder.spool.exists():
            yield None
            return
        with self.open_spool() as spool:
            yield spool

    def consent(self) -> Consent | None:
        """As it lies on disk: another efir may have taken it back."""
        return read_consent(self.folder)

    @property
    def measuring(self) -> bool:
        """Something runs in the background."""
        return self.work.doing is not None

    def look(self) -> Standing:
        """How things stand."""
        with self.stored() as spool:
            return look_through(self.shared, spool)

    def invite(self) -> Invite | None:
        """The invite that was taken. Raises InviteError."""
        return read_invite(self.folder.invite) if self.folder.invite.exists() else None

    def rounds(self, limit: int = SHOWN) -> list[RoundShown]:
        """The newest rounds, newest first."""
        with self.stored() as spool:
            found = spool.rounds(limit=limit) if spool else []
            return [
                RoundShown(time, summary, spool.verdicts(run_id=summary.run_id) if spool else [])
                for time, summary in reversed(found)
            ]

    def sessions(self) -> list[tuple[datetime, ThrottleLine]]:
        """The newest throttling sessions, newest first."""
        with self.stored() as spool:
            return spool.sessions(limit=SHOWN)[::-1] if spool else []

    def tell(self, *sentences: str, failed: bool = False) -> None:
        """Have the next page say this."""
        self.notice = Ended(list(sentences), failed)

    def take_notice(self) -> Ended | None:
        """What the next page has to say: an action's answer, else what came of the work."""
        notice, self.notice = self.notice or self.work.ended(), None
        return notice
