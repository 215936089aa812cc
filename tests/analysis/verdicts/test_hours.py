"""Verdicts over flat tables: one a vantage, platform and hour."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from analysis.parquet_store import open_writer
from analysis.tables import FLAT
from analysis.verdicts.stored import verdicts_of
from measurements.records import VerdictLine
from measurements.targets import Control, Targets

START = datetime(2023, 11, 8, 12, tzinfo=UTC)
CONTROLS = tuple(
    Control(id=name, name=name, scope=scope, url=f"https://{name}.example/", probes=("tls",))  # type: ignore[arg-type]
    for name, scope in (("wiki", "foreign"), ("mirror", "foreign"), ("bank", "domestic"))
)
TARGETS = Targets(version=1, platforms={}, controls=CONTROLS)

Row = dict[str, object]


def row(probe: str = "tls", failure: str | None = None, stage: str | None = None, **given: object) -> Row:
    base: Row = {
        "time": START,
        "vantage": "v1",
        "asn": 64500,
        "country": "KZ",
        "platform": "youtube",
        "endpoint": "web",
        "role": "target",
        "probe": probe,
        "failure": failure,
        "stage": stage,
        "origin": "flat",
    }
    return base | given


def control(name: str, failure: str | None = None) -> Row:
    return row(failure=failure, platform=name, role="control", endpoint="site")


def twice(one: Row) -> list[Row]:
    return [one, one | {"time": START + timedelta(minutes=1)}]


GOOD_LINE = [control("wiki"), control("mirror")]
RESET = twice(row("tls", "connection_reset", "tls"))

CASES = [
    ("it works", [*GOOD_LINE, row()], ("accessible", None, "works")),
    ("two failures while two controls work", [*GOOD_LINE, *RESET], ("blocked", "tls", "stopped-tls")),
    ("one failure is not confirmed", [*GOOD_LINE, RESET[0]], ("inconclusive", None, "unconfirmed")),
    ("one control is too few", [control("wiki"), *RESET], ("inconclusive", None, "few-controls")),
    ("no control at all", RESET, ("inconclusive", None, "few-controls")),
    ("all controls fail", [control("wiki", "eof_error"), *RESET], ("inconclusive", None, "offline")),
    (
        "all controls fail, and the platform answers",
        [control("wiki", "eof_error"), row()],
        ("accessible", None, "works"),
    ),
    (
        "only the domestic control works",
        [control("bank"), control("wiki", "eof_error"), *RESET],
        ("inconclusive", None, "cut"),
    ),
    (
        "a stage that is not told follows from the probe",
        [*GOOD_LINE, *twice(row("tcp", "generic_timeout_error"))],
        ("blocked", "tcp", "stopped-tcp"),
    ),
    (
        "the name does not resolve at home, and the rest works",
        [*GOOD_LINE, *twice(row("dns", "dns_nxdomain_error")), row("tls")],
        ("blocked", "dns", "dns-fails"),
    ),
    (
        "the name does not resolve, and nothing else was tried",
        [*GOOD_LINE, *twice(row("dns", "dns_nxdomain_error"))],
        ("inconclusive", None, "dns-unproven"),
    ),
    (
        "a certificate that no root vouches for",
        [*GOOD_LINE, *twice(row("tls", "ssl_unknown_authority"))],
        ("intercepted", "tls", "unknown-certificate"),
    ),
    (
        "more failures than successes contradict each other",
        [*GOOD_LINE, *RESET, row(seconds=0.5)],
        ("inconclusive", None, "contradictory"),
    ),
    (
        "the worst endpoint speaks",
        [*GOOD_LINE, row(endpoint="api"), *RESET],
        ("blocked", "tls", "stopped-tls"),
    ),
    (
        "QUIC alone is not judged here",
        [*GOOD_LINE, row(), row("quic", "generic_timeout_error")],
        ("accessible", None, "works"),
    ),
    (
        "a cancelled probe is no evidence",
        [*GOOD_LINE, row("tls", "interrupted")],
        ("inconclusive", None, "no-evidence"),
    ),
    (
        "a transfer that starves is slowness",
        [*GOOD_LINE, *twice(row("transfer", "generic_timeout_error"))],
        ("inconclusive", None, "handshake-progress"),
    ),
]


def judge(folder: Path, rows: list[Row]) -> list[VerdictLine]:
    with open_writer(folder) as writer:
        stage = writer.stage(FLAT)
        stage.add(FLAT.batch(rows))
        stage.commit()
    return list(verdicts_of(folder, TARGETS))


@pytest.mark.parametrize(("rows", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_one_hour(tmp_path: Path, rows: list[Row], expected: tuple[str, str | None, str]) -> None:
    (line,) = judge(tmp_path, rows)
    assert (line.verdict, line.stage, line.rule) == expected
    assert (line.platform, line.endpoint, line.vantage, line.asn) == ("youtube", None, "v1", 64500)
    assert line.time == START


def test_each_vantage_platform_and_hour_has_its_own_line(tmp_path: Path) -> None:
    later = START + timedelta(hours=1, minutes=30)
    rows = [
        *GOOD_LINE,
        row(),
        row(platform="vk"),
        row(time=later),
        row(vantage="v0"),
        *(r | {"vantage": "v0"} for r in RESET),
    ]
    lines = judge(tmp_path, rows)
    assert [(line.vantage, line.platform, line.time) for line in lines] == [
        ("v0", "youtube", START),
        ("v1", "vk", START),
        ("v1", "youtube", START),
        ("v1", "youtube", START + timedelta(hours=1)),
    ]


def pairs(number: int, target: float, control_: float, arm: str) -> list[Row]:
    rows: list[Row] = []
    for n in range(number):
        shared = {"pair": f"p{n}", "time": START + timedelta(minutes=n), "seconds": 2.0}
        rows.append(row("transfer", **shared, goodput_bytes_per_second=target * (1 + n / 100)))
        rows.append(
            row(
                "transfer",
                **shared,
                goodput_bytes_per_second=control_,
                role="control",
                platform="wiki",
                arm=arm,
            )
        )
    return rows


@pytest.mark.parametrize(
    ("number", "target", "arm", "verdict"),
    [
        (10, 16_000.0, "same_address", "throttled"),
        (9, 16_000.0, "same_address", "accessible"),
        (10, 400_000.0, "same_address", "accessible"),
        (10, 16_000.0, "foreign", "accessible"),
    ],
    ids=["ten slow pairs", "too few pairs", "not slow", "a foreign control has no baseline here"],
)
def test_pairs_of_an_hour(tmp_path: Path, number: int, target: float, arm: str, verdict: str) -> None:
    lines = judge(tmp_path, pairs(number, target, 1_000_000.0, arm))
    assert [line.verdict for line in lines] == [verdict]
