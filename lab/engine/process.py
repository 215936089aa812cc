"""A program that runs inside the lab, seen from outside."""

import os
import select
import signal
import subprocess
from collections.abc import Callable


class LabProcess:
    """As much of `subprocess.Popen` as the lab's users need."""

    def __init__(self, process: int, status: int, kill: Callable[[int, int], object]) -> None:
        self.process = process  # its number inside the lab
        self.returncode: int | None = None
        self._status, self._kill = status, kill

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative for a signal. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.process} of the lab", timeout or 0.0)
            # Nothing comes when the lab itself has ended, which killed the program
            word = os.read(self._status, 4)
            os.close(self._status)
            self.returncode = int.from_bytes(word, "little", signed=True) if word else -signal.SIGKILL
        return self.returncode

    def poll(self) -> int | None:
        try:
            return self.wait(0.0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            self._kill(self.process, number)
