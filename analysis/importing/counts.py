"""What an import says about each record it met."""

from collections import Counter
from dataclasses import dataclass, field

import msgspec


class ImportLine(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="import"):
    """`import` line of `efir import --json`."""

    into: str
    files: int
    read: int  # records that were understood
    kept: int  # of these, new in the store
    duplicates: int  # of these, already there or the same record twice
    skipped: dict[str, int]  # understood, but of no use here, by reason
    unreadable: dict[str, int]  # not understood, by reason; more than none of them ends with exit code 5
    noticed: dict[str, int]  # read and kept all the same, but worth knowing, by what it is
    left_out: list[str]  # columns that are not of the flat table
    duration_seconds: float


@dataclass
class Counts:
    """The running counts of one import. Reasons are short words; docs/data.md lists them."""

    files: int = 0
    read: int = 0
    kept: int = 0
    duplicates: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    unreadable: Counter[str] = field(default_factory=Counter)
    noticed: Counter[str] = field(default_factory=Counter)
    left_out: set[str] = field(default_factory=set)
    # the first of each kind, with file and line, for people
    complaints: list[str] = field(default_factory=list)

    def refuse(self, reason: str, where: str, detail: str = "", number: int = 1) -> None:
        """Count records that could not be read, and name the first of their kind."""
        if reason not in self.unreadable:
            self.complaints.append(f"{where}: {reason}{': ' + detail if detail else ''}")
        self.unreadable[reason] += number

    def line(self, into: str, duration_seconds: float) -> ImportLine:
        return ImportLine(
            into=into,
            files=self.files,
            read=self.read,
            kept=self.kept,
            duplicates=self.duplicates,
            skipped=dict(self.skipped),
            unreadable=dict(self.unreadable),
            noticed=dict(self.noticed),
            left_out=sorted(self.left_out),
            duration_seconds=duration_seconds,
        )
