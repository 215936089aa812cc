"""docs/accuracy.md from the tallies."""

from collections.abc import Sequence
from typing import Final

from lab.flowsim.score import Tally, wilson
from measurements.throttle.thresholds import RULES_VERSION

BEGIN: Final = "<!-- end-to-end: begin -->"
END: Final = "<!-- end-to-end: end -->"
_NOT_YET: Final = "The emulated network has not been run over these scenarios yet."

_INTRO: Final = """# How often the throttling decision is right

Written by `make accuracy`; do not edit by hand. Rules `{rules}`, seed {seed}.

Each row simulates whole sessions in the flow layer (`lab/flowsim/`: a fluid model of TCP behind a line and a box) and
gives their flows to the same decision code that a volunteer runs. Sessions go as the runner's go on a metered line,
with its plan and its purse: arm by arm, the first ten pairs within 4.5 MB, looks at 10, 14 and 18 pairs, a long pair of
4 MB once an arm is not slow, longer pairs where it slows down (the volunteer agrees), 50 MB in all. The model is one
of rates, not of packets; it says how often the *decision* errs on such flows. What real TCP does in a real box is for
the section on the emulated network below.

*Right* is the share of sessions with the verdict that the row asks for. *Missed*: called not throttled although
slowed. *False*: called throttled although it should not be. *Left open*: inconclusive although an answer was possible.
In brackets Wilson's 95 % interval, in percent. On innocent lines both other
answers are right; how many sessions cleared the platform (not throttled) stands in the last column.

Labels drawn anew (N8-permuted) are what the test's level promises for: ten pairs of a truly slowed platform all fall
the same way once in 1,024 sessions, and the three looks together at most once in 500. 0.1 to 0.2 % there is the level
itself, not a fault of the lines. A rule of seconds (E4-3s) is left open where ten pairs that outlast it cost more than
a metered day has.
"""

_SERIES: Final = """## QUIC and uploads, each as a series of its own

Short flows (96-128 kB) on a platform whose TCP downloads are clean; the verdict is the series' own. Most innocent ones
end after four pairs that show nothing (`no_sign`). An uplink is as fast as its row says.
"""

_PEERS: Final = """## Other rules on the same flows

Share of sessions whose first pair the rule calls slow. *Wehe*: the published rule of its client (area between the
distributions of 100 throughput bins at least 0.5 of the larger mean, 0.3 above 10 Mbit/s, and Kolmogorov-Smirnov
p < .01). *Speed test*: the target got less than half of what the control got, once. *Efir*: the session's verdict.
"""


