"""The first page: what is read before anything is measured, and the questions. The words are those of the terminal."""

from efir import consent_text
from efir.i18n import _
from efir.ui.markup import Markup, tag
from efir.ui.pages.layout import button, card, choice, form, page, prose, tick
from efir.ui.work import Ended


def consent_page(sections: list[tuple[str, str]], notice: Ended | None) -> str:
    """The text of `efir.consent_text.sections`, then everything that `efir consent` asks."""
    return page(
        "consent",
        _("Before anything is measured"),
        [
            tag(
                "section",
                tag("h2", heading),
                tag("p", prose(text)),
                class_="reading" if number else "reading unreviewed",
            )
            for number, (heading, text) in enumerate(sections)
        ],
        tag("p", _here(), class_="reading"),
        _questions(),
        notice=notice,
        navigation=False,
    )


def _here() -> str:
    """The text is the terminal's and names commands."""
    return _(
        "On this page you need no commands: a red button stops at once, the consent is taken back in the settings, and "
        "“Your data” removes everything."
    )


def _questions() -> Markup:
    answers = {"yes": _("Yes"), "no": _("No")}
    return form(
        "agree",
        card(
            _("Two questions"),
            tag("p", _("They show that the text was understood.")),
            [
                choice(f"control{number}", each.text, answers, None)
                for number, each in enumerate(consent_text.control_questions())
            ],
        ),
        card(
            _("What else it may do"),
            tag("p", _("Each is your own choice; nothing of this is needed to measure.")),
            lines({}),
        ),
        card(_("Your answer"), choice("agrees", consent_text.agreement(), answers, None)),
        tag("p", button(_("Send the answers"), "main"), class_="buttons"),
    )


def lines(agreed: dict[str, bool]) -> list[Markup]:
    """The parts that are agreed to one by one."""
    return [tick(field, text, agreed.get(field, False)) for field, text in consent_text.lines().items()]
