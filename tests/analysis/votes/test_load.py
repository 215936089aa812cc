"""Votes from rows: the real engine over a real store."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.correlate.types import Outcome, Votes
from analysis.data import open_data
from analysis.importing.run import import_files
from analysis.ooni.platforms import platforms_of
from analysis.votes import spans
from analysis.votes.load import load_votes
from measurements.formats.flat import NAMES
from measurements.targets_file import load_targets

Load = Callable[[list[dict[str, Any]], Outcome], list[Votes]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def run(rows: list[dict[str, Any]], outcome: Outcome) -> list[Votes]:
        with (tmp_path / "rows.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, NAMES)
            writer.writeheader()
            writer.writerows(rows)
        import_files(
            (tmp_path / "rows.csv",), tmp_path / "store", platforms_of(load_targets()), lambda path: None
        )
        data = open_data(str(tmp_path / "store"))
        try:
            return load_votes(data, outcome)
        finally:
            data.close()

    return run


def flow(minute: int, role: str, goodput: float | None, **more: Any) -> dict[str, Any]:
    return {
        "time": (datetime(2024, 5, 1, tzinfo=UTC) + timedelta(minutes=minute)).isoformat(),
        "vantage": "v1",
        "asn": 9198,
        "platform": "youtube" if role == "target" else "wikipedia",
        "role": role,
        "probe": "transfer",
        "pair": f"p{minute}",
        "arm": "foreign" if role == "control" else "",
        "seconds": 2,
        "bytes": 1000,
        "goodput_bytes_per_second": goodput,
    } | more


def pair(
    minute: int, target: float | None, control: float | None = 1000, **more: Any
) -> list[dict[str, Any]]:
    return [flow(minute, "target", target, **more), flow(minute, "control", control, **more)]


FAILED = {"failure": "generic_timeout_error", "stage": "transfer"}


def broken_pair(minute: int) -> list[dict[str, Any]]:
    return [flow(minute, "target", None, **FAILED), flow(minute, "control", 1000)]


GOODPUT: dict[str, tuple[list[dict[str, Any]], list[float]]] = {
    "one vote a half hour, the median of its pairs": (
        [*pair(0, 500), *pair(5, 1000), *pair(20, 2000), *pair(31, 100)],
        [1.0, 0.1],
    ),
    "a failed target takes the smallest ratio of the unfailed": (
        [*pair(0, 500), *pair(31, 200), *broken_pair(65)],
        [0.5, 0.2, 0.2],
    ),
    "a pair whose control failed is dropped": (
        [*pair(0, 500), flow(31, "target", 700), flow(31, "control", None, **FAILED)],
        [0.5],
    ),
    "bytes over seconds stand in for a missing goodput": ([*pair(0, None, 1000)], [0.5]),
    "a target without its control is no pair": ([*pair(0, 500), flow(31, "target", 700)], [0.5]),
    "a pair id that returns hours later is another pair": (
        [*pair(0, 500, pair="p"), *pair(400, 100, pair="p")],
        [0.5, 0.1],
    ),
    "failed targets weigh in the median of their half hour": (
        [*pair(0, 500), *pair(5, 1000), *pair(10, 2000), *broken_pair(15), *pair(31, 100)],
        [0.5**0.5, 0.1],
    ),
    "a half hour of which most targets failed has the smallest ratio": (
        [*pair(0, 500), *broken_pair(5), *broken_pair(10), *pair(31, 100)],
        [0.1, 0.1],
    ),
    "pairs may straddle midnight": (
        [flow(1439, "target", 500, pair="p"), flow(1441, "control", 1000, pair="p"), *pair(1500, 100)],
        [0.5, 0.1],
    ),
    "a vantage counts with the arm it has most pairs with": (
        [
            *pair(0, 500),
            *pair(31, 500),
            flow(65, "target", 300),
            flow(65, "control", 1000, arm="helper"),
        ],
        [0.5, 0.5],
    ),
}


@pytest.mark.parametrize("at_once", [1, spans.ROWS_AT_ONCE], ids=["day by day", "all at once"])
@pytest.mark.parametrize(("rows", "ratios"), GOODPUT.values(), ids=GOODPUT.keys())
def test_goodput_votes(
    load: Load,
    rows: list[dict[str, Any]],
    ratios: list[float],
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spans, "ROWS_AT_ONCE", at_once)
    (votes,) = load(rows, "goodput")
    assert (votes.platform, votes.asn) == ("youtube", 9198)
    np.testing.assert_allclose(np.exp(votes.value), ratios)


def test_a_platform_that_never_answered_has_votes_without_values(load: Load) -> None:
    rows = [flow(0, "target", None, **FAILED), flow(0, "control", 1000)]
    (votes,) = load(rows, "goodput")
    assert np.isnan(votes.value).all()
    assert votes.failed.tolist() == [1.0]


def probe(minute: int, role: str, failed: bool, **more: Any) -> dict[str, Any]:
    return {
        "time": (datetime(2024, 5, 1, tzinfo=UTC) + timedelta(minutes=minute)).isoformat(),
        "vantage": "v1",
        "asn": 9198,
        "platform": "youtube" if role == "target" else "wikipedia",
        "endpoint": "web",
        "role": role,
        "probe": "tls",
        "failure": "connection_reset" if failed else "",
    } | more


FAILURE: dict[str, tuple[list[dict[str, Any]], list[float]]] = {
    "the share of failed targets minus that of the controls": (
        [probe(0, "target", True), probe(1, "control", True, platform="a"), probe(1, "control", False)],
        [0.5],
    ),
    "an endpoint fails with the worst of its probes": (
        [probe(0, "target", False, probe="dns"), probe(1, "target", True)],
        [1.0],
    ),
    "QUIC alone does not make an endpoint fail": (
        [probe(0, "target", False), probe(1, "target", True, probe="quic")],
        [0.0],
    ),
    "a platform's share is the mean over its endpoints": (
        [probe(0, "target", True), probe(1, "target", False, endpoint="api")],
        [0.5],
    ),
    "transfers are no failure votes": (
        [probe(0, "target", False), probe(1, "target", True, probe="transfer")],
        [0.0],
    ),
    "an address family without a route says nothing": (
        [probe(0, "target", False), probe(1, "target", True, endpoint="web6", failure="network_unreachable")],
        [0.0],
    ),
    "a control of the next half hour stands in": (
        [probe(29, "target", True), probe(31, "control", False)],
        [1.0],
    ),
}


@pytest.mark.parametrize(("rows", "shares"), FAILURE.values(), ids=FAILURE.keys())
def test_failure_votes(load: Load, rows: list[dict[str, Any]], shares: list[float]) -> None:
    (votes,) = load(rows, "failure")
    assert votes.value.tolist() == shares
    assert votes.controlled == any(row["role"] == "control" for row in rows)


def test_cells_are_platform_and_network_and_an_unknown_network_is_one_of_its_own(load: Load) -> None:
    rows = [
        probe(0, "target", False),
        probe(0, "target", False, asn=21299),
        probe(0, "target", False, asn=""),
        probe(0, "target", False, platform="vk"),
    ]
    cells = [(votes.platform, votes.asn) for votes in load(rows, "failure")]
    assert cells == [("vk", 9198), ("youtube", None), ("youtube", 9198), ("youtube", 21299)]


@pytest.mark.parametrize(("role", "outcome"), [("target", "goodput"), ("control", "failure")])
def test_data_without_rows_of_the_outcome_have_no_cells(load: Load, role: str, outcome: Outcome) -> None:
    assert load([probe(0, role, False)], outcome) == []


def test_a_vote_that_no_control_is_near_to_is_left_out(load: Load) -> None:
    rows = [probe(0, "target", True), probe(1, "control", False), probe(95, "target", True)]
    (votes,) = load(rows, "failure")
    assert votes.value.tolist() == [1.0]
