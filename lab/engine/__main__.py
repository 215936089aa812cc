"""The lab's processes, started by `lab.session` as `python -m lab.engine CONTROL PATH FOLDER`.

    session (the caller)
      └ guard      makes the namespaces, waits, removes the run's folder; outside of the lab's process namespace
          └ keeper   process 1 of the lab: starts and reaps everything in it; its end is the end of all of them
              ├ path     moves packets (`lab.path.loop`)
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
from pathlib import Path

from lab.engine import namespaces, network
from lab.engine.keeper import Keeper
from lab.path.loop import PathLoop


def main(arguments: list[str]) -> int:
    control, path, folder = socket.socket(fileno=int(arguments[0])), int(arguments[1]), Path(arguments[2])
    os.setpgid(0, 0)  # Ctrl-C and a killed process group are the caller's business; its end is ours
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        try:
            namespaces.enter_root_of_own()
        except OSError as error:
            sys.exit(f"the lab cannot start: {error}")
        keeper = os.fork()
        if keeper == 0:
            _keep(control, socket.socket(fileno=path), folder)
        control.close()
        os.close(path)
        return os.waitstatus_to_exitcode(os.waitpid(keeper, 0)[1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _keep(control: socket.socket, path: socket.socket, folder: Path) -> None:
    """Process 1 of the lab; does not return."""
    namespaces.die_with_parent()
    with contextlib.suppress(OSError):
        namespaces.mount_proc()  # refused where /proc is partly hidden (containers); only `ps` inside misses it
    client_tun, server_net, server_tun = network.build()
    if os.fork() == 0:
        control.close()
        PathLoop(client_tun, server_tun, path).run()
        os._exit(0)
    path.close()
    os.close(client_tun)
    os.close(server_tun)
    Keeper(control, server_net, folder).run()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
