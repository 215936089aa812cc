"""`efir consent`: what is measured, who can see it, and a yes or no to it."""

import sys

import click

from efir.consenting import ask, record, show
from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from measurements.state import StateFolder
from vantage.consent import Consent, NoConsent, read_consent, withdraw


@click.command()
@click.option("--accept", is_flag=True, help="Agree without questions, for servers and tests.")
@click.option("--with-helper", is_flag=True, help="Agree to contact our own test server too.")
@click.option("--with-upload", is_flag=True, help="Agree to send results to the collector of the invite.")
@click.option("--with-live", is_flag=True, help="Agree to send them within ten minutes, not hours later.")
@click.option("--with-trace", is_flag=True, help="Agree to look for the hop that interferes.")
@click.option("--withdraw", "take_back", is_flag=True, help="Take the consent back.")
@shared_options
def command(
    shared: Shared,
    accept: bool,
    with_helper: bool,
    with_upload: bool,
    with_live: bool,
    with_trace: bool,
    take_back: bool,
) -> Exit:
    """Read what is measured and who can see it, and agree or not.

    Nothing is measured before. The test server, sending results and tracing each need their own yes.
    """
    folder = StateFolder(shared.state)
    if take_back:
        if accept or with_helper or with_upload or with_live or with_trace:
            raise click.UsageError("--withdraw cannot be combined with agreeing.")
        had = withdraw(folder)
        shared.out.text(_("Your consent is taken back.") if had else _("There was no consent on record."))
        _report(shared, None)
        return Exit.OK
    agreed = {"helper": with_helper, "upload": with_upload, "live": with_live, "trace": with_trace}
    if accept:
        consent = record(shared, interactive=False, agreed=agreed)
    elif sys.stdin.isatty():
        consent = ask(shared, frozenset(field for field, yes in agreed.items() if yes))
    else:
        show(shared)
        present = read_consent(folder)
        if present is None or any(agreed.values()):
            raise NoConsent(_("this is no terminal, so nobody can be asked; to agree: efir consent --accept"))
        consent = present
    _report(shared, consent)
    return Exit.OK


def _report(shared: Shared, consent: Consent | None) -> None:
    fields = ("helper", "upload", "live", "trace")
    agreed = {field: bool(consent and getattr(consent, field)) for field in fields}
    time = consent.time if consent else None
    shared.out.line({"type": "consent", "given": consent is not None, "time": time, **agreed})
    if consent is None:
        return
    words = {
        "helper": _("the test server"),
        "upload": _("sending results"),
        "live": _("sending them within minutes"),
        "trace": _("tracing"),
    }
    with_these = [words[field] for field, yes in agreed.items() if yes]
    shared.out.text(
        _("Consent is recorded, with: {parts}.").format(parts=", ".join([_("measuring"), *with_these]))
    )
