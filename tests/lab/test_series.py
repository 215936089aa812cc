"""QUIC and uploads in the emulated network: slowed alone they are seen, and on an innocent line nothing is."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec import structs

from lab.expect import Expect, judge_throttle
from lab.running import running
from lab.scenario_file import load, packaged
from measurements.targets_file import load_targets

# Our server alone is compared, and flows are short: a session of seconds.
FAST = (
    "--max-pairs",
    "10",
    "--pair-interval",
    "0",
    "--flow-seconds",
    "2",
    "--flow-bytes",
    "100000",
    "--json",
)


@dataclass(frozen=True)
class Case:
    """What a session says of the further series; the first word is the platform's own verdict."""

    scenario: str
    platform: str
    found: dict[str, str]


SLOW, NOTHING = "throttled", "inconclusive"
CASES = [
    Case("throttle-upload", "facebook", {"": SLOW, "/quic": NOTHING, "/upload": SLOW}),
    Case("throttle-quic-only", "youtube", {"": NOTHING, "/quic": SLOW, "/upload": NOTHING}),
    Case("innocent-loss", "youtube", {"": NOTHING, "/quic": NOTHING, "/upload": NOTHING}),
]


def session(case: Case) -> Any:
    """The finished program."""
    shipped = load_targets()
    platform = structs.replace(shipped.platforms[case.platform], transfer=None)
    targets = structs.replace(shipped, platforms={case.platform: platform})
    with running(load(packaged()[case.scenario], shipped), targets) as lab:
        command = lab.efir("throttle", case.platform, *FAST)
        return lab.session.run(command, capture=True, timeout=150, env=lab.environment)


@pytest.fixture(scope="module")
def sessions(require_lab: None) -> Iterator[dict[str, Future[Any]]]:
    with ThreadPoolExecutor(max_workers=3) as pool:
        yield {case.scenario: pool.submit(session, case) for case in CASES}


@pytest.mark.lab
@pytest.mark.xdist_group("series")
@pytest.mark.parametrize("case", CASES, ids=[case.scenario for case in CASES])
def test_only_what_is_slowed_is_called_so(sessions: dict[str, Future[Any]], case: Case) -> None:
    run = sessions[case.scenario].result()
    assert run.returncode == 0, run.stderr
    lines = [json.loads(each) for each in run.stdout.splitlines()]
    expect = Expect(throttle={f"{case.platform}{part}": (word,) for part, word in case.found.items()})
    assert [one for one in judge_throttle(expect, lines) if one.mark != "right"] == []
    (line,) = lines
    assert line["mechanism"] == ("upload" if case.found["/upload"] == SLOW else None)
