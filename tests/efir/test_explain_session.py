"""`efir explain PLATFORM`: the result, the pairs, and what ran beside them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from efir.exits import Exit
from measurements.records import HttpFacts, Observation, ThrottleLine, TransferFacts
from measurements.state import StateFolder
from measurements.store import Spool
from tests.commands import efir

START = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)


def flow(name: str, rate: float, role: str = "target", run: str = "run", **facts: Any) -> Observation:
    """A flow of `rate` bytes per second; facts go to its transfer part but for the place and the platform."""
    sizes = tuple(range(10_000, 100_001, 10_000))
    outer = {key: facts.pop(key) for key in ("address", "sni", "platform", "minutes") if key in facts}
    shown: dict[str, Any] = {"arm": "helper", "session": "youtube", "purpose": "scope"}
    return Observation(
        id=f"{run}-{name}-{role}",
        run_id=run,
        vantage="home",
        time=START + timedelta(minutes=outer.pop("minutes", 0)),
        endpoint="web",
        role="control" if role == "control" else "target",
        probe="transfer",
        http=HttpFacts(status=200),
        transfer=TransferFacts(
            times=tuple(size / rate for size in sizes),
            bytes=sizes,
            elapsed=sizes[-1] / rate,
            complete=True,
            goodput=rate,
            **(shown | facts),
        ),
        **({"platform": "youtube", "address": "192.0.2.1", "sni": "a.example"} | outer),
    )


def pair(name: str, run: str = "run", minutes: float = 0) -> list[Observation]:
    return [
        flow(name, rate, role, run, platform=who, purpose="pair", pair=name, minutes=minutes)
        for role, rate, who in (("target", 20_000.0, "youtube"), ("control", 800_000.0, "helper"))
    ]


def side_by_side(**second: str) -> list[Observation]:
    return [flow("one", 20_000, group="g"), flow("two", 20_000, group="g", **second)]


def explained(tmp_path: Path, rows: list[Observation], capsys: Any, line: ThrottleLine, *options: str) -> str:
    folder = StateFolder(tmp_path / "state")
    with Spool(folder.spool) as spool:
        spool.add(rows)
        spool.add_throttle(line, "line", "run", START)
    assert efir("explain", "youtube", "--state", folder.root, *options) == Exit.OK
    return str(capsys.readouterr().out)


LINE = ThrottleLine(
    platform="youtube", verdict="throttled", ratio=0.025, pairs=10, mechanism="policer", scope="connection"
)


@pytest.mark.parametrize(
    ("beside", "text"),
    [
        pytest.param(
            side_by_side(),
            "two flows at once to one address: 40.0 kB/s together; one alone: 20.0 kB/s",
            id="one address",
        ),
        pytest.param(
            side_by_side(address="192.0.2.2"),
            "two flows at once to two addresses: 40.0 kB/s together; one alone: 20.0 kB/s",
            id="two addresses",
        ),
        pytest.param(
            side_by_side(address="192.0.2.2", sni="b.example"),
            "two flows at once under two names: 40.0 kB/s together; one alone: 20.0 kB/s",
            id="two names",
        ),
        pytest.param(
            [flow(str(i), 700_000.0 + i, arm="inverted") for i in range(3)],
            "our server, every bit turned over: 700.0 kB/s",
            id="turned over",
        ),
        pytest.param(
            [flow("in", 900_000.0, "control", platform="nur", arm="domestic")],
            "a site inside the country: 900.0 kB/s",
            id="inside the country",
        ),
    ],
)
def test_what_ran_beside_the_pairs_is_told(
    beside: list[Observation], text: str, tmp_path: Path, capsys: Any
) -> None:
    shown = explained(tmp_path, [*pair("a"), *beside], capsys, LINE)
    assert text in shown
    assert "how: what exceeds a rate is dropped" in shown
    assert "what for: each connection has the slow rate for itself" in shown


def test_a_machine_gets_the_result_and_every_flow(tmp_path: Path, capsys: Any) -> None:
    other = flow("theirs", 1e6, platform="vk", session="vk")
    shown = explained(tmp_path, [*pair("a"), *side_by_side(), other], capsys, LINE, "--json")
    lines = [json.loads(line) for line in shown.splitlines()]
    assert [line["type"] for line in lines] == ["throttle"] + ["observation"] * 4
    assert {line["id"] for line in lines[1:]} == {
        "run-a-target",
        "run-a-control",
        "run-one-target",
        "run-two-target",
    }


@pytest.mark.parametrize(("reason", "pairs"), [("taken_up", 2), (None, 1)])
def test_pairs_that_were_taken_up_are_shown_with_the_session_that_took_them(
    reason: str | None, pairs: int, tmp_path: Path, capsys: Any
) -> None:
    line = ThrottleLine(platform="youtube", verdict="inconclusive", reason=reason)
    rows = [*pair("old", "ages ago", -90), *pair("earlier", "broken off", -20), *pair("a")]
    assert explained(tmp_path, rows, capsys, line).count("target 20.0 kB/s") == pairs
