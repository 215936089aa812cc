"""OONI's measurements, one by one: the fast way for what has the expected shape, the lenient one for the rest."""

from functools import lru_cache
from typing import Any, Final

import msgspec

from analysis.flat import STORED_NAMES
from analysis.importing.counts import Counts
from analysis.importing.stages import Stages, evidence
from analysis.ooni.extract import NotAMeasurement, extract
from analysis.ooni.judge import vote
from analysis.ooni.lenient import fit
from analysis.ooni.model import Measurement
from analysis.ooni.platforms import Platforms
from analysis.ooni.record import Record

# The newest format seen in real data (ooni/spec data-formats names 0.2.0); a later one may mean something else.
KNOWN_FORMAT: Final = (0, 3)


class OoniReader:
    """Takes measurements and stages their evidence and their votes."""

    def __init__(self, stages: Stages, counts: Counts, platforms: Platforms) -> None:
        self._stages = stages
        self._counts = counts
        self._platforms = platforms
        self._decode = msgspec.json.Decoder(Measurement).decode
        self._encode = msgspec.json.Encoder().encode

    def take(self, line: bytes, where: str, uid: str | None = None) -> bool:
        """One measurement as JSON; False if it is none. `uid` is its measurement_uid where it stands outside of it."""
        try:
            measurement = self._decode(line)
        except msgspec.ValidationError:
            measurement = self._fitted(line)
        if measurement.raw_measurement is not None:
            return self.take(measurement.raw_measurement.encode(), where, measurement.measurement_uid)
        if measurement.test_name is None:
            return False
        if uid is not None:
            measurement.measurement_uid = uid
        if _later(measurement.data_format_version):
            self._counts.refuse(
                "later_schema", where, f"data_format_version {measurement.data_format_version}"
            )
        else:
            self._keep(measurement, line, where)
        return True

    def _keep(self, measurement: Measurement, line: bytes, where: str) -> None:
        try:
            record = extract(measurement, line, self._platforms)
        except NotAMeasurement as error:
            self._counts.refuse("not_a_measurement", where, str(error))
            return
        self._counts.read += 1
        if record is None:
            self._counts.noticed[f"no_target_{measurement.test_name}"] += 1
        else:
            self.keep(record)

    def _fitted(self, line: bytes) -> Measurement:
        value: Any = msgspec.json.decode(line)
        if not isinstance(value, dict):
            return Measurement()
        measurement, misfits = fit(value, Measurement)
        if misfits:
            self._counts.noticed["values_of_odd_types"] += misfits
        return measurement

    def keep(self, record: Record) -> None:
        """Stage a measurement's evidence, and its vote if it has one."""
        if record.broken is not None:
            self._counts.noticed["failed_measurement"] += 1
        self._stages.ooni.add(evidence(record.time, record.id, None, self._encode(record)))
        row = vote(record)
        if row is None:
            self._counts.noticed["no_vote"] += 1
        else:
            self._stages.votes.add(tuple(map(row.get, STORED_NAMES)))


@lru_cache
def _later(version: str | None) -> bool:
    parts = (version or "").split(".")
    return (
        len(parts) > 1
        and parts[0].isdecimal()
        and parts[1].isdecimal()
        and ((int(parts[0]), int(parts[1])) > KNOWN_FORMAT)
    )
