"""The service of this system: which it would be, whether it runs, and taking it away."""

import subprocess
import sys
from pathlib import Path

from efir.exits import EfirError
from efir.i18n import _
from efir.options import Shared
from vantage.service import Service, System, service


def standing(shared: Shared) -> tuple[bool, bool]:
    """Whether the service is installed, and whether it runs."""
    made = service_here(shared)
    installed = made.path.exists()
    return installed, installed and _runs(made)


def standing_text(installed: bool, running: bool) -> str:
    """The same in words."""
    words = {
        (False, False): _("No service is installed."),
        (True, False): _("The service is installed and does not run."),
        (True, True): _("The service is installed and runs."),
    }
    return words[installed, running]


def _runs(made: Service) -> bool:
    try:
        return subprocess.run(made.status, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:  # the system's tool has gone since
        return False


def take_away(shared: Shared) -> bool:
    """Stop and remove the service; True if there was one. Raises EfirError where its file cannot go."""
    made = service_here(shared)
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


def service_here(shared: Shared) -> Service:
    """File and commands for this system."""
    systems: dict[str, System] = {"win32": "windows", "darwin": "launchd"}
    program = [sys.executable, "-m", "efir"]
    return service(systems.get(sys.platform, "systemd"), program, Path.home(), shared.state.absolute())
