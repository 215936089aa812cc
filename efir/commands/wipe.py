"""`efir wipe`: remove what Efir keeps on this device, and say what it cannot remove."""

import sys
from pathlib import Path

import click

from efir.exits import EfirError, Exit
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
    found = list(folder.own_files())
    if not (yes or _agreed(shared, len(found))):
        shared.out.text(_("Nothing was removed."))
        return Exit.OK
    if uninstall:
        from efir.commands.service import take_away

        take_away(shared)
    removed, kept = _remove(found)
    foreign = _remove_folder(folder.root)
    line = {
        "type": "wipe",
        "removed": len(removed),
        "failed": [path.name for path in kept],
        "foreign_files": foreign,
    }
    shared.out.line(line)
    shared.out.text(
        _("{number} files of Efir's were removed from {folder}.").format(
            number=len(removed), folder=folder.root
        )
    )
    if foreign:
        shared.out.text(_("{number} files there are not Efir's and stay.").format(number=foreign))
    shared.out.text(cannot_remove())
    if uninstall:
        shared.out.text(_("The program itself goes with: {command}").format(command=uninstall_command()))
    if kept:
        names = ", ".join(path.name for path in kept)
        raise EfirError(
            _("could not remove: {names}. Stop the other efir, then run efir wipe again").format(names=names),
            Exit.PARTIAL,
        )
    return Exit.OK


def cannot_remove() -> str:
    """What stays behind, whatever a program does."""
    return _(
        "What this cannot remove: your shell's history of commands, the installed program and the package manager's "
        "caches, backups and snapshots of this device, copies that flash memory keeps of deleted files, results "
        "already sent, and what your operator has recorded."
    )


def uninstall_command() -> str:
    """What removes the installed program: only the installer knows all of its files."""
    from efir.about import distribution

    return f"{sys.executable} -m pip uninstall {distribution()}"


def _agreed(shared: Shared, number: int) -> bool:
    if not sys.stdin.isatty():
        raise EfirError(
            _("this is no terminal, so nobody can be asked; to remove without a question: efir wipe --yes")
        )
    question = _("Remove {number} files of Efir's from {folder}? Results that were not sent are lost.")
    return click.confirm(
        question.format(number=number, folder=shared.state), default=False, err=shared.out.as_json
    )


def _remove(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """Unlink each; Windows refuses for a file that another process has open."""
    removed, kept = [], []
    for path in paths:
        try:
            path.unlink(missing_ok=True)
            removed.append(path)
        except OSError:
            kept.append(path)
    return removed, kept


def _remove_folder(root: Path) -> int:
    """Remove the folder if it is empty now; gives how many other files keep it."""
    if not root.is_dir():
        return 0
    others = sum(1 for _each in root.iterdir())
    if not others:
        root.rmdir()
    return others
