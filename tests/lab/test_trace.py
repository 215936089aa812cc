"""`efir trace` in the lab, with the censor at several hops: the right one is named, and none where none stands."""

import json
import sys
from dataclasses import replace

import pytest

from lab.running import running
from lab.scenario_file import load, packaged
from measurements.targets_file import load_targets

# Whom each scenario is about, if not YouTube.
PLATFORMS = {"tls-reset": "facebook", "tls-reset-beside": "twitter", "tcp-drop": "twitter"}


@pytest.mark.lab
@pytest.mark.usefixtures("require_lab")
@pytest.mark.parametrize(
    ("scenario", "hop", "found"),
    [
        pytest.param("open", 3, {"dns": "none", "syn": "none", "hello": "none", "flow": "none"}, id="open"),
        pytest.param(
            "dns-forge",
            2,
            {"dns": "forged", "syn": "none", "hello": "none"},
            id="DNS forged at 2",
        ),
        pytest.param("tls-reset", 4, {"dns": "none", "syn": "none", "hello": "reset"}, id="reset at 4"),
        pytest.param(
            "tls-reset-beside", 3, {"dns": "none", "syn": "none", "hello": "reset"}, id="beside the way"
        ),
        pytest.param(
            "tls-drop", 3, {"dns": "none", "syn": "none", "hello": "dropped"}, id="name dropped at 3"
        ),
        pytest.param(
            "throttle-police-sni",
            2,
            {"dns": "none", "syn": "none", "hello": "none", "flow": "slowed"},
            id="slow from 2 on",
        ),
        pytest.param("tcp-drop", 4, {"dns": "none", "syn": "dropped"}, id="address dropped at 4"),
    ],
)
def test_the_right_hop_is_named(scenario: str, hop: int, found: dict[str, str]) -> None:
    targets = load_targets()
    loaded = load(packaged()[scenario], targets)
    loaded = replace(loaded, rules=tuple(replace(rule, hop=hop) for rule in loaded.rules))
    platform = PLATFORMS.get(scenario, "youtube")
    with running(loaded, targets) as lab:
        agree = [
            sys.executable,
            "-m",
            "efir",
            "consent",
            "--accept",
            "--with-trace",
            "--state",
            str(lab.state),
        ]
        lab.session.run(agree, capture=True)
        run = lab.session.run(lab.efir("trace", platform, "--json"), capture=True, timeout=60)
    lines = [json.loads(each) for each in run.stdout.splitlines()]
    assert {line["method"]: line["finding"] for line in lines} == found, run.stderr
    for line in lines:
        if line["finding"] not in ("none", "unclear"):
            assert (line["hop_low"], line["hop_high"]) == (hop, hop)
    assert "10.99." not in run.stdout + run.stderr  # the hops of the lab have private addresses
    assert run.returncode == 0
