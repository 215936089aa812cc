"""Is what we are shown complete and fresh?"""

from typing import Final

from exporter.dashboards.parts import dashboard, lines, number

# Collector, store, exporter and Prometheus' own scrape.
DASHBOARD: Final = dashboard(
    "pipeline",
    "pipeline",
    [
        number("Exporter answers", 'min(up{job="efir"})', "By Prometheus' own account."),
        number("Page age", "time() - max(efir_collect_timestamp_seconds)", "Of the newest page.", "s"),
        number("Store readable", "1 - max(efir_collect_failed)", "1 = yes."),
        number(
            "Reader restarts",
            "max(increase(efir_reader_restarts_total[1d]))",
            "In a day. Each begins the counters anew; most often memory ran out.",
        ),
        number(
            "Series",
            'max(scrape_samples_scraped{job="efir"})',
            "At most 150,000 are made for 500 vantages.",
        ),
        number(
            "Waiting for upload",
            "max(efir_spool_waiting_results)",
            "On one's own device: not yet acknowledged by a collector.",
        ),
        number(
            "Since the last upload",
            "time() - max(efir_upload_last_success_timestamp_seconds)",
            "On one's own device.",
            "s",
        ),
        lines(
            "Taken in per second",
            [
                ("rate(efir_ingest_results_total[5m])", "records"),
                ("rate(efir_ingest_duplicates_total[5m])", "records known already"),
                ("rate(efir_ingest_batches_total[5m])", "batches"),
            ],
            "Duplicates are harmless: an upload was repeated after a cut.",
        ),
        lines(
            "Refused per second",
            [("sum by (reason) (rate(efir_ingest_rejected_total[5m]))", "{{reason}}")],
            "A rise means spoiled uploads or an attack.",
        ),
        lines(
            "Late and from the future, in the last hour",
            [
                ("sum(increase(efir_late_results_total[1h]))", "late"),
                ("increase(efir_future_results_total[1h])", "from the future"),
            ],
            "Late results come from vantages that were offline; those from the future from wrong clocks.",
        ),
        lines(
            "Probes and failures per second",
            [
                ("sum by (probe) (rate(efir_probes_total[15m]))", "{{probe}}"),
                ("sum by (probe) (rate(efir_probe_failures_total[15m]))", "{{probe}} failed"),
            ],
            "All networks together.",
        ),
        lines(
            "Scrape and page",
            [
                ('scrape_duration_seconds{job="efir"}', "scrape"),
                ("efir_collect_duration_seconds", "reading the store"),
            ],
            "A scrape should stay under 0.3 s.",
            "s",
        ),
        lines(
            "Spool",
            [("efir_spool_size_bytes", "used"), ("efir_spool_limit_bytes", "limit")],
            "At the limit the oldest acknowledged results give way.",
            "bytes",
        ),
        lines("Results in the spool", [("efir_spool_results", "results")], "On one's own device."),
        lines("Versions", [("count by (version) (efir_build_info)", "{{version}}")], "What runs here."),
    ],
)
