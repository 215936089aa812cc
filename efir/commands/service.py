"""`efir service`: let the system run `efir run` by itself, or stop that."""

import click

from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.system_service import put_in_place, service_here, standing, standing_text, take_away


@click.group()
def command() -> None:
    """Let the system run `efir run` by itself (systemd, launchd, Task Scheduler), without root."""


@command.command()
@click.option("--print", "only_print", is_flag=True, help="Print the file; change nothing.")
@shared_options
def install(shared: Shared, only_print: bool) -> Exit:
    """Measure from now on and after each log-in. Needs your consent first."""
    made = service_here(shared)
    if only_print:
        click.echo(made.content.decode("utf-16" if made.path.suffix == ".xml" else "utf-8"), nl=False)
        return Exit.OK
    put_in_place(shared)
    shared.out.text(_("Installed: {path}. To stop it for good: efir service remove").format(path=made.path))
    return Exit.OK


@command.command()
@shared_options
def remove(shared: Shared) -> Exit:
    """Stop it and remove its file. Results stay; they go with `efir wipe`."""
    done = take_away(shared)
    shared.out.text(_("The service is removed.") if done else _("No service is installed."))
    return Exit.OK


@command.command()
@shared_options
def status(shared: Shared) -> Exit:
    """Is it installed, and does it run?"""
    installed, running = standing(shared)
    path = str(service_here(shared).path)
    shared.out.line({"type": "service", "installed": installed, "running": running, "path": path})
    shared.out.text(standing_text(installed, running))
    return Exit.OK
