"""One network (provider) with all platforms."""

from typing import Final

from exporter.dashboards.parts import dashboard, lines, ratio_lines, state_code, states, variable

_WHERE = 'asn=~"$asn"'

# All platforms on a network, and whether the network itself is well.
DASHBOARD: Final = dashboard(
    "provider",
    "provider",
    [
        states(
            "State by platform",
            state_code("efir_network_verdict_ratio", _WHERE, ["asn", "platform"]),
            "{{platform}} AS{{asn}}",
            "The worst verdict that half of the network's vantages hold.",
        ),
        ratio_lines(
            "Speed against control",
            f"efir_network_throttle_ratio{{{_WHERE}}}",
            "{{platform}} AS{{asn}}",
            "Median of the vantages' ratios.",
        ),
        lines(
            "Share of vantages by verdict",
            [
                (
                    f'efir_network_verdict_ratio{{{_WHERE}, verdict!="accessible"}} > 0',
                    "{{platform}} {{verdict}}",
                )
            ],
            "Everything but `accessible`; a curve that is absent is no vantage saying so, or no data.",
            "percentunit",
        ),
        lines(
            "Controls and the way abroad",
            [
                (f"efir_network_control_success_ratio{{{_WHERE}}}", "AS{{asn}} controls answer"),
                (f"efir_network_international_cut_ratio{{{_WHERE}}}", "AS{{asn}} cut off abroad"),
            ],
            "With no control answering, the line is down, not the platforms.",
            "percentunit",
        ),
        lines(
            "Control goodput",
            [(f"efir_network_control_goodput_bytes_per_second{{{_WHERE}}}", "AS{{asn}}")],
            "Under 125 kB/s (1 Mbit/s) throttling is never decided.",
            "Bps",
        ),
        lines(
            "Vantages heard",
            [(f"efir_network_vantages{{{_WHERE}}}", "AS{{asn}}")],
            "Counted by invite.",
        ),
        lines(
            "Late results in the last hour",
            [(f"increase(efir_late_results_total{{{_WHERE}}}[1h])", "AS{{asn}}")],
            "They stand nowhere else in these dashboards; the live page puts them into their own hour.",
        ),
    ],
    [variable("asn", "efir_network_vantages", "asn", "Network (AS)")],
)
