"""Commands as people give them: in this process, or in one that listens."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from efir.cli import command
from efir.exits import run_command


def efir(*arguments: object) -> int:
    """Exit code of `efir ARGUMENTS`."""
    return run_command(command, [str(each) for each in arguments])


def lines(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and NDJSON lines of `efir ARGUMENTS --json`."""
    capsys.readouterr()
    code = efir(*arguments, "--json")
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@contextmanager
def listening(*arguments: object) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Address and process of an `efir` command that listens; it must end well."""
    program = [sys.executable, "-m", "efir", *map(str, arguments), "--listen", "127.0.0.1:0", "--json"]
    environment = os.environ | {"EFIR_LANG": "en"}
    with subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        assert process.stderr
        try:
            line = process.stdout.readline()
            assert line, process.stderr.read()
            host, port = json.loads(line)["listen"]
            yield f"http://{host}:{port}", process
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def page(url: str, **headers: str) -> str:
    """What lies at this address."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
        return str(answer.read().decode())
