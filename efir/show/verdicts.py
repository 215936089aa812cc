"""Verdicts as a person reads them: a word and a sign, the colour only repeats it."""

from collections.abc import Sequence

from efir import words
from efir.i18n import _
from efir.output import Output
from measurements.records import SummaryLine, VerdictLine
from measurements.rules.line import Line

# verdict -> (sign, colour); the sign is enough for those who see no colours.
SIGNS = {
    "accessible": ("+", "green"),
    "blocked": ("x", "red"),
    "intercepted": ("!", "red"),
    "throttled": ("~", "yellow"),
    "down": ("-", "yellow"),
    "inconclusive": ("?", "default"),
}


def show_round(
    out: Output, line: Line, verdicts: Sequence[VerdictLine], summary: SummaryLine, kept: bool
) -> None:
    """Print a finished round; `kept` is false where nothing of it is stored on disk."""
    if trouble := words.situation(line.situation):
        out.text(trouble)
    if line.online:
        show_verdicts(out, verdicts)
    if summary.cancelled:
        out.text(words.stopped_early() if kept else _("Stopped early; nothing of it is kept."))
    out.text(
        _("Controls {ok} of {total}; {kilobytes} kB in {seconds} s.").format(
            ok=summary.controls_ok,
            total=summary.controls_total,
            kilobytes=round((summary.bytes_sent + summary.bytes_received) / 1000),
            seconds=round(summary.duration_seconds, 1),
        )
    )
    if kept:
        out.text(_("Why: efir explain ID (first column)."))


def show_verdicts(out: Output, verdicts: Sequence[VerdictLine]) -> None:
    """A table: one row a platform, and one for each endpoint that is not accessible."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 1))
    for heading in (_("ID"), _("platform"), _("verdict"), _("why")):
        table.add_column(heading, overflow="fold")
    for verdict in verdicts:
        if verdict.endpoint is not None and verdict.verdict == "accessible":
            continue
        sign, colour = SIGNS[verdict.verdict]
        word = words.verdict(verdict.verdict)
        what = f"{word} ({verdict.stage})" if verdict.stage else word
        table.add_row(
            Text(short_id(verdict.id), style="dim"),
            Text(f"  {verdict.endpoint}" if verdict.endpoint else verdict.platform),
            Text(f"{sign} {what}", style=colour),
            Text(verdict.reason),
        )
    out.console.print(table)


def short_id(identifier: str | None) -> str:
    """The random tail of an id: enough to name it on the command line."""
    return (identifier or "")[-8:]
