"""Taking bundles carried by hand: the same batches, the same checks, no connection to learn a network from."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from collector.ingest import open_batch, read_batch
from collector.keys import Keys
from collector.limits import Limits
from collector.networks import UNKNOWN
from collector.store import CollectorError, Store, storing
from measurements.sealing import BatchError, frames


@dataclass
class Taken:
    """What became of one bundle."""

    batches: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    problems: Counter[str] = field(default_factory=Counter)  # of whole batches

    def as_dict(self) -> dict[str, Any]:
        """For an NDJSON line."""
        return {**vars(self), "reasons": dict(self.reasons), "problems": dict(self.problems)}

    def text(self) -> str:
        """One line for people."""
        counts = f"{self.accepted} new, {self.duplicate} known, {self.rejected} refused"
        complaints = [f"{reason} ({number})" for reason, number in (self.reasons + self.problems).items()]
        return f"{counts}: {', '.join(complaints)}" if complaints else counts


def take_bundle(path: Path, keys: Keys, store: Store, now: datetime) -> Taken:
    """Store a bundle's batches one by one; a bad one does not stop the rest. Raises CollectorError, StoreError."""
    taken = Taken()
    try:
        with path.open("rb") as file:
            for sealed in frames(file):
                try:
                    _take(sealed, keys, store, now, taken)
                except BatchError as error:
                    taken.problems[error.reason] += 1
    except BatchError as error:
        taken.problems[error.reason] += 1
    except OSError as error:
        raise CollectorError(f"{path} cannot be read: {error.strerror}") from None
    return taken


def _take(sealed: bytes, keys: Keys, store: Store, now: datetime, taken: Taken) -> None:
    limits = Limits()
    opened = open_batch(sealed, keys, store, limits)
    if opened.header.purpose != "results":
        raise BatchError("not_results")
    taken.batches += 1
    for answer in store.submit(storing(read_batch(opened, limits, now, UNKNOWN, store))).result():
        setattr(taken, answer.status, getattr(taken, answer.status) + 1)
        if answer.reason:
            taken.reasons[answer.reason] += 1
