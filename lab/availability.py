"""Whether the lab can run on this system, and if not, why and what to do."""

import functools
import os
import subprocess
import sys
from pathlib import Path


class LabUnavailable(Exception):
    """This system does not let us build the lab; the text says what it refused and what to do."""


_ADVICE = (
    # file, its content when it forbids, what to do
    ("/proc/sys/user/max_user_namespaces", "0", "set the sysctl user.max_user_namespaces above 0"),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "set the sysctl kernel.unprivileged_userns_clone to 1",
    ),
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "set the sysctl kernel.apparmor_restrict_unprivileged_userns to 0, or add an AppArmor profile",
    ),
)


@functools.cache
def unavailable() -> str | None:
    """Why the lab cannot run here, with what to do about it; None when it can. Tries it for real, once."""
    if not sys.platform.startswith("linux"):
        return "the lab needs Linux (user namespaces and TUN devices)"
    trial = subprocess.run(
        [sys.executable, "-m", "lab.engine.namespaces"],
        capture_output=True,
        text=True,
        check=False,
        env=python_environment(),
    )
    if trial.returncode == 0:
        return None
    refusal = (trial.stderr.strip().splitlines() or ["no reason given"])[-1]
    return f"this system does not allow the lab: {refusal}{_advice()}"


def python_environment() -> dict[str, str]:
    """Our environment, for a Python child that must find the same packages as we do."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _advice() -> str:
    for file, forbids, advice in _ADVICE:
        path = Path(file)
        if path.exists() and path.read_text(encoding="ascii").strip() == forbids:
            return f"; {advice}"
    return ""
