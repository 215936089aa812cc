"""Single vantages; needs the private page. Not for the public."""

from typing import Final

from exporter.dashboards.parts import dashboard, lines, ratio_lines, state_code, states, table, variable

_WHO = 'vantage=~"$vantage"'

# What one vantage sees, and whether it is well.
DASHBOARD: Final = dashboard(
    "vantage",
    "vantage (private)",
    [
        states(
            "State by platform",
            state_code("efir_platform_verdict", _WHO, ["vantage", "platform"]),
            "{{platform}} {{vantage}}",
            "The verdict that stands.",
        ),
        table(
            "Seconds since the newest result",
            f"sort_desc(time() - efir_vantage_last_result_timestamp_seconds{{{_WHO}}})",
            "Silent vantages come first; after a week they are gone.",
            "s",
        ),
        table("Who they are", f"efir_vantage_info{{{_WHO}}}", "Operator, access and plan, as far as known."),
        ratio_lines(
            "Speed against control",
            f"efir_throttle_ratio{{{_WHO}}}",
            "{{platform}} {{vantage}}",
            "Of the last session, else the median of fresh pairs.",
        ),
        lines(
            "Goodput: platform and control",
            [
                (f"efir_goodput_bytes_per_second{{{_WHO}}}", "{{platform}} {{vantage}}"),
                (f"efir_control_goodput_bytes_per_second{{{_WHO}}}", "control {{vantage}}"),
            ],
            "Medians of fresh pairs.",
            "Bps",
        ),
        lines(
            "Phases",
            [(f"efir_probe_phase_duration_seconds{{{_WHO}}}", "{{platform}} {{phase}} {{vantage}}")],
            "A phase that failed is absent.",
            "s",
        ),
        lines(
            "Probes that succeed",
            [(f"efir_probe_success{{{_WHO}}}", "{{platform}} {{probe}} {{vantage}}")],
            "1 if every endpoint answered.",
        ),
        lines(
            "Controls answer",
            [(f"efir_control_success{{{_WHO}}}", "{{vantage}}")],
            "Without a control nothing is said of platforms.",
        ),
        lines(
            "Clock offset",
            [(f"efir_vantage_clock_offset_seconds{{{_WHO}}}", "{{vantage}}")],
            "Against the collector's clock, at the last upload.",
            "s",
        ),
        lines(
            "Bytes in the last day",
            [
                (f"increase(efir_received_bytes_total{{{_WHO}}}[1d])", "received {{vantage}}"),
                (f"increase(efir_sent_bytes_total{{{_WHO}}}[1d])", "sent {{vantage}}"),
            ],
            "The budget is 50 MB a day on metered lines, 100 MB otherwise.",
            "bytes",
        ),
    ],
    [variable("vantage", "efir_vantage_info", "vantage", "Vantage")],
)
