"""Observations as OpenMetrics with times, for `promtool tsdb create-blocks-from openmetrics`: history for Prometheus.

A scrape cannot bring the past, a block can. promtool drops samples of a series that are not in time order without a
word and with exit 0, so each family is sorted by series and time; two samples of a series at one time count once.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import BinaryIO, Final, NamedTuple

from measurements.records import Observation

_HELP: Final = {
    "efir_probe_success": "1 if the observation succeeded, else 0.",
    "efir_probe_phase_duration_seconds": "Duration of a phase that succeeded.",
    "efir_goodput_bytes_per_second": "Goodput of one flow to the platform.",
    "efir_control_goodput_bytes_per_second": "Goodput of one flow to a control.",
}


class _Sample(NamedTuple):
    """Sorted as it stands: by family, series, time."""

    name: str
    labels: str
    time: float  # Unix seconds
    value: float


def write_openmetrics(observations: Iterable[Observation], file: BinaryIO) -> int:
    """Write all samples, sorted, with the end marker; gives their number."""
    samples = {each[:3]: each for row in observations for each in _samples(row)}
    family = ""
    for key in sorted(samples):
        sample = samples[key]
        if sample.name != family:
            family = sample.name
            file.write(f"# HELP {family} {_HELP[family]}\n# TYPE {family} gauge\n".encode())
        file.write(f"{sample.name}{{{sample.labels}}} {sample.value!r} {sample.time:.3f}\n".encode())
    file.write(b"# EOF\n")
    return len(samples)


def _samples(row: Observation) -> Iterator[_Sample]:
    if row.failure == "interrupted" or row.flags:
        return
    time = _seconds(row.time)
    flow: dict[str, str | int | None] = {
        "vantage": row.vantage,
        "asn": row.asn,
        "country": row.country,
        "platform": row.platform,
        "endpoint": row.endpoint,
        "family": row.family,
    }
    if row.transfer is not None and row.transfer.goodput is not None:
        name = (
            "efir_goodput_bytes_per_second"
            if row.role == "target"
            else "efir_control_goodput_bytes_per_second"
        )
        yield _Sample(name, _labels(flow), time, row.transfer.goodput)
    yield _Sample(
        "efir_probe_success",
        _labels(flow | {"probe": row.probe, "role": row.role}),
        time,
        float(row.failure is None),
    )
    for phase in row.phases.__struct_fields__:
        seconds = getattr(row.phases, phase)
        if seconds is not None:
            labels = _labels(flow | {"probe": row.probe, "phase": phase})
            yield _Sample("efir_probe_phase_duration_seconds", labels, time, seconds)


def _seconds(time: datetime) -> float:
    """Milliseconds are what Prometheus keeps."""
    return round(time.timestamp(), 3)


def _labels(values: dict[str, str | int | None]) -> str:
    known = {name: str(value) for name, value in sorted(values.items()) if value not in (None, "")}
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in known.items())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
