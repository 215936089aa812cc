"""One's own data: take a copy, delete the results, remove everything. And the last page, after the end."""

from pathlib import Path

from efir.forgetting import cannot_remove
from efir.i18n import _
from efir.standing import Stored, plain_words
from efir.ui.markup import Markup, tag
from efir.ui.pages.layout import button, card, form, megabytes, page, paragraphs, tick
from efir.ui.work import Ended


def data_page(folder: Path, stored: Stored, installed: bool, notice: Ended | None, measuring: bool) -> str:
    """What lies here, and the ways to take it out or away."""
    return page(
        "data",
        _("Your data"),
        card(
            _("What is kept here"),
            tag("p", _stored(stored.counts)),
            tag("p", plain_words(), class_="notice warning") if stored.encrypted is False else None,
            tag("p", _("Folder: {path}").format(path=folder), class_="quiet"),
        ),
        card(_("Take a copy"), *_copy(stored.counts)),
        card(_("Delete the results"), _delete(), class_="card serious"),
        card(_("Remove everything"), _wipe(installed), class_="card serious"),
        notice=notice,
        measuring=measuring,
    )


def ended_page(title: str, sentences: list[str]) -> str:
    """Nothing on it leads anywhere: the program that served it has gone."""
    return page("ended", title, *paragraphs(sentences), navigation=False, ended=True)


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
