"""Metric families from plain values, by the table of `exporter.metrics`."""

from collections.abc import Iterator, Sequence

from prometheus_client.core import Metric as Family
from prometheus_client.samples import Sample

from exporter.live import Histogram
from exporter.metrics import BY_NAME, PHASE_BUCKETS


class Families:
    """Collects samples; iterating gives the families in the table's order, those without a sample left out."""

    def __init__(self) -> None:
        self._families: dict[str, Family] = {}

    def add(self, name: str, labels: Sequence[str], value: float) -> None:
        """One sample. `labels`: values in the order of the table's labels."""
        family, named = self._of(name, labels)
        family.samples.append(Sample(name, named, float(value)))

    def add_histogram(self, name: str, labels: Sequence[str], histogram: Histogram) -> None:
        """A classic histogram with the buckets of `PHASE_BUCKETS`."""
        family, named = self._of(name, labels)
        total = 0
        for bound in PHASE_BUCKETS:
            total += histogram.buckets[bound]
            family.samples.append(Sample(f"{name}_bucket", {**named, "le": str(bound)}, total))
        total += histogram.buckets[float("inf")]
        family.samples.append(Sample(f"{name}_bucket", {**named, "le": "+Inf"}, total))
        family.samples.append(Sample(f"{name}_count", named, total))
        family.samples.append(Sample(f"{name}_sum", named, histogram.sum))

    def add_one_hot(self, name: str, labels: Sequence[str], words: Sequence[str], current: str) -> None:
        """1 for the current word, 0 for the others; the word is the last label."""
        for word in words:
            self.add(name, (*labels, word), word == current)

    def _of(self, name: str, labels: Sequence[str]) -> tuple[Family, dict[str, str]]:
        metric = BY_NAME[name]
        family = self._families.get(name)
        if family is None:
            # The client adds `_total` itself where a format asks for it.
            family = self._families[name] = Family(name.removesuffix("_total"), metric.help, metric.kind)
        return family, dict(zip(metric.labels, labels, strict=True))

    def __iter__(self) -> Iterator[Family]:
        return iter([self._families[name] for name in BY_NAME if name in self._families])
