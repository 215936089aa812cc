"""What was found: the last rounds, the last throttling sessions, and what the words mean."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from efir import words
from efir.i18n import _
from efir.show.throttle import result_texts
from efir.ui.markup import Markup, joined, tag
from efir.ui.pages.layout import card, megabytes, moment, page
from efir.ui.pages.verdicts import details, legend, platform_list, sign, situation
from efir.ui.site import RoundShown
from efir.ui.work import Ended
from measurements.records import ThrottleLine


def results_page(
    rounds: Sequence[RoundShown],
    sessions: Sequence[tuple[datetime, ThrottleLine]],
    names: Mapping[str, str],
    notice: Ended | None,
    measuring: bool,
) -> str:
    """Newest first."""
    seen = {each.verdict for one in rounds for each in one.platforms}
    return page(
        "results",
        _("Results"),
        tag("p", _("Do not publish your own results under your name.")),
        card(_("What this means"), legend(seen)) if seen else None,
        card(_("Rounds: is it reachable?"), _rounds(rounds, names)),
        card(
            _("Sessions: is it slowed down?"), tag("p", _sure(), class_="quiet"), _sessions(sessions, names)
        ),
        notice=notice,
        measuring=measuring,
    )


def _rounds(rounds: Sequence[RoundShown], names: Mapping[str, str]) -> Markup:
    if not rounds:
        return tag("p", _("Nothing was measured yet."))
    return joined(_round(each, names, newest=not number) for number, each in enumerate(rounds))


def _round(one: RoundShown, names: Mapping[str, str], newest: bool) -> Markup:
    """The newest is open; of the others the heading tells what is not accessible."""
    summary = one.summary
    cost = _("Comparison sites that answered: {ok} of {total}. {size} in {seconds:.0f} s.").format(
        ok=summary.controls_ok,
        total=summary.controls_total,
        size=megabytes(summary.bytes_sent + summary.bytes_received),
        seconds=summary.duration_seconds,
    )
    return tag(
        "details",
        tag("summary", moment(one.time), " ", _heading(one, names)),
        situation(summary),
        platform_list(one.platforms, names) if summary.online else None,
        tag("p", cost, class_="quiet"),
        details(one.verdicts, names) if summary.online else None,
        open=newest,
        class_="round",
    )


def _heading(one: RoundShown, names: Mapping[str, str]) -> str:
    if one.summary.cancelled:
        return _("stopped early")
    if not one.summary.online:
        return _("offline")
    found = [each for each in one.platforms if each.verdict != "accessible"]
    if not found:
        return _("all work")
    return ", ".join(
        f"{names.get(each.platform, each.platform)}: {words.verdict(each.verdict)}" for each in found
    )


def _sure() -> str:
    return _(
        "“Slowed down” is said only where at least ten pairs of downloads agree and the control is fast; “cannot be "
        "said” comes with its reasons."
    )


def _sessions(sessions: Sequence[tuple[datetime, ThrottleLine]], names: Mapping[str, str]) -> Markup:
    if not sessions:
        return tag("p", _("No session was held yet."))
    return joined(_session(time, line, names) for time, line in sessions)


def _session(time: datetime, line: ThrottleLine, names: Mapping[str, str]) -> Markup:
    return tag(
        "div",
        tag(
            "h3", names.get(line.platform, line.platform), " ", sign(line.verdict, words.speed(line.verdict))
        ),
        tag("p", moment(time), class_="quiet"),
        tag("ul", [tag("li", each) for each in result_texts(line)]),
        class_="session-shown",
    )
