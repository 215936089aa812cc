"""The lab's results for people."""

from collections.abc import Iterable

from efir.i18n import _
from efir.output import Output
from lab.matrix import Result, Tally

_STYLES = {"right": "green", "not judged": "dim", "wrong": "yellow"}


def show_results(out: Output, results: Iterable[Result], tally: Tally) -> None:
    """A row for each scenario, worst last, and what went wrong in each."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in (_("Scenario"), _("Mark"), _("Seconds"), _("Findings")):
        table.add_column(heading)
    for result in sorted(results, key=lambda one: (one.mark != "right", one.scenario)):
        style = _STYLES.get(result.mark, "red")
        table.add_row(result.scenario, result.mark, f"{result.seconds:.1f}", _findings(result), style=style)
    out.console.print(table)
    counts = ", ".join(f"{number} {mark}" for mark, number in sorted(tally.scenarios.items()))
    out.text(_("{counts} in {seconds:.0f} s").format(counts=counts, seconds=tally.seconds))


def _findings(result: Result) -> str:
    if result.error or result.skipped:
        return result.error or result.skipped or ""
    wrong = [one for one in result.findings if one.mark not in ("right", "not judged")]
    return "\n".join(
        _("{key}: expected {expected}, got {got} ({reason})").format(
            key=one.key, expected=one.expected, got=one.got, reason=one.reason or "-"
        )
        for one in wrong
    )
