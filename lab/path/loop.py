"""The path process: two TUN devices, one timer, no busy loop."""

import contextlib
import ctypes
import gc
import os
import select
import socket
import struct
import time
from collections.abc import Callable

from lab.censor.censor import Censor
from lab.engine import messages
from lab.path.capture import Capture
from lab.path.path import DOWN, UP, Path
from lab.scenario import Scenario

_CLOCK_MONOTONIC, _TFD_NONBLOCK, _TFD_CLOEXEC, _TFD_TIMER_ABSTIME = 1, 0o4000, 0o2000000, 1

# Reading more at once from one side would keep the other side, and what is due, waiting too long.
_BATCH = 64

# A packet that is due within this many seconds goes out at once: setting the timer again would cost as much.
_SLACK = 30e-6

_libc = ctypes.CDLL(None, use_errno=True)


class Timer:
    """A descriptor that becomes readable at a moment of `time.monotonic()`, to the nanosecond (timerfd_create(2))."""

    def __init__(self) -> None:
        self.descriptor = _libc.timerfd_create(_CLOCK_MONOTONIC, _TFD_NONBLOCK | _TFD_CLOEXEC)
        if self.descriptor < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._setting = ctypes.create_string_buffer(32)
        self._armed: float | None = None

    def arm(self, at: float | None) -> None:
        if at == self._armed:
            return
        self._armed = at
        whole = int(at) if at is not None else 0
        part = int((at - whole) * 1e9) if at is not None else 0
        struct.pack_into("qqqq", self._setting, 0, 0, 0, whole, part)
        _libc.timerfd_settime(self.descriptor, _TFD_TIMER_ABSTIME, self._setting, None)

    def clear(self) -> None:
        self._armed = None
        with contextlib.suppress(BlockingIOError):  # it was set anew since it rang
            os.read(self.descriptor, 8)


class PathLoop:
    """Moves packets between the two devices until the control socket closes."""

    def __init__(self, client_tun: int, server_tun: int, control: socket.socket) -> None:
        self._ends = {client_tun: UP, server_tun: DOWN}
        self._tuns = {UP: server_tun, DOWN: client_tun}  # where a packet leaves
        self._control = control
        self._timer = Timer()
        self._started = time.monotonic()
        self._path: Path | None = None
        self._censor: Censor | None = None
        self._capture: Capture | None = None
        self._orders: dict[str, Callable[..., object]] = {
            "load": self._load,
            "acts": self._acts,
            "capture": self._set_capture,
        }

    def run(self) -> None:
        gc.collect()
        gc.disable()  # packets make no cycles, and a collection would show up as jitter
        poll = select.epoll()
        for descriptor in (*self._ends, self._timer.descriptor, self._control.fileno()):
            poll.register(descriptor, select.EPOLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor in self._ends:
                    self._read(descriptor)
                elif descriptor == self._timer.descriptor:
                    self._timer.clear()
                elif not self._obey():
                    return
            self._release()

    def _read(self, descriptor: int) -> None:
        up, path, started = self._ends[descriptor], self._path, self._started
        for _ in range(_BATCH):
            try:
                data = os.read(descriptor, 65536)
            except BlockingIOError:
                return
            if self._capture is not None:
                self._capture.add(time.time(), data)
            if path is not None:
                path.receive(time.monotonic() - started, up, data)

    def _release(self) -> None:
        if self._path is None:
            return
        for up, data in self._path.release(time.monotonic() - self._started + _SLACK):
            try:
                os.write(self._tuns[up], data)
            except OSError:
                continue  # the kernel refuses it (a forged packet that is no valid one): lost, as on a real line
        due = self._path.due()
        self._timer.arm(None if due is None else due + self._started)

    def _obey(self) -> bool:
        try:
            (order, argument), descriptors = messages.receive(self._control)
        except EOFError:
            return False
        messages.send(self._control, self._orders[order](argument, *descriptors))
        return True

    def _load(self, scenario: Scenario) -> None:
        """Put a scenario in force. What is on its way under the old one is lost."""
        self._started, epoch = time.monotonic(), time.time()
        self._censor = Censor(scenario, epoch) if scenario.rules else None
        self._path = Path(scenario.link, self._censor, seed=scenario.seed, epoch=epoch)

    def _acts(self, _: None) -> list[dict[str, object]]:
        return self._censor.acts() if self._censor else []

    def _set_capture(self, _: None, descriptor: int | None = None) -> None:
        """Write packets into this file from now on; without one, no more."""
        if self._capture is not None:
            self._capture.close()
        self._capture = None if descriptor is None else Capture(open(descriptor, "wb"))  # noqa: SIM115 - closed above
