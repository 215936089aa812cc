"""What the server asks the maker for, and what it gets: the words between the two processes."""

import struct
from collections.abc import Mapping
from typing import Any, Final, Generic, Literal, NamedTuple, Protocol, TypeVar

Key = TypeVar("Key")
# Methods of `exporter.maker.Maker`.
Job = Literal["metrics", "board", "series", "read_on"]
# Before each answer stands its length in bytes.
LENGTH: Final = struct.Struct(">Q")


class BoardWanted(NamedTuple):
    """The live page in a language, or its data (`state`)."""

    form: str
    gzip: bool


class Answers(NamedTuple, Generic[Key]):
    """Whole bodies by what was asked for, all of one look at the store."""

    readable: bool  # whether the store could be read; if not, this is what was known before
    bodies: Mapping[Key, bytes]


class Ask(Protocol):
    """Asks the maker; raises MakerDied, MakerFailed or SourceError."""

    async def __call__(self, job: Job, *arguments: Any) -> Any: ...


class MakerDied(Exception):
    """The maker's process ended in the middle, or is not back yet; the text says how."""


class MakerFailed(Exception):
    """A mistake of ours in a job; the text is its traceback."""
