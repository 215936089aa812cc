"""All words of the consent, in one place: what is read before anything is measured.

A change of meaning here needs a new `vantage.consent.TEXT_VERSION`, so that everybody is asked again.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from efir.i18n import _


@dataclass(frozen=True)
class Question:
    """A yes-no question; `right` is the answer that shows the text was understood."""

    text: str
    right: bool
    explanation: str


def sections(platforms: Iterable[str], controls: Iterable[str]) -> list[tuple[str, str]]:
    """Heading and text of each part of the consent; the names come from the targets file in use."""
    names = {"platforms": ", ".join(platforms), "controls": ", ".join(controls)}
    return [
        (
            _("Not reviewed yet"),
            _(
                "No lawyer has reviewed this text, and no native speaker its translation. In doubt the English counts."
            ),
        ),
        (
            _("What it does"),
            _(
                "Efir connects to public servers of {platforms}, and for comparison to {controls}. It looks at whether "
                "they answer, how, and how fast. It opens no page, channel or video of anybody, logs in nowhere and "
                "listens to nobody else's traffic."
            ).format(**names),
        ),
        (
            _("When and how much"),
            _(
                "`efir run --once` measures once, in about a minute and less than 2 MB. `efir run` goes on day and "
                "night with the same plan every day, and keeps to its daily budget: 50 MB on a line you pay by volume, "
                "100 MB otherwise (at most 1.5 or 3 GB a month)."
            ),
        ),
        (
            _("Who can see it"),
            _(
                "Your operator, and the state through it, can see which names and addresses you contact, when, and how "
                "many bytes. They can recognise this program by its pattern, and keep that record. Efir does not hide "
                "you. A device that is taken from you shows that the program was installed."
            ),
        ),
        (
            _("What is kept"),
            _(
                "Results lie in one folder on this device. They carry a random pseudonym that changes every 30 days, "
                "never your addresses, your network's name, your device's name or where you are. Nothing is sent to us "
                "unless you agree to that separately."
            ),
        ),
        (
            _("The risk"),
            _(
                "We know of no law that names measuring one's own line, but we cannot promise that it is lawful or "
                "safe where you are. In Kazakhstan people were prosecuted over posts, messages and likes (Criminal "
                "Code, articles 174, 182, 256, 258, 266 and 405; reports of rights organisations of 2018 to 2021, "
                "read in November 2026). Nobody may be able to help you."
            ),
        ),
        (
            _("Do not run it"),
            _(
                "at work, on a state or military network, on somebody else's line without their word, or while you are "
                "under investigation. Do not publish your own results under your name."
            ),
        ),
        (
            _("How to stop"),
            _(
                "Ctrl-C stops a run. `efir consent --withdraw` takes your consent back and stops a run within seconds. "
                "`efir wipe` removes Efir's own "
                "files and says what it cannot remove. If you are unsure, ask a lawyer or a rights organisation you "
                "trust before you agree."
            ),
        ),
    ]


def control_questions() -> list[Question]:
    """Two questions that can only be answered by one who has read the text."""
    return [
        Question(
            _("Can your operator see that you run this program?"),
            True,
            _("It can: Efir does not hide you."),
        ),
        Question(
            _("Does anybody promise you that running it is safe?"),
            False,
            _("Nobody can promise that."),
        ),
    ]


def lines() -> dict[str, str]:
    """The parts that are agreed to one by one: field of `Consent` -> question."""
    return {
        "helper": _(
            "May it also contact our own test server when a platform looks slowed? It makes the proof stronger, and "
            "it shows that you take part."
        ),
        "upload": _(
            "May it send results, sealed, to the collector of your invite? Without this they stay here."
        ),
        "live": _(
            "May it send them within ten minutes? Alerts come sooner. Otherwise they go at a random time one hour to a "
            "day later, which tells whoever watches the line less about when something was found."
        ),
        "trace": _(
            "May it look, when you ask for it with `efir trace`, for the place on the way where answers are forged or "
            "a flow turns slow? That sends unusual packets, and downloads up to 1 MB each time. Your operator, and "
            "whoever runs a box on the way, can see the platform's name again and again in packets that end half-way: "
            "easier to notice than all else that Efir sends."
        ),
    }


def agreement() -> str:
    """The question itself."""
    return _("Do you agree to measure on this line?")
