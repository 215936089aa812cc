"""`efir helper` as a process: starts with one line, prints its pin, ends on a signal."""

import configparser
import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from importlib.resources import files

import pytest


def efir(*arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "efir", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ, EFIR_LANG="en"),
        **options,
    )


def test_it_answers_with_the_certificate_whose_pin_it_prints_and_ends_on_a_signal(tmp_path):
    cert, key = str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")
    process = efir(
        "helper", "--make-cert", "--cert", cert, "--key", key, "--listen", "127.0.0.1:0", "--json",
        "--listen", "127.0.0.2:0",
    )  # fmt: skip
    with process:
        line = json.loads(process.stdout.readline())
        assert len(line["listen"]) == 2
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        for host, port in line["listen"]:
            with (
                socket.create_connection((host, port), 5) as raw,
                context.wrap_socket(raw, server_hostname="www.youtube.com") as tls,
            ):
                assert hashlib.sha256(tls.getpeercert(binary_form=True)).hexdigest() == line["sha256"]
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert line["sha256"] in errors


CERT = ["--cert", "cert.pem", "--key", "key.pem"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["--listen", "127.0.0.1:0"], 3, "no certificate in", id="no certificate"),
        pytest.param(["--make-cert", "--listen", "here"], 2, "not ADDRESS:PORT", id="no address"),
        pytest.param(["--make-cert", "--listen", "192.0.2.1:0"], 3, "cannot listen on", id="not our address"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, arguments, code, words):
    with efir("helper", *CERT, *arguments, cwd=tmp_path) as process:
        _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert words in " ".join(errors.split())


def test_the_unit_file_comes_with_the_package_and_writes_no_logs_of_clients():
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read_string((files("helper") / "efir-helper.service").read_text())
    assert "efir helper" in unit["Service"]["ExecStart"]
    assert unit["Service"]["DynamicUser"] == "yes"
    assert unit["Service"]["NoNewPrivileges"] == "yes"
