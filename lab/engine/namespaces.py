"""Linux namespaces and TUN devices from Python, as an ordinary user or as root.

`os.unshare` and `os.setns` came with Python 3.12; the C library's are used through ctypes. Methods: unshare(2),
user_namespaces(7), and the kernel's Documentation/networking/tuntap.rst.
"""

import ctypes
import errno
import fcntl
import os
import signal
import struct
import sys
from pathlib import Path

NEWUSER, NEWNET, NEWNS, NEWPID, NEWIPC, NEWUTS = (
    0x10000000,
    0x40000000,
    0x00020000,
    0x20000000,
    0x08000000,
    0x04000000,
)
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_PR_SET_PDEATHSIG = 1
_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    _check(_libc.setns(descriptor, kind), "setns")


def current_net() -> int:
    """A descriptor of the calling process's network namespace; keeps it alive."""
    return os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def die_with_parent() -> None:
    """Have the kernel kill this process when the process that forked it ends, however it ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")


def map_user(inside: int, outside_uid: int, outside_gid: int) -> None:
    """Name our one user and group `inside` in the user namespace just made."""
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"{inside} {outside_uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"{inside} {outside_gid} 1", encoding="ascii")


def enter_root_of_own() -> None:
    """Become root of new user, network, mount, IPC and host-name namespaces; the next child is process 1 of its own.

    Must be called by a process with one thread. Raises OSError where the system refuses.
    """
    uid, gid = os.getuid(), os.getgid()
    unshare(NEWUSER)
    map_user(0, uid, gid)
    unshare(NEWNET | NEWNS | NEWPID | NEWIPC | NEWUTS)
    mount_privately()


# What `become_ordinary_user` calls us where the real user is root: the first ordinary user of most systems
_ORDINARY_USER = 1000


def become_ordinary_user() -> None:
    """Give up every right over the lab: programs then run as on a volunteer's machine, where nobody is root."""
    unshare(NEWUSER)
    map_user(_ORDINARY_USER, 0, 0)


def mount_privately() -> None:
    """Stop mounts from spreading between us and the rest of the system."""
    _check(_libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "mount --make-rprivate")


def bind(source: Path, target: Path) -> None:
    """Show `source` in place of `target` in this mount namespace."""
    _check(_libc.mount(bytes(source), bytes(target), None, _MS_BIND, None), f"bind {target}")


def hide(folder: Path) -> None:
    """Show an empty folder in place of `folder` in this mount namespace."""
    _check(_libc.mount(b"none", bytes(folder), b"tmpfs", 0, None), f"hide {folder}")


def mount_proc() -> None:
    """Show this process namespace's processes in /proc."""
    _check(_libc.mount(b"proc", b"/proc", b"proc", 0, None), "mount /proc")


def open_tun(name: str) -> int:
    """Make a TUN device in the current network namespace; the descriptor reads and writes its packets, non-blocking."""
    descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    fcntl.ioctl(descriptor, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return descriptor


def _trial() -> None:
    """Build what the lab builds, in a process that ends right after; `lab.availability` runs it."""
    try:
        enter_root_of_own()
    except OSError as error:
        sys.exit(f"user namespaces are refused ({error.strerror})")
    try:
        os.close(open_tun("trial0"))
    except OSError as error:
        missing = error.errno in (errno.ENOENT, errno.ENODEV, errno.ENXIO)
        sys.exit(f"/dev/net/tun is {'missing' if missing else 'refused'} ({error.strerror})")


if __name__ == "__main__":
    _trial()
