"""`efir trace` in the lab, with the censor at several hops: the right one is named, and none where none stands."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lab.running import running
from lab.scenario_file import load, packaged
from measurements.state import StateFolder
from measurements.targets_file import load_targets
from vantage.consent import TEXT_VERSION, Consent, write_consent


@dataclass(frozen=True)
class Case:
    """A scenario whose censor is put at `hop`, and what each method is to find."""

    name: str
    scenario: str
    hop: int
    found: dict[str, str]
    platform: str = "youtube"


NOTHING = {"dns": "none", "syn": "none", "hello": "none"}
# The longest first: they run side by side, since nearly all of their time is waiting.
CASES = [
    Case("slow from 2 on", "throttle-police-sni", 2, NOTHING | {"flow": "slowed"}),
    Case("address dropped at 4", "tcp-drop", 4, {"dns": "none", "syn": "dropped"}, "twitter"),
    Case("name dropped at 3", "tls-drop", 3, NOTHING | {"hello": "dropped"}),
    Case("open", "open", 3, NOTHING | {"flow": "none"}),
    Case("DNS forged at 2", "dns-forge", 2, NOTHING | {"dns": "forged", "flow": "none"}),
    Case("reset at 4", "tls-reset", 4, NOTHING | {"hello": "reset"}, "facebook"),
    Case("beside the way", "tls-reset-beside", 3, NOTHING | {"hello": "reset"}, "twitter"),
]


def trace(case: Case) -> Any:
    """The finished program."""
    targets = load_targets()
    loaded = load(packaged()[case.scenario], targets)
    loaded = replace(loaded, rules=tuple(replace(rule, hop=case.hop) for rule in loaded.rules))
    with running(loaded, targets) as lab:
        agreed = Consent(time=datetime.now(UTC), text_version=TEXT_VERSION, interactive=False, trace=True)
        write_consent(StateFolder(lab.state), agreed)
        return lab.session.run(lab.efir("trace", case.platform, "--json"), capture=True, timeout=90)


@pytest.fixture(scope="module")
def traced(require_lab: None) -> Iterator[dict[str, Future[Any]]]:
    with ThreadPoolExecutor(max_workers=3) as pool:
        yield {case.name: pool.submit(trace, case) for case in CASES}


@pytest.mark.lab
@pytest.mark.xdist_group("trace")
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_right_hop_is_named(traced: dict[str, Future[Any]], case: Case) -> None:
    run = traced[case.name].result()
    lines = [json.loads(each) for each in run.stdout.splitlines()]
    assert {line["method"]: line["finding"] for line in lines} == case.found, run.stderr
    for line in lines:
        if line["finding"] not in ("none", "unclear"):
            assert (line["hop_low"], line["hop_high"]) == (case.hop, case.hop)
    assert "10.99." not in run.stdout + run.stderr  # the hops of the lab have private addresses
    assert run.returncode == 0
