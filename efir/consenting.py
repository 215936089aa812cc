"""Asking for consent on a terminal, and the gate that every measuring command passes."""

import sys
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


def show(shared: Shared) -> None:
    """Print the whole text."""
    targets = targets_in_use(shared)
    platforms = [platform.name for platform in targets.platforms.values()]
    for heading, text in consent_text.sections(platforms, [control.name for control in targets.controls]):
        shared.out.text(f"{heading}\n  {text}\n")


def ask(shared: Shared, given: frozenset[str] = frozenset()) -> Consent:
    """Show the text, ask, record. `given`: lines already agreed to. Raises NoConsent after a no."""
    show(shared)
    for question in consent_text.control_questions():
        if _yes(question.text, shared) != question.right:
            shared.out.text(question.explanation)
            raise NoConsent(_("please read the text once more before you agree; nothing was recorded"))
    if not _yes(consent_text.agreement(), shared):
        raise NoConsent(_("not agreed; nothing is measured and nothing was recorded"))
    asked = consent_text.lines()
    agreed: dict[str, bool] = {}
    for field, text in asked.items():
        pointless = field == "live" and not agreed["upload"]
        agreed[field] = field in given or (not pointless and _yes(text, shared))
    return record(shared, interactive=True, agreed=agreed)


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
