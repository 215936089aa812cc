"""`efir wipe`: remove what Efir keeps on this device, and say what it cannot remove."""

import sys

import click

from efir.exits import EfirError, Exit
from efir.forgetting import all_files, cannot_remove, forget, still_there, uninstall_command
from efir.i18n import _
from efir.options import Shared, shared_options
from measurements.state import StateFolder


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--uninstall", is_flag=True, help="Also remove the service and say how to remove the program.")
@shared_options
def command(shared: Shared, yes: bool, uninstall: bool) -> Exit:
    """Remove Efir's own files from the state folder: results, consent and pseudonyms.

    Works while another efir runs; that one then ends with an error. Files that are not Efir's stay.
    """
    folder = StateFolder(shared.state)
    found = all_files(folder)
    if not (yes or _agreed(shared, len(found))):
        shared.out.text(_("Nothing was removed."))
        return Exit.OK
    if uninstall:
        from efir.system_service import take_away

        take_away(shared)
    done = forget(folder, found)
    shared.out.line(
        {"type": "wipe", "removed": done.removed, "failed": done.failed, "foreign_files": done.foreign}
    )
    for text in done.sentences(folder):
        shared.out.text(text)
    shared.out.text(cannot_remove())
    if uninstall:
        shared.out.text(_("The program itself goes with: {command}").format(command=uninstall_command()))
    if done.failed:
        raise EfirError(still_there(done.failed), Exit.PARTIAL)
    return Exit.OK


def _agreed(shared: Shared, number: int) -> bool:
    if not sys.stdin.isatty():
        raise EfirError(
            _("this is no terminal, so nobody can be asked; to remove without a question: efir wipe --yes")
        )
    question = _("Remove {number} files of Efir's from {folder}? Results that were not sent are lost.")
    return click.confirm(
        question.format(number=number, folder=shared.state), default=False, err=shared.out.as_json
    )
