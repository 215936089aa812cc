"""Sending: how it stands, what exactly would go, the invite, and taking back what was sent."""

from collections.abc import Sequence

import msgspec

from efir.i18n import _
from efir.standing import Standing, sending_words
from efir.ui.markup import Markup, tag
from efir.ui.pages.layout import action, button, card, form, page
from efir.ui.work import Ended
from efir.uploading import hosts, preview_words
from measurements.batch import Item
from measurements.invite import Invite

# Records shown whole; all of them are in the file to download.
_SHOWN = 5


def sending_page(
    stands: Standing,
    invite: Invite | None,
    waiting: Sequence[Item],
    notice: Ended | None,
    measuring: bool,
) -> str:
    """Without an invite and its own consent nothing is sent; the page says which of the two is missing."""
    return page(
        "sending",
        _("Sending"),
        card(_("How it stands"), tag("p", sending_words(stands)), _now(stands, waiting)),
        card(_("What would go"), *_preview(waiting)),
        card(_("Invite"), *_invite(invite)),
        card(_("Take back what was sent"), *_take_back()) if invite else None,
        notice=notice,
        measuring=measuring,
    )


def _now(stands: Standing, waiting: Sequence[Item]) -> Markup | None:
    if stands.consent is None or not stands.consent.upload:
        return tag("p", tag("a", _("Agree to it in the settings"), href="settings"))
    return action("send", _("Send now")) if stands.invited and waiting else None


def _preview(waiting: Sequence[Item]) -> list[Markup | None]:
    shown = [
        tag("pre", msgspec.json.format(msgspec.json.encode(each), indent=1).decode(), lang="en")
        for each in waiting[:_SHOWN]
    ]
    return [
        tag("p", preview_words(waiting)),
        tag("details", tag("summary", _("Show the first of them, whole")), shown) if shown else None,
    ]


def _invite(invite: Invite | None) -> list[Markup]:
    about = _(
        "The operator of a collector gives you an invite, a small file. Without one, results stay here."
    )
    kept = _("Results would go to: {hosts}.")
    return [
        tag("p", kept.format(hosts=", ".join(hosts(invite))) if invite else about),
        form(
            "invite",
            tag("label", _("File of the invite"), for_="file"),
            tag("input", type="file", name="file", id="file", required=True),
            tag("p", button(_("Keep this invite")), class_="buttons"),
            upload=True,
        ),
    ]


def _take_back() -> list[Markup]:
    return [
        tag("p", _("The collector deletes what you sent, and nothing more is sent. Published figures stay.")),
        action("unsend", _("Have everything deleted that I sent"), "danger"),
    ]
