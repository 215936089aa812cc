"""Asking for consent on a terminal, and the gate that every measuring command passes."""

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import click

from efir import consent_text
from efir.exits import EfirError
from efir.i18n import _
from efir.options import Shared
from efir.targets_in_use import targets_in_use
from measurements.state import StateFolder
from vantage.consent import TEXT_VERSION, Consent, NoConsent, read_consent, require_consent, write_consent


def ensure_consent(shared: Shared) -> Consent:
    """The consent on record; on a terminal it is asked for. Raises NoConsent (exit 3) otherwise."""
    folder = StateFolder(shared.state)
    if read_consent(folder) is None and sys.stdin.isatty():
        return ask(shared)
    return require_consent(folder)


def text(shared: Shared) -> list[tuple[str, str]]:
    """Heading and text of each part of what is read first."""
    targets = targets_in_use(shared)
    platforms = [platform.name for platform in targets.platforms.values()]
    return consent_text.sections(platforms, [control.name for control in targets.controls])


def show(shared: Shared) -> None:
    """Print the whole text."""
    for heading, part in text(shared):
        shared.out.text(f"{heading}\n  {part}\n")


def ask(shared: Shared, given: frozenset[str] = frozenset()) -> Consent:
    """Show the text, ask, record. `given`: lines already agreed to. Raises NoConsent after a no."""
    show(shared)
    for question in consent_text.control_questions():
        _understood(question, _yes(question.text, shared))
    _agreed(_yes(consent_text.agreement(), shared))
    asked = consent_text.lines()
    agreed: dict[str, bool] = {}
    for field, question_text in asked.items():
        pointless = field == "live" and not agreed["upload"]
        agreed[field] = field in given or (not pointless and _yes(question_text, shared))
    return record(shared, interactive=True, agreed=agreed)


def answered(shared: Shared, control: Sequence[bool], agrees: bool, wanted: Mapping[str, bool]) -> Consent:
    """The same on a form, where all is answered at once. Raises NoConsent after a no."""
    for question, answer in zip(consent_text.control_questions(), control, strict=True):
        _understood(question, answer)
    _agreed(agrees)
    return record(shared, interactive=True, agreed=lines_agreed(wanted))


def lines_agreed(wanted: Mapping[str, bool]) -> dict[str, bool]:
    """The lines as they can be kept: results that are not sent at all are not sent soon either."""
    return {field: wanted[field] and (field != "live" or wanted["upload"]) for field in consent_text.lines()}


def _understood(question: consent_text.Question, answer: bool) -> None:
    if answer != question.right:
        again = _("please read the text once more before you agree; nothing was recorded")
        raise NoConsent(f"{question.explanation.rstrip('.')}; {again}")


def _agreed(yes: bool) -> None:
    if not yes:
        raise NoConsent(_("not agreed; nothing is measured and nothing was recorded"))


def record(shared: Shared, *, interactive: bool, agreed: dict[str, bool]) -> Consent:
    """Write the consent down."""
    consent = Consent(time=datetime.now(UTC), text_version=TEXT_VERSION, interactive=interactive, **agreed)
    write_consent(StateFolder(shared.state), consent)
    return consent


def _yes(question: str, shared: Shared) -> bool:
    """No default: pressing Enter is no answer."""
    try:
        return click.confirm(question, default=None, err=shared.out.as_json)
    except click.Abort:
        raise EfirError(_("no answer; nothing is measured and nothing was recorded")) from None
