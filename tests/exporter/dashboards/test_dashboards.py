"""The dashboards: regenerated without a difference, asking only for what exists, in PromQL that Prometheus can read."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.dashboards.parts import COLOURS, SOURCE, WIDE, code_of, state_code
from exporter.dashboards.render import DASHBOARDS, FOLDER, text
from exporter.metrics import TABLE
from measurements.verdicts import WORST_FIRST

PROVISIONING = FOLDER.parent / "provisioning"
RULES = Path(__file__).parents[3] / "exporter" / "rules" / "recording.yml"
# What Prometheus itself makes.
OF_PROMETHEUS = {"up", "ALERTS", "scrape_duration_seconds", "scrape_samples_scraped"}


def expressions(dashboard: dict[str, Any]) -> list[str]:
    """Every PromQL expression of a dashboard."""
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    return found + [each["expr"] for each in dashboard["annotations"]["list"]]


def test_rendering_again_changes_nothing() -> None:
    assert {path.name: path.read_text("utf-8") for path in FOLDER.iterdir()} == {
        name: text(each) for name, each in DASHBOARDS.items()
    }


@pytest.mark.parametrize("name", DASHBOARDS)
def test_each_metric_asked_for_exists(name: str) -> None:
    records = {
        rule["record"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
    }
    known = {metric.name for metric in TABLE} | records
    known |= {f"{metric.name}_bucket" for metric in TABLE if metric.kind == "histogram"}
    asked = "\n".join(
        expressions(DASHBOARDS[name])
        + [each["definition"] for each in DASHBOARDS[name]["templating"]["list"]]
    )
    assert set(re.findall(r"\b(?:\w+:)?efir_\w+(?::\w+)*", asked)) - known == set()


def test_each_metric_is_shown_somewhere() -> None:
    asked = "\n".join(each for dashboard in DASHBOARDS.values() for each in expressions(dashboard))
    beside = {
        # Shown by its verdict already, or only of use to rules.
        "efir_platform_stage",
        "efir_dns_answer_consistent",
        "efir_international_cut",
        "efir_event_window_start_timestamp_seconds",
        "efir_event_window_end_timestamp_seconds",
        # Of a round on demand, which nobody scrapes at intervals.
        "efir_probe_run_duration_seconds",
        "efir_probe_run_complete",
    }
    assert {
        metric.name for metric in TABLE if not re.search(rf"\b{metric.name}(_bucket)?\b", asked)
    } == beside


@pytest.mark.system
def test_prometheus_can_read_every_expression(tmp_path: Path) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    rules = [
        {"record": f"check:{name.removesuffix('.json')}:expr{number}", "expr": expression}
        for name, dashboard in DASHBOARDS.items()
        for number, expression in enumerate(expressions(dashboard))
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}))
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


@pytest.mark.system
@pytest.mark.parametrize(
    ("shares", "state"),
    [
        pytest.param({"blocked": 0.6, "accessible": 0.4}, "blocked", id="most say blocked"),
        pytest.param({"throttled": 0.5, "accessible": 0.5}, "throttled", id="half counts as the worse"),
        pytest.param({"blocked": 0.2, "accessible": 0.8}, "accessible", id="most say accessible"),
        pytest.param({"blocked": 0.4, "throttled": 0.4, "down": 0.2}, "divided", id="no half"),
        pytest.param({}, None, id="no data gives nothing, not a good state"),
    ],
)
def test_the_number_of_a_state_is_the_worst_that_half_hold(tmp_path: Path, shares, state) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    series = [
        {"series": f'share{{asn="1", verdict="{word}"}}', "values": str(shares.get(word, 0))}
        for word in (WORST_FIRST if shares else ())
    ]
    expected = {None: [], "divided": [{"labels": '{asn="1"}', "value": 0}]}.get(
        state, [{"labels": '{asn="1"}', "value": code_of(state) if state in WORST_FIRST else 0}]
    )
    question = {"expr": state_code("share", 'asn="1"', ["asn"]), "eval_time": "0m", "exp_samples": expected}
    document = {"tests": [{"interval": "1m", "input_series": series, "promql_expr_test": [question]}]}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(document))
    done = subprocess.run(
        ["promtool", "test", "rules", tmp_path / "test.yml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", DASHBOARDS)
def test_panels_stand_side_by_side_and_say_what_they_show(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _y in cells) < WIDE
        assert panel["description"].endswith(".")
        taken |= cells


def test_a_state_is_told_by_words_and_no_data_is_none_of_them() -> None:
    for dashboard in DASHBOARDS.values():
        for panel in dashboard["panels"]:
            if panel["type"] == "state-timeline":
                values, special = panel["fieldConfig"]["defaults"]["mappings"]
                assert {each["text"] for each in values["options"].values()} == {*WORST_FIRST, "divided"}
                assert special["options"]["result"]["text"] == "no data"
                assert panel["fieldConfig"]["defaults"]["custom"]["spanNulls"] is False
    assert set(COLOURS) == set(WORST_FIRST)


def test_uids_are_stable_and_once_only() -> None:
    assert sorted(each["uid"] for each in DASHBOARDS.values()) == [
        f"efir-{name}" for name in ("overview", "pipeline", "platform", "provider", "vantage")
    ]


def test_provisioning_names_the_datasource_that_the_dashboards_ask_for() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "efir.yaml").read_text())["datasources"]
    assert (source["uid"], source["type"]) == (SOURCE["uid"], SOURCE["type"])
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards" / "efir.yaml").read_text())["providers"]
    assert provider["allowUiUpdates"] is False
    for dashboard in DASHBOARDS.values():
        for panel in dashboard["panels"]:
            assert all(each["datasource"] == SOURCE for each in (panel, *panel["targets"]))
