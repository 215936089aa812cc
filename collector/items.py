"""One line of a batch: into a row for the store, or into the reason why not. Pure; the bytes are a stranger's.

Records are decoded by type and written anew, so that nothing unknown is kept: no key that we do not know, no depth that
a later reader would stumble over. Words that commands and metrics use as names have a closed form; free text (titles,
bodies of pages, reasons) may hold anything and is data to every reader.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from measurements.batch import LATER_SCHEMA, Item, Kind
from measurements.microseconds import microseconds
from measurements.records import SCHEMA, Observation, SummaryLine, ThrottleLine, VerdictLine

Record = Observation | VerdictLine | SummaryLine | ThrottleLine

_DECODERS: Final[dict[Kind, msgspec.json.Decoder[Any]]] = {
    "observation": msgspec.json.Decoder(Observation),
    "verdict": msgspec.json.Decoder(VerdictLine),
    "summary": msgspec.json.Decoder(SummaryLine),
    "throttle": msgspec.json.Decoder(ThrottleLine),
}
_ITEM: Final = msgspec.json.Decoder(Item)

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
_VANTAGE: Final = re.compile(r"[0-9a-f]{32}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_LARGEST_ASN: Final = 2**32 - 1
# The words of DESIGN section 6 and of `throttle` lines.
_VERDICTS: Final = frozenset(
    {"accessible", "blocked", "intercepted", "throttled", "not_throttled", "down", "inconclusive"}
)
# Field of a record (or of its item) -> the form of its text.
_FORMS: Final[dict[str, re.Pattern[str]]] = {
    "id": _NAME,
    "run_id": _NAME,
    "platform": _NAME,
    "endpoint": _NAME,
    "rule": _NAME,
    "vantage": _VANTAGE,
    "country": _COUNTRY,
}


@dataclass(frozen=True, slots=True)
class Row:
    """A result ready for the store. Times in microseconds since 1970, by the device's clock."""

    kind: Kind
    id: str
    time: int
    run_id: str | None
    vantage: str | None
    platform: str | None
    asn: int | None  # as the device said
    country: str | None
    record: Record = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a line gave no row; `id` as far as it could be read."""

    id: str
    reason: str


def read_item(line: bytes, largest: int) -> Row | Refused:
    """A row, or `too_large bad_item bad_record bad_ID later_schema other_id bad_NAME`."""
    if len(line) > largest:
        return Refused("", "too_large")
    try:
        item = _ITEM.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return Refused("", "bad_item")
    if not _NAME.fullmatch(item.id):
        return Refused("", "bad_id")
    try:
        record = _DECODERS[item.kind].decode(item.record)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return Refused(item.id, "bad_record")
    reason = _problem(item, record)
    return Refused(item.id, reason) if reason else _row(item, record)


def _problem(item: Item, record: Record) -> str | None:
    if isinstance(record, Observation) and record.schema > SCHEMA:
        return LATER_SCHEMA
    own_id = getattr(record, "id", item.id)
    if own_id != item.id:
        return "other_id"
    for name, form in _FORMS.items():
        for value in (getattr(item, name, None), getattr(record, name, None)):
            if value is not None and not form.fullmatch(value):
                return f"bad_{name}"
    asn = getattr(record, "asn", None)
    if asn is not None and not 0 < asn <= _LARGEST_ASN:
        return "bad_asn"
    if getattr(record, "verdict", None) not in _VERDICTS | {None}:
        return "bad_verdict"
    return None if _time(item, record).tzinfo else "bad_time"


def _time(item: Item, record: Record) -> datetime:
    time: datetime = getattr(record, "time", item.time)
    return time


def _row(item: Item, record: Record) -> Row:
    return Row(
        kind=item.kind,
        id=item.id,
        time=microseconds(_time(item, record)),
        run_id=getattr(record, "run_id", None) or item.run_id,
        vantage=getattr(record, "vantage", None) or item.vantage,
        platform=getattr(record, "platform", None),
        asn=getattr(record, "asn", None),
        country=getattr(record, "country", None),
        record=record,
    )
