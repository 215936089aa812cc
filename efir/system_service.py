"""The service of this system: which it would be, whether it runs, and taking it away."""

import subprocess
import sys
from pathlib import Path

from efir.exits import EfirError
from efir.i18n import _
from efir.options import Shared
from measurements.spool_file import prepare
from measurements.spool_key import key_environment
from measurements.state import StateFolder
from vantage.consent import require_consent
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


def put_in_place(shared: Shared) -> Service:
    """Install it and start it. Raises NoConsent, EfirError."""
    folder = StateFolder(shared.state)
    require_consent(folder)
    prepare(folder.spool)  # the service may write its state folder only, and the key may lie elsewhere
    made = service_here(shared)
    made.path.parent.mkdir(parents=True, exist_ok=True)
    made.path.write_bytes(made.content)
    for each in made.install:
        _call(each)
    return made


def _call(words: tuple[str, ...]) -> None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    except FileNotFoundError:
        raise EfirError(
            _("{program} is not on this system. Without it: start efir run by hand").format(program=words[0])
        ) from None
    if done.returncode != 0:
        raise EfirError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")


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
    system = systems.get(sys.platform, "systemd")
    return service(system, program, Path.home(), shared.state.absolute(), key_environment())
