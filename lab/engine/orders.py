"""What a session asks of the lab's keeper. Types only; each is answered by one message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lab.scenario import Link


@dataclass(frozen=True)
class Configure:
    """Give both sides the address families and the MTU of a link."""

    link: Link


@dataclass(frozen=True)
class Serve:
    """Start the world in place of the one that runs. Beside it: descriptors for readiness and for errors."""

    world: str  # "package.module:function", called as function(config, ready_descriptor)
    config: Mapping[str, Any]
    prefixes: tuple[str, ...]  # whose every address becomes the server side's own
    sys_path: tuple[str, ...]


@dataclass(frozen=True)
class Spawn:
    """Start a program; answered by its number. Beside it: stdin, stdout, stderr, and a pipe for its exit status."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str
    privileged: bool = False  # root over the lab's network (packet captures)
    server_side: bool = False
    foreground: bool = False  # owns the terminal


@dataclass(frozen=True)
class Kill:
    """Send a signal to a program that was spawned, by its number."""

    process: int
    signal: int


@dataclass(frozen=True)
class OpenSocket:
    """Make a socket that lives in the lab; answered with its descriptor beside the message."""

    family: int
    kind: int
    protocol: int = 0
    server_side: bool = False


Order = Configure | Serve | Spawn | Kill | OpenSocket
