"""The table of metrics: units, names, labels, and the page that describes it."""

import re
from pathlib import Path

import pytest

from exporter.families import Families
from exporter.metrics import TABLE, Metric

ROOT = Path(__file__).parents[2]
# What a name may end with, by what it measures. Prometheus' own lint lets `mbps` and `percent` through.
UNITS = ("_seconds", "_bytes", "_bytes_per_second", "_ratio", "_info")
FORBIDDEN = re.compile(
    r"(?:^|_)(?:ms|msec|milliseconds?|us|micros\w*|minutes?|hours?|days?|mbps|kbps|bps|mbit\w*|kbit\w*|bits?|kb|mb|gb|"
    r"kilobytes?|megabytes?|percent\w*|pct)(?:_|$)"
)
# Values without a unit: yes or no, a choice, or a number of things.
WITHOUT_UNIT = {
    "efir_control_success",
    "efir_international_cut",
    "efir_probe_success",
    "efir_platform_verdict",
    "efir_platform_stage",
    "efir_dns_answer_consistent",
    "efir_network_vantages",
    "efir_network_platform_vantages",
    "efir_event_window_active",
    "efir_spool_results",
    "efir_spool_waiting_results",
    "efir_collect_failed",
    "efir_probe_run_complete",
}
# Labels that would grow without end, name a person, or clash with what Prometheus sets itself.
BAD_LABELS = {
    "ip",
    "address",
    "url",
    "host",
    "id",
    "error",
    "type",
    "region",
    "service",
    "env",
    "instance",
    "job",
}


def name_is_refused(metric: Metric) -> bool:
    """True for another prefix, a unit that is none of the base units, or `_total` on the wrong kind."""
    counter = metric.kind == "counter"
    if not metric.name.startswith("efir_") or FORBIDDEN.search(metric.name):
        return True
    if counter or metric.name.endswith("_total"):
        return not (counter and metric.name.endswith("_total"))
    return not metric.name.endswith(UNITS) and metric.name not in WITHOUT_UNIT


@pytest.mark.parametrize("metric", TABLE, ids=lambda metric: metric.name)
def test_each_metric_keeps_to_base_units_and_small_labels(metric: Metric) -> None:
    assert not name_is_refused(metric)
    assert metric.help.endswith(".")
    assert not BAD_LABELS.intersection(metric.labels)
    assert metric.private == ("vantage" in metric.labels)


@pytest.mark.parametrize(
    "name",
    [
        "efir_connect_ms",
        "efir_goodput_mbps",
        "efir_goodput_mbit_per_second",
        "efir_failures_percent",
        "efir_gap_hours",
        "efir_size_kb",
        "efir_results_total",  # a gauge here
        "efir_speed",
        "node_goodput_bytes",
    ],
)
def test_other_units_are_refused(name: str) -> None:
    assert name_is_refused(Metric(name, "gauge", (), "Text."))


def test_a_counter_without_total_is_refused() -> None:
    assert name_is_refused(Metric("efir_sent_bytes", "counter", (), "Text."))


def test_names_are_unique() -> None:
    assert len({metric.name for metric in TABLE}) == len(TABLE)


def test_the_page_of_metrics_says_the_same_as_the_table() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text("utf-8")
    rows = re.findall(r"^\| `(efir_\w+)` \| (\w+) \| (.+?) \| (.+) \|$", text, re.MULTILINE)
    assert rows == [(m.name, m.kind, ", ".join(m.labels) or "-", m.help) for m in sorted(TABLE, key=_place)]


def _place(metric: Metric) -> int:
    """Sections of the page: of a vantage, of a network, the rest."""
    if metric.private:
        return 0
    return 1 if metric.labels[:2] == ("asn", "country") else 2


def test_every_metric_has_a_sample_where_there_is_something_to_tell(full_page: Families) -> None:
    names = {sample.name for family in full_page for sample in family.samples}
    histograms = {metric.name for metric in TABLE if metric.kind == "histogram"}
    on_demand = {metric.name for metric in TABLE if metric.name.startswith("efir_probe_run_")}
    plain = {metric.name for metric in TABLE} - histograms - on_demand
    assert plain - names == set()
    assert {f"{name}_{part}" for name in histograms for part in ("bucket", "count", "sum")} <= names
