"""One's own data: take a copy, delete the results, remove everything. And the pages of a trouble and after the end."""

from pathlib import Path

from efir.forgetting import cannot_remove
from efir.i18n import _
from efir.standing import Stored, plain_words
from efir.ui.markup import Markup, joined, tag
from efir.ui.pages.layout import action, button, card, form, megabytes, page, paragraphs, sentence, tick
from efir.ui.work import Ended


def data_page(
    folder: Path, stored: Stored | str, installed: bool, notice: Ended | None, measuring: bool
) -> str:
    """What lies here, or why that cannot be told, and the ways to take it out or away."""
    return page(
        "data",
        _("Your data"),
        card(
            _("What is kept here"),
            _kept(stored),
            tag("p", _("Folder: {path}").format(path=folder), class_="quiet"),
        ),
        None if isinstance(stored, str) else card(_("Take a copy"), *_copy(stored.counts)),
        card(_("Delete the results"), _delete(), class_="card serious"),
        card(_("Remove everything"), _wipe(installed), class_="card serious"),
        notice=notice,
        measuring=measuring,
    )


def ended_page(title: str, sentences: list[str]) -> str:
    """Nothing on it leads anywhere: the program that served it has gone."""
    return page("ended", title, *paragraphs(sentences), navigation=False, ended=True)


def trouble_page(trouble: str, measuring: bool) -> str:
    """In place of a page that cannot be shown: why, and what can be done all the same."""
    return page(
        "trouble",
        _("This cannot be shown"),
        tag("p", sentence(trouble), class_="notice warning", role="alert"),
        tag("p", _("“Your data” deletes the results or removes everything, even if they cannot be read.")),
        action("unagree", _("Take the consent back"), "danger"),
        measuring=measuring,
    )


def _kept(stored: Stored | str) -> Markup:
    if isinstance(stored, str):
        return tag("p", sentence(stored), class_="notice warning")
    plain = tag("p", plain_words(), class_="notice warning") if stored.encrypted is False else None
    return joined(tag("p", _stored(stored.counts)), plain)


def _stored(counts: dict[str, int]) -> str:
    if not counts:
        return _("Nothing is stored.")
    return _("{rounds} rounds, {observations} observations, {size}.").format(
        rounds=counts["rounds"], observations=counts["observations"], size=megabytes(counts["bytes"])
    )


def _copy(counts: dict[str, int]) -> list[Markup | None]:
    about = _(
        "One file with all results, one record a line, not encrypted. The browser puts it among its downloads, where "
        "Efir cannot delete it."
    )
    link = tag("a", _("Download the results"), href="download", class_="button") if counts else None
    return [tag("p", about), tag("p", link) if link else None]


def _delete() -> Markup:
    return form(
        "delete",
        tag("p", _("The results go, your consent and settings stay. What was not sent is lost.")),
        tick("sure", _("Yes, delete all results"), required=True),
        button(_("Delete the results"), "danger"),
    )


def _wipe(installed: bool) -> Markup:
    return form(
        "wipe",
        tag("p", _("Results, consent, settings and pseudonyms go, and the program ends.")),
        tag("p", cannot_remove()),
        tag("p", _("Nor can it remove this page's address from your browser's history.")),
        tick("sure", _("Yes, remove everything"), required=True),
        tick("service", _("Remove the service too"), checked=True) if installed else None,
        button(_("Remove everything and end"), "danger"),
    )
