"""One platform on all networks."""

from typing import Final

from exporter.dashboards.parts import dashboard, lines, ratio_lines, state_code, states, variable

_WHERE = 'platform=~"$platform", country=~"$country"'

# How a platform fares, network by network, and at which phase it fails.
DASHBOARD: Final = dashboard(
    "platform",
    "platform",
    [
        states(
            "State by network",
            state_code("efir_network_verdict_ratio", _WHERE, ["asn", "country", "platform"]),
            "AS{{asn}} {{platform}}",
            "The worst verdict that half of a network's vantages hold.",
        ),
        ratio_lines(
            "Speed against control",
            f"efir_network_throttle_ratio{{{_WHERE}}}",
            "AS{{asn}} {{platform}}",
            "Median of the vantages' ratios.",
        ),
        lines(
            "Goodput: platform and control",
            [
                (f"efir_network_goodput_bytes_per_second{{{_WHERE}}}", "AS{{asn}} {{platform}}"),
                (
                    'efir_network_control_goodput_bytes_per_second{country=~"$country"}',
                    "AS{{asn}} control",
                ),
            ],
            "A slow line slows both; only the platform falling tells of throttling.",
            "Bps",
        ),
        lines(
            "Median duration of each phase that succeeded",
            [
                (
                    "histogram_quantile(0.5, sum by (phase, le) "
                    f"(rate(efir_phase_duration_seconds_bucket{{{_WHERE}}}[2h])))",
                    "{{phase}}",
                )
            ],
            "Phases that failed are absent, not zero.",
            "s",
        ),
        lines(
            "DNS answers that led to valid certificates",
            [(f"efir_network_dns_consistent_ratio{{{_WHERE}}}", "AS{{asn}} {{platform}} {{resolver}}")],
            "The system's resolver falling alone tells of false answers.",
            "percentunit",
        ),
        lines(
            "Verdicts in the last hour",
            [
                (
                    f"sum by (platform, verdict) (increase(efir_results_total{{{_WHERE}}}[1h]))",
                    "{{platform}} {{verdict}}",
                )
            ],
            "How much stands behind the shares above.",
        ),
        lines(
            "Vantages with a fresh verdict",
            [(f"efir_network_platform_vantages{{{_WHERE}}}", "AS{{asn}} {{platform}}")],
            "Counted by invite.",
        ),
    ],
    [
        variable("platform", "efir_network_platform_vantages", "platform", "Platform"),
        variable("country", "efir_network_vantages", "country", "Country"),
    ],
)
