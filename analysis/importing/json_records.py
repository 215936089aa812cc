"""JSON files: OONI's measurements and our own observations, one a line or one a file.

Records are told apart one by one. A line that is no JSON is counted and passed over; a file whose first line is no JSON
by itself is tried as one JSON text, since measurements saved by hand are often printed over many lines.
"""

from pathlib import Path
from typing import Final

import msgspec

from analysis.importing.counts import Counts
from analysis.importing.ooni_records import OoniReader
from analysis.importing.own_records import OwnReader
from analysis.importing.reading import Damaged, chunks, lines
from analysis.importing.stages import Stages
from analysis.ooni.platforms import Platforms

_BOM: Final = b"\xef\xbb\xbf"  # some editors begin UTF-8 with it
# A file that is one JSON text is read at once; a larger one must be lines.
LARGEST_TEXT: Final = 256 << 20
# Lines of ours that `efir verdicts` works out again from the observations beside them.
_DECIDED_AGAIN: Final = frozenset({"verdict", "throttle"})


class _Signs(msgspec.Struct, gc=False):
    """Keys that tell apart what is no bare OONI measurement."""

    body: msgspec.Raw = msgspec.Raw()
    run_id: str | None = None
    type: str | None = None


class JsonReader:
    """Takes records of any kind."""

    def __init__(self, stages: Stages, counts: Counts, platforms: Platforms) -> None:
        self._counts = counts
        self.ooni = OoniReader(stages, counts, platforms)
        self._own = OwnReader(stages, counts)
        self._signs = msgspec.json.Decoder(_Signs).decode

    def read(self, path: Path) -> None:
        """All records of one file."""
        numbered = enumerate(lines(path), 1)
        try:
            for number, whole in numbered:
                line = whole.removeprefix(_BOM) if number == 1 else whole
                if line and not line.isspace():
                    if number == 1 and not _is_record(line) and self._read_whole(path):
                        return
                    self.take(line, f"{path}:{number}")
        except Damaged as damage:
            self._counts.refuse(str(damage).replace(" ", "_"), str(path))

    def _read_whole(self, path: Path) -> bool:
        """The file as one JSON text: a record, or a list of them. False if it is none."""
        text = bytearray()
        try:
            for chunk in chunks(path):
                text += chunk
                if len(text) > LARGEST_TEXT:
                    return False
            plain = bytes(text).removeprefix(_BOM)
            kind = list[msgspec.Raw] if plain.lstrip().startswith(b"[") else msgspec.Raw
            whole = msgspec.json.decode(plain, type=kind)
        except (Damaged, msgspec.DecodeError, RecursionError):
            return False
        for number, record in enumerate(whole if isinstance(whole, list) else [whole], 1):
            self.take(bytes(record), f"{path}: record {number}")
        return True

    def take(self, line: bytes, where: str) -> None:
        """One record of unknown kind."""
        try:
            self._take(line, where)
        except msgspec.ValidationError:
            self._counts.refuse("not_a_record", where, "JSON, but no object with named values")
        except msgspec.DecodeError as error:
            self._counts.refuse("bad_json", where, str(error))
        except RecursionError:
            self._counts.refuse("bad_json", where, "nested too deeply")

    def _take(self, line: bytes, where: str) -> None:
        if self.ooni.take(line, where):
            return
        signs = self._signs(line)
        if bytes(signs.body):
            self._take(_inner(signs.body), where)
        elif signs.type in _DECIDED_AGAIN:
            self._counts.noticed["decided_again"] += 1
        elif signs.type is not None:
            self._counts.skipped[f"{signs.type}_line"] += 1
        elif signs.run_id is not None:
            self._own.take(line, where)
        else:
            self._counts.refuse(
                "not_a_record", where, "neither an OONI measurement nor an observation of ours"
            )


def _inner(body: msgspec.Raw) -> bytes:
    """What an HTTP answer saved as {"status", "body"} holds: JSON as text, or JSON itself."""
    text = bytes(body)
    return str(msgspec.json.decode(text)).encode() if text.startswith(b'"') else text


def _is_record(line: bytes) -> bool:
    """True for a JSON object; a list, or the first line of a printed text, is none."""
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
