"""System files as programs on the client's side see them: the lab's resolver, no host list, no resolver daemon.

Each program gets a mount namespace of its own in which the run's files stand in place of the system's.
"""

from collections.abc import Iterable
from pathlib import Path

from lab.engine import namespaces

# Name in the run's folder, place in the system, content where it never changes.
_FILES = (
    ("resolv.conf", Path("/etc/resolv.conf"), None),
    ("hosts", Path("/etc/hosts"), "127.0.0.1 localhost\n::1 localhost\n"),
    # Other ways to a name (mDNS, systemd-resolved) would leave the lab through the file system
    ("nsswitch.conf", Path("/etc/nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files dns\n"),
)

# Daemons that answer name look-ups from outside of the lab.
_DAEMONS = (Path("/run/nscd"), Path("/var/run/nscd"), Path("/run/systemd/resolve"))


def write_client_files(folder: Path, nameservers: Iterable[str]) -> None:
    """Write the files into the run's folder."""
    for name, _, content in _FILES:
        if content is None:
            content = "".join(f"nameserver {address}\n" for address in nameservers)
        (folder / name).write_text(content, encoding="ascii")


def show_client_files(folder: Path) -> None:
    """Put the folder's files in place of the system's, for this process and its children alone."""
    namespaces.unshare(namespaces.NEWNS)
    for name, place, _ in _FILES:
        if place.exists():
            namespaces.bind(folder / name, place)
    for daemon in _DAEMONS:
        if daemon.is_dir():
            namespaces.hide(daemon)
