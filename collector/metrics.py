"""What the collector tells of itself, in Prometheus' text format. Counters only of the process's own work: no vantage,
no network, no platform, so that it may be public."""

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

# From a commit on a fast disk to a queue that is as full as it may be.
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One process's counters, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        disable_created_metrics()  # type: ignore[no-untyped-call] # theirs is untyped; they double the series
        self.batches = self._counter("efir_ingest_batches", "Batches stored.")
        self.results = self._counter("efir_ingest_results", "Results stored for the first time.")
        self.duplicates = self._counter("efir_ingest_duplicates", "Results that were there already.")
        self.quarantined = self._counter(
            "efir_ingest_quarantined", "Results set aside: measured in the future."
        )
        self.rejected = self._counter("efir_ingest_rejected", "Results refused, by reason.", "reason")
        self.refused = self._counter("efir_ingest_refused", "Requests refused whole, by reason.", "reason")
        self.withdrawn = self._counter("efir_ingest_withdrawn", "Results deleted on their sender's request.")
        self.received = self._counter("efir_ingest_received_bytes", "Bytes of requests read.")
        self.waiting = Gauge(
            "efir_ingest_waiting_batches", "Batches before the writer now.", registry=self._registry
        )
        self.buffered = Gauge(
            "efir_ingest_buffered_bytes", "Bytes of requests held in memory now.", registry=self._registry
        )
        self.seconds = Histogram(
            "efir_ingest_duration_seconds",
            "From a request's last byte to its answer.",
            buckets=_SECONDS,
            registry=self._registry,
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self._registry)

    def text(self) -> bytes:
        """Format 0.0.4."""
        return generate_latest(self._registry)
