"""Rules, their thresholds, their unit tests and runbooks; Prometheus' own tools judge what only they can."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.metrics import TABLE
from exporter.pages import render as render_page
from exporter.rules.render import rendered, templates, thresholds, used

ROOT = Path(__file__).parents[2]
RULES = ROOT / "exporter" / "rules"
TESTS = sorted(RULES.glob("*_test.yml"))
ALERTMANAGER = ROOT / "exporter" / "alertmanager" / "alertmanager.yml"


def rules(name: str) -> list[dict[str, Any]]:
    return [rule for group in yaml.safe_load((RULES / name).read_text())["groups"] for rule in group["rules"]]


ALERTS = {rule["alert"] for rule in rules("alerts.yml")}
RECORDS = {rule["record"] for rule in rules("recording.yml")}


def tool(name: str, *arguments: object, text: str | None = None) -> None:
    """Run a Debian tool; its complaint is the test's message."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed (Debian: prometheus, prometheus-alertmanager)")
    done = subprocess.run(
        [name, *map(str, arguments)], input=text, cwd=RULES, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_rendering_again_changes_nothing() -> None:
    assert {name: (RULES / name).read_text("utf-8") for name in rendered(thresholds())} == rendered(
        thresholds()
    )


def test_each_threshold_is_used() -> None:
    assert set().union(*(used(template) for template in templates())) == set(thresholds())


def test_a_place_without_a_threshold_is_an_error() -> None:
    values = thresholds()
    del values["confirmed_invites"]
    with pytest.raises(KeyError, match="confirmed_invites"):
        rendered(values)


@pytest.mark.parametrize("file", ["recording.yml", "alerts.yml"])
def test_rules_ask_for_metrics_and_records_that_exist(file: str) -> None:
    known = {metric.name for metric in TABLE} | RECORDS
    text = "\n".join(rule["expr"] for rule in rules(file))
    named = set(re.findall(r"\b(?:\w+:)?efir_\w+(?::\w+)*", text))
    assert named - known == set()


def test_the_alerts_are_those_promised() -> None:
    assert {
        "ThrottlingSuspected",
        "ThrottlingConfirmed",
        "PlatformBlocked",
        "TlsInterception",
        "DnsTampering",
        "InternationalCut",
        "InterferenceDuringEventWindow",
        "ProbeSilent",
        "NetworkSilent",
        "ExporterDown",
        "CollectorUnhealthy",
    } == ALERTS


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_each_alert_is_tested_firing_and_not_firing(alert: str) -> None:
    asserted = [
        check["exp_samples"]
        for path in TESTS
        for group in yaml.safe_load(path.read_text())["tests"]
        for check in group["promql_expr_test"]
        if alert in check["expr"]
    ]
    fires = [any(alert in sample["labels"] for sample in samples) for samples in asserted]
    assert any(fires)
    assert not all(fires)


@pytest.mark.parametrize("alert", sorted(ALERTS))
def test_each_alert_has_a_runbook_where_it_points(alert: str) -> None:
    text = (ROOT / "docs" / "alerts.md").read_text("utf-8")
    section = re.search(rf"^## {alert}\n(.+?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert section
    assert "**Check:**" in section[1]
    assert "**Does not mean:**" in section[1]
    pointed = {rule["annotations"]["runbook"] for rule in rules("alerts.yml") if rule["alert"] == alert}
    assert pointed == {f"docs/alerts.md#{alert.lower()}"}


def test_no_annotation_says_who_or_why() -> None:
    words = " ".join(text for rule in rules("alerts.yml") for text in rule["annotations"].values()).lower()
    assert not re.search(r"\b(government|authorit|state|censor|because|ordered|deliberate)", words)


@pytest.mark.system
@pytest.mark.parametrize("file", ["recording.yml", "alerts.yml"])
def test_promtool_accepts_the_rules(file: str) -> None:
    tool("promtool", "check", "rules", file)


@pytest.mark.system
@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_promtool_unit_tests(path: Path) -> None:
    tool("promtool", "test", "rules", path.name)


@pytest.mark.system
def test_promtool_accepts_the_page(full_page) -> None:
    tool("promtool", "check", "metrics", text=render_page(full_page, "text").decode())


@pytest.mark.system
def test_amtool_accepts_the_example() -> None:
    tool("amtool", "check-config", ALERTMANAGER)


@pytest.mark.system
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        pytest.param(["signal=meta"], "operators", id="our own trouble"),
        pytest.param(["signal=freshness"], "operators", id="silence"),
        pytest.param(["signal=throttling", "stage=confirmed"], "research", id="interference"),
        pytest.param(["signal=event_window"], "research", id="event"),
    ],
)
def test_alerts_reach_who_should_know(labels: list[str], receiver: str) -> None:
    tool(
        "amtool",
        "config",
        "routes",
        "test",
        f"--config.file={ALERTMANAGER}",
        f"--verify.receivers={receiver}",
        *labels,
    )
