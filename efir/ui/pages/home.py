"""Where measuring is started and stopped, with its progress, the day's data and the last round."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from efir import words
from efir.i18n import _
from efir.standing import Standing
from efir.system_service import standing_text
from efir.ui.markup import Child, Markup, joined, tag
from efir.ui.pages.layout import action, button, card, form, megabytes, moment, page, tick
from efir.ui.pages.verdicts import platform_list, situation
from efir.ui.site import RoundShown
from efir.ui.work import Doing, Ended

# Chosen in place of one platform.
EVERY: Final = "*"


@dataclass(frozen=True)
class Home:
    """What the page tells. `service`: installed, and running."""

    stands: Standing
    doing: Doing | None
    paused: bool
    service: tuple[bool, bool]
    last: RoundShown | None
    names: Mapping[str, str]  # platform -> its name


def home_page(home: Home, notice: Ended | None) -> str:
    """The whole page."""
    return page(
        "./",
        _("Measure"),
        _at_work(home) if home.doing else _begin(home),
        _last(home),
        _data(home.stands),
        notice=notice,
        measuring=home.doing is not None,
        script=home.doing is not None,
    )


def progress(doing: Doing, paused: bool) -> Markup:
    """The part that changes while something is measured."""
    bars = [
        tag(
            "p",
            tag("label", words.step(what), for_=f"step{number}"),
            tag("progress", value=done, max=max(of, 1), id=f"step{number}"),
            tag("span", f"{done} / {of}"),
            class_="bar",
        )
        for number, (what, (done, of)) in enumerate(doing.steps.items())
    ]
    said = [tag("li", moment(time), " ", text) for time, text in reversed(doing.said)]
    return joined(
        tag("p", _state(doing, paused), class_="now"),
        tag("p", doing.session) if doing.session else None,
        bars,
        tag("ul", said, class_="said") if said else None,
    )


def _state(doing: Doing, paused: bool) -> str:
    if doing.stopping:
        return _("Stopping; what is finished is kept.")
    if doing.kind == "round":
        return _("One round is being measured. It takes about a minute.")
    if doing.kind == "session":
        return _("Downloads are compared in pairs. It takes 10 to 60 minutes.")
    if paused:
        return _("Paused: nothing is measured until you go on.")
    return _("Efir measures day and night, a little at a time, while this program runs.")


def _at_work(home: Home) -> Markup:
    doing = home.doing
    assert doing is not None
    return card(
        _("Now"),
        tag("div", progress(doing, home.paused), id="live", data_news=doing.news),
        tag(
            "p",
            _("Efir has ended; nothing is measured. Close this page."),
            id="gone",
            role="status",
            hidden=True,
        ),
        tag("noscript", tag("p", tag("a", _("Look again"), href="./"))),
        tag("div", _pause(home.paused), class_="buttons") if doing.kind == "cadence" else None,
    )


def _pause(paused: bool) -> Markup:
    return action("resume", _("Go on"), "main") if paused else action("pause", _("Pause"))


def _begin(home: Home) -> Markup:
    return card(
        _("What would you like to measure?"),
        _choice(
            action("measure", _("Measure once"), "main"),
            _("Is each platform reachable here? About a minute, less than 2 MB."),
        ),
        _day_and_night(home),
        _choice(
            _session(home.names),
            _(
                "Downloads in pairs, 10 to 60 minutes. On a metered line a platform costs up to 9 MB if it is slowed "
                "down, up to 25 MB if not."
            ),
        ),
    )


def _choice(what: Child, about: str) -> Markup:
    return tag("div", what, tag("p", about), class_="choice")


def _day_and_night(home: Home) -> Markup:
    installed, running = home.service
    about = _("The same plan every day, within the day's data. It goes on while this program runs.")
    if not installed:
        return _choice(action("start", _("Measure day and night")), about)
    # The service does just that: a second one beside it would measure everything twice.
    return _choice(
        joined(tag("p", standing_text(installed, running)), _pause(home.paused)),
        _("Paused: nothing is measured until you go on.") if home.paused else "",
    )


def _session(names: Mapping[str, str]) -> Markup:
    offered = {**names, EVERY: _("all platforms")}
    options = [tag("option", name, value=platform) for platform, name in offered.items()]
    return form(
        "compare",
        tag("label", _("Is a platform slowed down here?"), for_="platform"),
        tag("select", options, name="platform", id="platform"),
        button(_("Compare")),
        tick("longer", _("Longer downloads, if a slowing begins late")),
        class_="session",
    )


def _last(home: Home) -> Markup | None:
    if home.last is None and home.doing:
        return None
    if home.last is None:
        return card(_("Last round"), tag("p", _("Nothing was measured yet.")))
    return card(
        _("Last round"),
        tag("p", moment(home.last.time), class_="quiet"),
        situation(home.last.summary),
        platform_list(home.last.platforms, home.names) if home.last.summary.online else None,
        tag("p", tag("a", _("What this means, and earlier rounds"), href="results")),
    )


def _data(stands: Standing) -> Markup:
    used, most = stands.stored.day_bytes, stands.day_limit or 0
    return card(
        _("Data of the last 24 hours"),
        tag(
            "p",
            tag(
                "label",
                _("{used} of {limit}").format(used=megabytes(used), limit=megabytes(most)),
                for_="used",
            ),
            tag("meter", value=min(used, most), max=most, id="used"),
            class_="bar",
        ),
        tag(
            "p",
            _("Day and night, Efir never takes more; what you start by hand is counted too."),
            class_="quiet",
        ),
    )
