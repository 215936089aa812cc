"""One running lab: open it, run programs and sockets in it, swap the scenario, read what the censor did, close it.

with LabSession(scenario) as lab:
    lab.serve(World(serve="lab.world.serve:serve", config=config))
    lab.run(["curl", "https://www.youtube.com/"])
    lab.censor.acts()
"""

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from lab.availability import LabUnavailable, python_environment, unavailable
from lab.engine import messages
from lab.engine.client_files import write_client_files
from lab.engine.orders import Configure, Kill, OpenSocket, Order, Serve, Spawn
from lab.engine.process import LabProcess
from lab.scenario import Scenario

# Servers import and make certificates before they are ready; a busy machine takes its time.
_WORLD_READY_SECONDS = 60.0


class LabError(Exception):
    """Something inside the lab failed; the text carries what it said."""


@dataclass(frozen=True, kw_only=True)
class World:
    """The servers' side. `serve` names a function called as serve(config, ready_fd) in a process of its own there.

    It must write one line to `ready_fd` once its servers listen: a JSON object, which `LabSession.world_info` then
    holds. It runs until it is killed.
    """

    serve: str  # "package.module:function"
    config: Mapping[str, Any] = field(default_factory=dict)  # must pickle
    prefixes: tuple[str, ...] = ()  # addresses and networks that its servers may bind to


