"""The files of `deploy/`: what can be checked without containers and without Grafana."""

import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from efir.commands import collect, serve

DEPLOY = Path(__file__).parents[1] / "deploy"
EXAMPLE = DEPLOY.parent / "exporter" / "alertmanager" / "alertmanager.yml"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
COMMANDS: dict[str, click.Command] = {"collect": collect.command, "serve": serve.command}
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def started() -> list[list[str]]:
    """Arguments of `efir` in every unit and container."""
    lines = [
        line for unit in UNITS for line in unit.read_text().splitlines() if line.startswith("ExecStart=")
    ]
    services = COMPOSE["services"]
    return [shlex.split(line)[1:] for line in lines] + [services[name]["command"] for name in COMMANDS]


@pytest.mark.parametrize("arguments", started(), ids=" ".join)
def test_each_option_exists(arguments: list[str]) -> None:
    name, *rest = arguments
    known = {option for parameter in COMMANDS[name].params for option in parameter.opts}
    assert {each for each in rest if each.startswith("--")} <= known


def test_each_file_that_a_container_is_given_exists_or_is_a_secret() -> None:
    for service in COMPOSE["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("."):
                assert source.startswith("./secrets/") or (DEPLOY / source).exists(), source
            else:
                assert source in COMPOSE["volumes"]


def test_nothing_listens_to_the_world() -> None:
    for service in COMPOSE["services"].values():
        assert "ports" not in service
        given = [*service.get("command", []), *service.get("environment", {}).values()]
        assert not [each for each in given if "0.0.0.0" in each or "[::]" in each]
        assert any("127.0.0.1" in each for each in given)


def run(*command: object) -> None:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed (tests/debian-packages.txt)")
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.system
def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    text = (
        (DEPLOY / "prometheus.yml")
        .read_text()
        .replace("/etc/prometheus/efir/", f"{DEPLOY.parent}/exporter/rules/")
    )
    (tmp_path / "token").write_text("0" * 32)
    (tmp_path / "prometheus.yml").write_text(
        text.replace("/etc/prometheus/efir-token", str(tmp_path / "token"))
    )
    run("promtool", "check", "config", tmp_path / "prometheus.yml")


@pytest.mark.system
def test_alertmanager_takes_the_example_with_these_receivers(tmp_path: Path) -> None:
    whole: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    whole["receivers"] = yaml.safe_load((DEPLOY / "receivers.yml").read_text())["receivers"]
    (tmp_path / "alertmanager.yml").write_text(yaml.safe_dump(whole))
    run("amtool", "check-config", tmp_path / "alertmanager.yml")


@pytest.mark.system
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_can_read_the_unit(unit: Path, tmp_path: Path) -> None:
    # The command need not be installed where the test runs.
    shown = tmp_path / unit.name
    shown.write_text(unit.read_text().replace("/opt/efir/bin/efir", "/bin/true").replace("User=efir\n", ""))
    run("systemd-analyze", "verify", shown)
