"""Our own observations: from a spool, or as JSON lines from a bundle or an export."""

from pathlib import Path

import msgspec

from analysis.importing.counts import Counts
from analysis.importing.stages import Stages, evidence
from measurements.formats.flat import flat_row
from measurements.records import SCHEMA, Observation
from measurements.spool_file import content
from measurements.spool_key import VARIABLE, key_file
from measurements.store_errors import StoreError
from measurements.store_read import stored_observations


class _Schema(msgspec.Struct):
    schema: int = SCHEMA


class OwnReader:
    """Takes observations one by one."""

    def __init__(self, stages: Stages, counts: Counts) -> None:
        self._stages = stages
        self._counts = counts
        self._decoder = msgspec.json.Decoder(Observation)

    def take(self, line: bytes, where: str) -> None:
        """One observation as JSON; `where` names it in complaints."""
        try:
            observation = self._decoder.decode(line)
        except msgspec.MsgspecError as error:
            later = _later(line)
            self._counts.refuse("later_schema" if later else "bad_observation", where, str(later or error))
            return
        if observation.schema > SCHEMA:
            self._counts.refuse("later_schema", where, f"schema {observation.schema}; update Efir")
            return
        self._counts.read += 1
        self._stages.observations.add(evidence(observation.time, observation.id, observation.run_id, line))
        row = flat_row(observation)
        if row is None:
            self._counts.noticed["no_evidence"] += 1
        else:
            self._stages.votes.add((*row, None, "efir"))  # measurement, origin


def _later(line: bytes) -> str | None:
    try:
        schema = msgspec.json.decode(line, type=_Schema).schema
    except msgspec.MsgspecError:
        return None
    return f"schema {schema}; update Efir" if schema > SCHEMA else None


def import_spool(path: Path, stages: Stages, counts: Counts) -> None:
    """Bring in a state folder's database, also while `efir run` writes to it."""
    reader = OwnReader(stages, counts)
    try:
        found = content(path)
        # Whoever was given the file cannot measure anew, which is what the store itself advises.
        if found == "nothing":
            counts.refuse("not_a_spool", str(path), "the file is empty")
        elif found == "encrypted" and not key_file(path).exists():
            detail = f"put the spool's key at {key_file(path)}, or name its place with {VARIABLE}"
            counts.refuse("no_key", str(path), detail)
        else:
            for number, record in enumerate(stored_observations(path), 1):
                reader.take(record, f"{path}: observation {number}")
    except (StoreError, OSError) as error:
        counts.refuse("not_a_spool", str(path), str(error))