class LabSession:
    """A lab and its scenario. Raises LabUnavailable where the system does not allow one."""

    def __init__(
        self,
        scenario: Scenario,
        *,
        nameservers: Sequence[str] = (),
        engine: Literal["path", "kernel"] = "path",
    ) -> None:
        self._scenario, self._kind = scenario, engine
        self._nameservers = tuple(nameservers)
        self.world_info: dict[str, Any] = {}
        self.folder = Path()  # of this run, removed at its end
        self._engine: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._control, theirs = messages.pair()
        self._path, path_end = messages.pair()
        self.folder = Path(tempfile.mkdtemp(prefix="efir-lab-"))
        try:
            with theirs, path_end:
                self._start((theirs.fileno(), path_end.fileno()))
            self.load(self._scenario)
        except BaseException as error:
            self.close()
            # Asked only now: the question takes as long as a lab does
            if isinstance(error, LabError) and (reason := unavailable()) is not None:
                raise LabUnavailable(reason) from None
            raise
        return self

    def _start(self, descriptors: tuple[int, int]) -> None:
        self.folder.chmod(0o755)  # programs inside run as another user
        write_client_files(self.folder, self._nameservers)
        self._engine = subprocess.Popen(
            [sys.executable, "-m", "lab.engine", *map(str, descriptors), str(self.folder), self._kind],
            pass_fds=descriptors,
            env=python_environment(),
            stdin=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C and a killed process group are our business; our end is the engine's
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End everything in the lab; returns once it is gone."""
        self._control.close()
        self._path.close()
        if self._engine is not None:
            self._engine.wait()
        shutil.rmtree(self.folder, ignore_errors=True)  # the engine's guard did it, unless it was killed

    # --- scenario and world -------------------------------------------------------------------------------------------

    def load(self, scenario: Scenario) -> None:
        """Put another scenario in force. Connections of the old one go on over the new path, unknown to its censor."""
        self._scenario = scenario
        self._ask(Configure(scenario.link))
        self._ask_path("load", scenario)

    def serve(self, world: World) -> None:
        """Start `world` in place of the one that runs; returns once it is ready."""
        ready, ready_end = os.pipe()
        with open(ready, "rb", buffering=0) as answer, tempfile.TemporaryFile() as errors:
            order = Serve(world.serve, world.config, world.prefixes, tuple(sys.path))
            try:
                self._ask(order, (ready_end, errors.fileno()))
            finally:
                os.close(ready_end)
            line = _read_line(answer, time.monotonic() + _WORLD_READY_SECONDS)
            if not line.endswith(b"\n"):
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip()
                raise LabError(f"the lab's servers did not start: {said or 'no reason given'}")
        self.world_info = json.loads(line)

    def acts(self) -> list[dict[str, Any]]:
        """What the censor has done since the scenario was loaded: the ground truth (`lab.censor.acts`)."""
        answer: list[dict[str, Any]] = self._ask_path("acts", None)
        return answer

    @contextmanager
    def capturing(self, file: Path) -> Iterator[None]:
        """Write every packet that either side sends, as it enters the path, into a pcap file. Raises OSError."""
        with file.open("wb") as opened:
            self._ask_path("capture", None, (opened.fileno(),))
        try:
            yield
        finally:
            self._ask_path("capture", None)

    # --- inside -------------------------------------------------------------------------------------------------------

    def socket(
        self, family: int, kind: int = socket.SOCK_STREAM, protocol: int = 0, *, server_side: bool = False
    ) -> socket.socket:
        """A socket that lives in the lab, for this process to use as any other."""
        descriptors = self._ask(OpenSocket(family, kind, protocol, server_side))
        return socket.socket(fileno=descriptors[0])

    def popen(
        self,
        argv: Sequence[str],
        *,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
        privileged: bool = False,
        server_side: bool = False,
        foreground: bool = False,
    ) -> LabProcess:
        """Start a program on the client's side (or the servers'). Streams are descriptors; None = this process's own.

        It runs as an ordinary user unless `privileged`, without the caller's proxy settings.
        """
        order = Spawn(
            tuple(map(str, argv)),
            _without_proxies(os.environ if env is None else env),
            str(cwd or os.getcwd()),
            privileged,
            server_side,
            foreground,
        )
        status, status_end = os.pipe()
        streams = tuple(
            own if given is None else given for own, given in ((0, stdin), (1, stdout), (2, stderr))
        )
        try:
            answer = self._ask(order, (*streams, status_end))
        finally:
            os.close(status_end)
        return LabProcess(answer, status, lambda process, number: self._ask(Kill(process, number)))

    def run(
        self,
        argv: Sequence[str],
        *,
        capture: bool = False,
        timeout: float | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | Path | None = None,
        privileged: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on the client's side to its end; with `capture` its output is in the result.

        Raises subprocess.TimeoutExpired, after killing it, when it takes more than `timeout` seconds.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors, open(os.devnull) as nothing:
            process = self.popen(
                argv,
                stdin=nothing.fileno() if capture else None,
                stdout=out.fileno() if capture else None,
                stderr=errors.fileno() if capture else None,
                env=env,
                cwd=cwd,
                privileged=privileged,
            )
            try:
                code = process.wait(timeout)
            except BaseException:
                process.send_signal(signal.SIGKILL)
                process.wait()
                raise
            out.seek(0)
            errors.seek(0)
            texts = (stream.read().decode(errors="replace") for stream in (out, errors))
            return subprocess.CompletedProcess(list(argv), code, *texts)

    def _ask_path(self, order: str, argument: object, descriptors: Sequence[int] = ()) -> Any:
        try:
            messages.send(self._path, (order, argument), descriptors)
            answer, _ = messages.receive(self._path)
        except (EOFError, BrokenPipeError):
            raise LabError("the lab's path ended; its words are above") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _ask(self, order: Order, descriptors: Sequence[int] = ()) -> Any:
        try:
            messages.send(self._control, order, descriptors)
            answer, received = messages.receive(self._control)
        except (EOFError, BrokenPipeError):
            raise LabError("the lab's engine ended; its words are above") from None
        if isinstance(answer, OSError):
            raise answer
        return received or answer


def _without_proxies(env: Mapping[str, str]) -> dict[str, str]:
    """A proxy of the caller's would lead out of the lab, or nowhere."""
    return {name: value for name, value in env.items() if not name.lower().endswith("_proxy")}


def _read_line(stream: Any, deadline: float) -> bytes:
    """What comes up to a line's end, the stream's end or the deadline."""
    line = b""
    while not line.endswith(b"\n"):
        if not select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
            break
        chunk = stream.read(65536)
        if not chunk:
            break
        line += chunk
    return line
