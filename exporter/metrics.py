"""Every metric: name, type, labels and help text. The one place where a metric is named.

Names keep to Prometheus' rules: prefix `efir_`, base units (seconds, bytes, ratio), `_total` on counters and on nothing
else. No label carries an address, a URL, an id of a measurement or free text.
docs/metrics.md is checked against this table.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["gauge", "counter", "histogram"]
PLACE: Final = ("vantage", "asn", "country")
NETWORK: Final = ("asn", "country")

# Seconds; each bucket doubles, from a near cache to a handshake that was stretched on purpose.
PHASE_BUCKETS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48)


@dataclass(frozen=True)
class Metric:
    """One metric family. `private` ones stand on /metrics/vantages (and on /metrics of one's own spool) only."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    help: str
    private: bool = False


def _vantage(name: str, labels: tuple[str, ...], text: str, kind: Kind = "gauge") -> Metric:
    return Metric(name, kind, labels, text, private=True)


TABLE: Final = (
    # Of one vantage.
    _vantage(
        "efir_vantage_info",
        (*PLACE, "invite", "operator", "access", "plan"),
        "1; what is known of the vantage.",
    ),
    _vantage(
        "efir_vantage_last_result_timestamp_seconds",
        PLACE,
        "Unix time of the newest result; shown for a week after it.",
    ),
    _vantage(
        "efir_vantage_clock_offset_seconds",
        PLACE,
        "Vantage's clock minus the collector's at its last upload.",
    ),
    _vantage("efir_sent_bytes_total", ("vantage",), "Bytes that its probes sent.", "counter"),
    _vantage("efir_received_bytes_total", ("vantage",), "Bytes that its probes received.", "counter"),
    _vantage(
        "efir_control_success",
        PLACE,
        "1 if a control answered with a certificate valid for its name, else 0.",
    ),
    _vantage(
        "efir_international_cut", PLACE, "1 if domestic controls answer and no foreign one does, else 0."
    ),
    _vantage(
        "efir_control_goodput_bytes_per_second", PLACE, "Median goodput of the controls of its fresh pairs."
    ),
    _vantage(
        "efir_probe_success",
        (*PLACE, "platform", "probe"),
        "1 if in the newest round every endpoint answered this probe at some address, else 0.",
    ),
    _vantage(
        "efir_probe_phase_duration_seconds",
        (*PLACE, "platform", "phase"),
        "Median over the newest round's probes; a phase that failed is absent.",
    ),
    _vantage(
        "efir_platform_verdict",
        (*PLACE, "platform", "verdict"),
        "1 for the verdict that stands, 0 for the others.",
    ),
    _vantage(
        "efir_platform_stage",
        (*PLACE, "platform", "stage"),
        "1: the stage at which the platform is stopped or slowed; absent where it is not.",
    ),
    _vantage(
        "efir_dns_answer_consistent",
        (*PLACE, "platform", "resolver"),
        "1 if every answer led to a valid certificate, 0 if some answer did not; resolver: system or trusted.",
    ),
    _vantage(
        "efir_goodput_bytes_per_second",
        (*PLACE, "platform"),
        "Median goodput of the platform in its fresh pairs.",
    ),
    _vantage(
        "efir_throttle_ratio",
        (*PLACE, "platform"),
        "Goodput of the platform divided by its control's: of the last session, else the median of fresh pairs.",
    ),
    # Of a network: only cells with enough vantages.
    Metric("efir_network_vantages", "gauge", NETWORK, "Vantages with fresh results, counted by invite."),
    Metric(
        "efir_network_platform_vantages",
        "gauge",
        (*NETWORK, "platform"),
        "Vantages with a fresh verdict on the platform, counted by invite.",
    ),
    Metric(
        "efir_network_control_success_ratio", "gauge", NETWORK, "Share of vantages whose controls answer."
    ),
    Metric(
        "efir_network_international_cut_ratio",
        "gauge",
        NETWORK,
        "Share of vantages that see foreign controls cut.",
    ),
    Metric(
        "efir_network_control_goodput_bytes_per_second",
        "gauge",
        NETWORK,
        "Median of the vantages' control goodput.",
    ),
    Metric(
        "efir_network_verdict_ratio",
        "gauge",
        (*NETWORK, "platform", "verdict"),
        "Share of the vantages with a fresh verdict for which this one stands.",
    ),
    Metric(
        "efir_network_goodput_bytes_per_second",
        "gauge",
        (*NETWORK, "platform"),
        "Median of the vantages' goodput of the platform.",
    ),
    Metric(
        "efir_network_throttle_ratio",
        "gauge",
        (*NETWORK, "platform"),
        "Median of the vantages' throttle ratios.",
    ),
    Metric(
        "efir_network_dns_consistent_ratio",
        "gauge",
        (*NETWORK, "platform", "resolver"),
        "Share of vantages whose answers led to valid certificates.",
    ),
    Metric(
        "efir_phase_duration_seconds",
        "histogram",
        (*NETWORK, "platform", "phase"),
        "Durations of phases that succeeded, of live results.",
    ),
    Metric(
        "efir_results_total",
        "counter",
        (*NETWORK, "platform", "verdict"),
        "Verdicts on platforms that arrived fresh.",
    ),
    Metric(
        "efir_late_results_total",
        "counter",
        NETWORK,
        "Verdicts that arrived too old to tell anything of now; they stand nowhere else.",
    ),
    # Of all probes together.
    Metric("efir_probes_total", "counter", ("probe",), "Observations that arrived fresh."),
    Metric(
        "efir_probe_failures_total", "counter", ("probe", "reason"), "Those that failed; docs/failures.md."
    ),
    Metric(
        "efir_future_results_total",
        "counter",
        (),
        "Verdicts dated more than ten minutes ahead; they stand nowhere else.",
    ),
    # Where the schedule lives.
    Metric(
        "efir_event_window_active",
        "gauge",
        ("window", "platform"),
        "1 inside the window, 0 in the day before and after it.",
    ),
    Metric(
        "efir_event_window_start_timestamp_seconds", "gauge", ("window",), "Unix time of the window's start."
    ),
    Metric("efir_event_window_end_timestamp_seconds", "gauge", ("window",), "Unix time of the window's end."),
    # The store behind the exporter.
    Metric("efir_spool_results", "gauge", (), "Observations in the spool."),
    Metric("efir_spool_waiting_results", "gauge", (), "Observations that no collector has acknowledged yet."),
    Metric("efir_spool_size_bytes", "gauge", (), "Bytes that the spool's rows occupy."),
    Metric("efir_spool_limit_bytes", "gauge", (), "Bytes at which the spool is full."),
    Metric(
        "efir_upload_last_success_timestamp_seconds",
        "gauge",
        (),
        "Unix time of the collector's last acknowledgement.",
    ),
    Metric("efir_ingest_batches_total", "counter", (), "Batches that the collector took in."),
    Metric("efir_ingest_results_total", "counter", (), "Records that the collector took in."),
    Metric("efir_ingest_duplicates_total", "counter", (), "Records that the collector already had."),
    Metric("efir_ingest_rejected_total", "counter", ("reason",), "Records that the collector refused."),
    # A round on demand (/probe).
    Metric("efir_probe_run_duration_seconds", "gauge", (), "Only on /probe: how long the round took."),
    Metric("efir_probe_run_complete", "gauge", (), "Only on /probe: 1 if the round ended by itself, else 0."),
    # The exporter itself.
    Metric("efir_collect_duration_seconds", "gauge", (), "Time it took to read the store for this page."),
    Metric(
        "efir_collect_timestamp_seconds", "gauge", (), "Unix time at which the store was read for this page."
    ),
    Metric(
        "efir_collect_failed",
        "gauge",
        (),
        "1 if the store could not be read and the page is the last good one.",
    ),
    Metric(
        "efir_reader_restarts_total",
        "counter",
        (),
        "Times that the process that reads the store died and was started again.",
    ),
    Metric("efir_build_info", "gauge", ("version", "python"), "1; what runs here."),
)

BY_NAME: Final = {metric.name: metric for metric in TABLE}
