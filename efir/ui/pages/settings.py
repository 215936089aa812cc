"""What only the person knows of the line, what they agreed to, and the service."""

from collections.abc import Mapping

from efir.i18n import _
from efir.system_service import standing_text
from efir.ui.markup import Markup, tag
from efir.ui.pages.consent import lines
from efir.ui.pages.layout import action, button, card, choice, form, moment, page
from efir.ui.work import Ended
from vantage.consent import Consent
from vantage.line import Stated


def settings_page(
    consent: Consent,
    stated: Stated | None,
    service: tuple[bool, bool],
    notice: Ended | None,
    measuring: bool,
) -> str:
    """The line first: it is asked once, right after the consent."""
    return page(
        "settings",
        _("Settings"),
        card(_("Your line"), tag("p", _("Asked once; it can be changed here.")), _line(stated or Stated())),
        card(_("What you agreed to"), _agreed(consent)),
        card(_("By itself, after each log-in"), *_service(service)),
        notice=notice,
        measuring=measuring,
    )


def _line(stated: Stated) -> Markup:
    known = {"yes": _("Yes"), "no": _("No"), "unknown": _("Not known")}
    plans = {"bundled": known["yes"], "plain": known["no"], "unknown": known["unknown"]}
    kinds = {"fixed": _("fixed"), "mobile": _("mobile"), "other": _("other")}
    return form(
        "line",
        choice("metered", _("Do you pay by volume, or is your data limited?"), known, _word(stated.metered)),
        choice("plan", _("Are some platforms free, faster or slower by your plan?"), plans, stated.plan),
        choice(
            "tethered",
            _("Is this device connected through a phone's hotspot?"),
            known,
            _word(stated.tethered),
        ),
        choice("access", _("What kind of line is it?"), _with_unknown(kinds), stated.access or "unknown"),
        choice("vpn", _("Does all traffic of this device go through a VPN?"), known, _word(stated.vpn)),
        tag("p", button(_("Save"), "main"), class_="buttons"),
    )


def _with_unknown(answers: Mapping[str, str]) -> dict[str, str]:
    return {**answers, "unknown": _("Not known")}


def _word(answer: bool | None) -> str:
    return {None: "unknown", True: "yes", False: "no"}[answer]


def _agreed(consent: Consent) -> Markup:
    agreed = {field: bool(getattr(consent, field)) for field in ("helper", "upload", "live", "trace")}
    return tag(
        "div",
        tag("p", _("You agreed to measure on this line on"), " ", moment(consent.time), "."),
        form("lines", lines(agreed), tag("p", button(_("Save")), class_="buttons")),
        tag("p", _("Taking the consent back stops everything at once; your results stay.")),
        action("unagree", _("Take the consent back"), "danger"),
    )


def _service(standing: tuple[bool, bool]) -> list[Markup]:
    installed, _running = standing
    about = _(
        "The system can measure day and night without this page. It starts after each log-in, at a random time "
        "within 15 minutes."
    )
    do = (
        action("uninstall", _("Remove the service"))
        if installed
        else action("install", _("Install the service"))
    )
    return [tag("p", about), tag("p", standing_text(*standing)), do]
