"""`efir service`: let the system run `efir run` by itself, or stop that."""

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from measurements.state import StateFolder
from vantage.consent import require_consent

if TYPE_CHECKING:
    from vantage.service import Service, System


@click.group()
def command() -> None:
    """Let the system run `efir run` by itself (systemd, launchd, Task Scheduler), without root."""


@command.command()
@click.option("--print", "only_print", is_flag=True, help="Print the file; change nothing.")
@shared_options
def install(shared: Shared, only_print: bool) -> Exit:
    """Measure from now on and after each log-in. Needs your consent first."""
    made = _service(shared)
    if only_print:
        click.echo(made.content.decode("utf-16" if made.path.suffix == ".xml" else "utf-8"), nl=False)
        return Exit.OK
    require_consent(StateFolder(shared.state))
    made.path.parent.mkdir(parents=True, exist_ok=True)
    made.path.write_bytes(made.content)
    for each in made.install:
        _call(each)
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
    made = _service(shared)
    installed = made.path.exists()
    running = installed and subprocess.run(made.status, capture_output=True, check=False).returncode == 0
    shared.out.line({"type": "service", "installed": installed, "running": running, "path": str(made.path)})
    words = {
        (False, False): _("No service is installed."),
        (True, False): _("The service is installed and does not run."),
        (True, True): _("The service is installed and runs."),
    }
    shared.out.text(words[installed, running])
    return Exit.OK


def take_away(shared: Shared) -> bool:
    """Stop and remove the service; True if there was one. Raises EfirError where its file cannot go."""
    made = _service(shared)
    if not made.path.exists():
        return False
    for each in made.remove:
        subprocess.run(each, capture_output=True, check=False)  # what does not run need not be stopped
    try:
        made.path.unlink(missing_ok=True)
    except OSError as error:
        raise EfirError(
            _("{path} cannot be removed: {error}").format(path=made.path, error=error.strerror)
        ) from None
    return True


def _service(shared: Shared) -> "Service":
    from vantage.service import service

    systems: dict[str, System] = {"win32": "windows", "darwin": "launchd"}
    program = [sys.executable, "-m", "efir"]
    return service(systems.get(sys.platform, "systemd"), program, Path.home(), shared.state.absolute())


def _call(words: tuple[str, ...]) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise EfirError(
            _("{program} is not on this system. Without it: start efir run by hand").format(program=words[0])
        ) from None
    if done.returncode != 0:
        raise EfirError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
