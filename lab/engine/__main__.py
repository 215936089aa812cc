"""The lab's processes, started by `lab.session` as `python -m lab.engine CONTROL PATH FOLDER KIND`.

    session (the caller)
      └ guard      makes the namespaces, waits, removes the run's folder; outside of the lab's process namespace
          └ keeper   process 1 of the lab: starts and reaps everything in it; its end is the end of all of them
              ├ path     moves packets (`lab.path.loop`), or keeps the kernel's rules (`lab.kernel.router`)
              ├ world    the servers, in the server side's network namespace
              └ clients  programs on the client's side, each with the lab's resolv.conf

Nothing outlives the caller, however it ends: the keeper stops when its control socket closes, the kernel kills the
whole process namespace with its process 1, and with the namespaces go devices, routes and mounts. A guard that is
killed takes the keeper along by PR_SET_PDEATHSIG.
"""

import contextlib
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from lab.engine import namespaces, network
from lab.engine.keeper import Keeper
from lab.path.loop import PathLoop


def main(arguments: list[str]) -> int:
    """Hold the lab until it ends, and remove its folder then; CONTROL and PATH are descriptors."""
    control, path = socket.socket(fileno=int(arguments[0])), int(arguments[1])
    folder, kind = Path(arguments[2]), arguments[3]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        try:
            namespaces.enter_root_of_own()
        except OSError as error:
            sys.exit(f"the lab cannot start: {error}")
        keeper = os.fork()
        if keeper == 0:
            _keep(control, socket.socket(fileno=path), folder, kind)
        control.close()
        os.close(path)
        return os.waitstatus_to_exitcode(os.waitpid(keeper, 0)[1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(control: socket.socket, path: socket.socket, folder: Path, kind: str) -> None:
    """Process 1 of the lab; does not return."""
    namespaces.die_with_parent()
    with contextlib.suppress(OSError):
        namespaces.mount_proc()  # refused where /proc is partly hidden (containers); only `ps` inside misses it
    server_net, run_path = _BETWEEN[kind](path)
    if os.fork() == 0:
        control.close()
        run_path()
        os._exit(0)
    path.close()
    Keeper(control, server_net, folder).run()
    os._exit(0)


def _user_space(path: socket.socket) -> tuple[int, Callable[[], None]]:
    """(server side's namespace, what the path process does)."""
    client_tun, server_net, server_tun = network.build()
    return server_net, PathLoop(client_tun, server_tun, path).run


def _kernel(path: socket.socket) -> tuple[int, Callable[[], None]]:
    from lab.kernel import router  # a cross-check for tests; nobody else pays for it

    router_net, server_net = router.build()

    def run() -> None:
        namespaces.setns(router_net, namespaces.NEWNET)
        router.RouterLoop(path).run()

    return server_net, run


_BETWEEN = {"path": _user_space, "kernel": _kernel}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
