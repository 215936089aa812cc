"""Is anything wrong, where, and would we notice?"""

from typing import Final

from exporter.dashboards.parts import (
    alert_list,
    dashboard,
    lines,
    number,
    ratio_lines,
    state_code,
    states,
    variable,
)

_WHERE = 'country=~"$country"'

# Everything on one screen.
DASHBOARD: Final = dashboard(
    "overview",
    "overview",
    [
        number(
            "Vantages heard",
            f"sum(efir_network_vantages{{{_WHERE}}})",
            "Fresh results, counted by invite.",
        ),
        number("Networks heard", f"count(efir_network_vantages{{{_WHERE}}})", "Networks with fresh results."),
        number(
            "Platforms affected",
            "count(count by (platform) (operator_platform:efir_harmed_invites:count > 0)) or vector(0)",
            "Platforms that at least one sound vantage found blocked, intercepted or slowed.",
        ),
        number(
            "Country cut off",
            f"max(efir_network_international_cut_ratio{{{_WHERE}}})",
            "Largest share of a network's vantages that see only domestic controls.",
            "percentunit",
        ),
        number(
            "Event windows open",
            "count(max by (window) (efir_event_window_active) == 1) or vector(0)",
            "Only where the operator gave a schedule.",
        ),
        number(
            "Store readable",
            "1 - max(efir_collect_failed)",
            "1 = yes; 0 = all that is shown is what was known before.",
        ),
        states(
            "State by network and platform",
            state_code("efir_network_verdict_ratio", _WHERE, ["asn", "country", "platform"]),
            "AS{{asn}} {{platform}}",
            "The worst verdict that half of a network's vantages hold.",
            height=14,
        ),
        alert_list(),
        ratio_lines(
            "Speed against control",
            f"efir_network_throttle_ratio{{{_WHERE}}}",
            "AS{{asn}} {{platform}}",
            "Median of the vantages' ratios.",
        ),
        lines(
            "Controls that answer",
            [(f"efir_network_control_success_ratio{{{_WHERE}}}", "AS{{asn}}")],
            "Where controls fail, nothing is said of platforms.",
            "percentunit",
        ),
    ],
    [variable("country", "efir_network_vantages", "country", "Country")],
)