def render(tallies: Sequence[Tally], seed: int, before: str) -> str:
    """The whole page; the end-to-end section is taken over from the page as it was `before`."""
    slowed = [each for each in tallies if each.want == ("throttled",) and each.id[0] == "E"]
    innocent = [each for each in tallies if each.id[0] == "N" and each.id[1].isdigit()]
    open_rows = [each for each in tallies if each.want == ("inconclusive",) and each.id[0] in "EI"]
    series = [each for each in tallies if each.id.startswith(("Q-", "U-"))]
    series_innocent = [each for each in tallies if each.id.startswith(("NQ-", "NU-"))]
    power = [each for each in tallies if each.id.startswith("P-")]
    parts = [
        _INTRO.format(rules=RULES_VERSION, seed=seed),
        "## Slowed platforms: throttled is right\n\n" + _verdicts(slowed),
        "## Innocent lines: throttled is a false alarm\n\n" + _innocent(innocent),
        "## Cases nobody can decide: inconclusive is right\n\n" + _verdicts(open_rows),
        _SERIES + "\n" + _verdicts(series) + "\n\n" + _innocent(series_innocent),
        "## Power by the line's variability\n\nPairs vary by the log-sd given; line of 3 Mbit/s.\n\n"
        + _verdicts(power),
        "## Cost of a verdict\n\nMeans, handshakes included. *Session* adds warm-ups, the controls before, the noise "
        "checks and the long pair,\nwhich a session that its first pairs call throttled never takes.\n\n"
        + _costs([*slowed, *innocent, *series, *series_innocent]),
        "## Mechanism, rate, burst, scope\n\nOver throttled sessions. The rate counts packets, as boxes do.\n\n"
        + _signatures([*slowed, *series]),
        _PEERS + "\n" + _peers([*slowed, *innocent, *series, *series_innocent]),
        "## Why sessions were left open\n\n" + _reasons(tallies),
        "## End to end, in the emulated network\n\n" + BEGIN + "\n" + _kept(before) + "\n" + END,
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def with_end_to_end(page: str, section: str) -> str:
    """`page` with the section that the emulated network fills."""
    head, rest = page.split(BEGIN, 1)
    return f"{head}{BEGIN}\n{section.strip()}\n{END}{rest.split(END, 1)[1]}"


def _kept(before: str) -> str:
    if BEGIN not in before or END not in before:
        return _NOT_YET
    return before.split(BEGIN, 1)[1].split(END, 1)[0].strip()


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def _share(hits: int, count: int) -> str:
    low, high = wilson(hits, count)
    return f"{100 * hits / count:.2f} [{100 * low:.2f}, {100 * high:.2f}]"


def _verdicts(rows: Sequence[Tally]) -> str:
    return _table(
        ("row", "scenario", "sessions", "right %", "missed %", "false %", "left open %"),
        [_verdict_cells(each) for each in rows],
    )


def _verdict_cells(row: Tally) -> tuple[str, ...]:
    counts = (row.right, row.missed, row.false, row.inconclusive)
    return (row.id, row.words, f"{row.sessions:,}", *(_share(n, row.sessions) for n in counts))


def _innocent(rows: Sequence[Tally]) -> str:
    return _table(
        ("row", "scenario", "sessions", "right %", "false %", "cleared %"),
        [
            (
                each.id,
                each.words,
                f"{each.sessions:,}",
                *(_share(n, each.sessions) for n in (each.right, each.false, each.cleared)),
            )
            for each in rows
        ],
    )


def _costs(rows: Sequence[Tally]) -> str:
    return _table(
        ("row", "pairs an arm", "minutes", "MB in decision pairs", "MB in the session"),
        [
            (
                each.id,
                f"{each.pairs:.1f}",
                f"{each.minutes:.0f}",
                f"{each.pair_bytes / 1e6:.2f}",
                f"{each.session_bytes / 1e6:.2f}",
            )
            for each in rows
        ],
    )


def _signatures(rows: Sequence[Tally]) -> str:
    return _table(
        (
            "row",
            "sessions",
            "mechanism right %",
            "scope right %",
            "rate error, median %",
            "rate within 5 %, share %",
            "burst error, median %",
        ),
        [
            (
                each.id,
                str(each.signed),
                _of(each.mechanism_right, each.signed),
                _of(each.scope_right, each.signed),
                _percent(each.rate_error),
                _percent(each.rate_within),
                _percent(each.burst_error),
            )
            for each in rows
            if each.signed
        ],
    )


def _of(hits: int | None, count: int) -> str:
    return "-" if hits is None else _share(hits, count)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f}"


def _peers(rows: Sequence[Tally]) -> str:
    return _table(
        ("row", "throttled is", "Efir %", "Wehe %", "speed test %"),
        [
            (
                each.id,
                "right" if each.want == ("throttled",) else "false",
                _share(each.right if each.want == ("throttled",) else each.false, each.sessions),
                _share(each.wehe, each.sessions),
                _share(each.speed_test, each.sessions),
            )
            for each in rows
        ],
    )


def _reasons(rows: Sequence[Tally]) -> str:
    return _table(
        ("row", "reasons, % of all sessions"),
        [
            (each.id, ", ".join(f"{word} {100 * n / each.sessions:.1f}" for word, n in each.reasons.items()))
            for each in rows
            if each.reasons
        ],
    )
