"""Process 1 of the lab: starts the world and the clients' programs, and reaps what ends."""

import contextlib
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from lab.engine import messages, namespaces, network
from lab.engine.client_files import show_client_files
from lab.engine.orders import Configure, Kill, OpenSocket, Order, Serve, Spawn


class Keeper:
    """Obeys the orders that come over the control socket, one at a time, until it closes."""

    def __init__(self, control: socket.socket, server_net: int, folder: Path) -> None:
        self._control, self._server_net, self._folder = control, server_net, folder
        self._statuses: dict[int, int] = {}  # process -> descriptor that wants its exit status
        self._world: int | None = None
        self._obey: dict[type[Order], Callable[[Any, list[int]], object]] = {
            Configure: self._configure,
            Serve: self._serve,
            Spawn: self._spawn,
            Kill: self._kill,
            OpenSocket: self._open_socket,
        }

    def run(self) -> None:
        wake, woken = socket.socketpair()
        for end in (wake, woken):
            end.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        selector = selectors.DefaultSelector()
        selector.register(self._control, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is wake:
                    wake.recv(4096)
                    self._reap()
                elif not self._handle():
                    return

    def _handle(self) -> bool:
        try:
            order, descriptors = messages.receive(self._control)
        except EOFError:
            return False
        try:
            answer = self._obey[type(order)](order, descriptors)
        except OSError as error:
            answer = error
        finally:
            kept = set(self._statuses.values())
            for descriptor in descriptors:
                if descriptor not in kept:
                    os.close(descriptor)
        if isinstance(answer, socket.socket):
            messages.send(self._control, None, [answer.fileno()])
            answer.close()
        else:
            messages.send(self._control, answer)
        return True

    def _reap(self) -> None:
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                return
            descriptor = self._statuses.pop(process, None)
            if descriptor is not None:
                os.write(descriptor, os.waitstatus_to_exitcode(status).to_bytes(4, "little", signed=True))
                os.close(descriptor)

    # --- orders -------------------------------------------------------------------------------------------------------

    def _configure(self, order: Configure, _: list[int]) -> None:
        network.configure_client(order.link)
        with network.inside(self._server_net):
            network.configure_server(order.link)

    def _serve(self, order: Serve, descriptors: list[int]) -> None:
        if self._world is not None:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself, with all its children
                os.killpg(self._world, signal.SIGKILL)
            self._world = None
        with network.inside(self._server_net):
            network.own(order.prefixes)
        ready, errors = descriptors
        self._world = self._fork(lambda: self._be_world(order, ready, errors))
        with contextlib.suppress(ProcessLookupError):  # it has failed already
            os.setpgid(self._world, self._world)  # here, so that it has happened before the next order

    def _be_world(self, order: Serve, ready: int, errors: int) -> None:
        os.dup2(errors, 2)
        namespaces.setns(self._server_net, namespaces.NEWNET)
        sys.path[:] = order.sys_path
        module, _, name = order.world.partition(":")
        serve = getattr(__import__(module, fromlist=[name]), name)
        serve(order.config, ready)

    def _spawn(self, order: Spawn, descriptors: list[int]) -> int:
        *streams, status = descriptors
        process = self._fork(lambda: self._be_client(order, streams))
        self._statuses[process] = status
        return process

    def _be_client(self, order: Spawn, streams: list[int]) -> None:
        show_client_files(self._folder)
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if order.server_side:
            namespaces.setns(self._server_net, namespaces.NEWNET)
        if order.foreground:
            _take_terminal()
        os.chdir(order.cwd)
        if not order.privileged:
            namespaces.become_ordinary_user()
        try:
            os.execvpe(order.argv[0], order.argv, order.env)
        except OSError as error:
            print(f"{order.argv[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 - as a shell does
            os._exit(127)

    def _kill(self, order: Kill, _: list[int]) -> None:
        if order.process in self._statuses:  # else it has ended, and the number may be another's
            os.kill(order.process, order.signal)

    def _open_socket(self, order: OpenSocket, _: list[int]) -> socket.socket:
        if not order.server_side:
            return socket.socket(order.family, order.kind, order.protocol)
        with network.inside(self._server_net):
            return socket.socket(order.family, order.kind, order.protocol)

    def _fork(self, child: Callable[[], None]) -> int:
        process = os.fork()
        if process == 0:
            _run_child(child, self._control)
        return process


def _run_child(child: Callable[[], None], control: socket.socket) -> NoReturn:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    control.close()
    try:
        child()
    except BaseException:  # noqa: BLE001 - the child must not go on as a second keeper, whatever happened
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _take_terminal() -> None:
    """Become the terminal's foreground process group, so that Ctrl-C and job control work (an interactive shell)."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
