"""Hypotheses written down, with a hash, before the data are looked at; and the check that a later run keeps to them."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from analysis.correlate import settings


class PreregistrationError(Exception):
    """The file is damaged, or says something else than what is asked now; the text says what."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a run decides before it sees data."""

    hypothesis: str = (
        "In the hours of the schedule's events the platform is slower than its control, or fails more often, than "
        "at the same hours of other days; one-sided, per platform and provider."
    )
    schedule_sha256: str
    outcomes: tuple[str, ...]
    platforms: tuple[str, ...]  # none = all in the data
    kinds: tuple[str, ...]  # of events; none = all
    by_group: bool
    seed: int
    shifts: int
    method: dict[str, Any]
    efir: str


class Preregistration(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="preregistration"):
    """What is written: the plan, when, and the hash over both."""

    plan: Plan
    written: datetime
    sha256: str


def method() -> dict[str, Any]:
    """The constants of the test, by name."""
    return {
        name.lower(): list(value) if isinstance(value, tuple) else value
        for name, value in sorted(vars(settings).items())
        if name.isupper() and isinstance(value, int | float | tuple)
    }


def write(plan: Plan, now: datetime, file: Path) -> Preregistration:
    """Write `plan` to a new file. Raises OSError, also if the file exists."""
    registered = Preregistration(plan=plan, written=now.astimezone(UTC), sha256="")
    registered = msgspec.structs.replace(registered, sha256=_hash(registered))
    with file.open("xb") as stream:
        stream.write(msgspec.json.format(msgspec.json.encode(registered), indent=2) + b"\n")
    return registered


def read(file: Path) -> Preregistration:
    """Read a file back. Raises PreregistrationError if it was changed since."""
    try:
        registered = msgspec.json.decode(file.read_bytes(), type=Preregistration)
    except OSError as error:
        raise PreregistrationError(f"{file}: cannot be read ({error.strerror})") from None
    except msgspec.DecodeError as error:
        raise PreregistrationError(f"{file}: is no preregistration ({error})") from None
    if _hash(registered) != registered.sha256:
        raise PreregistrationError(f"{file}: was changed after it was written; its hash does not fit")
    return registered


def differences(registered: Plan, now: Plan) -> list[str]:
    """What a run would do otherwise than registered, in words."""
    return [
        f"{name}: registered {_as_written(getattr(registered, name))}, now {_as_written(getattr(now, name))}"
        for name in Plan.__struct_fields__
        if getattr(registered, name) != getattr(now, name)
    ]


def _as_written(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _hash(registered: Preregistration) -> str:
    blank = msgspec.structs.replace(registered, sha256="")
    return hashlib.sha256(msgspec.json.encode(blank, order="sorted")).hexdigest()
