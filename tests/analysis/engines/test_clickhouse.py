"""ClickHouse gives the same answers as DuckDB on the same rows."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.data import Data, open_data
from analysis.errors import DataError
from analysis.parquet_store import open_writer
from analysis.tables import FLAT
from analysis.verdicts.stored import of_hours
from analysis.votes.load import load_votes
from efir.exits import Exit
from measurements.targets import Targets
from tests.commands import efir

ROOT = Path(__file__).parents[3]
LATE = {
    "time": datetime(2024, 1, 1, tzinfo=UTC),
    "vantage": "late",
    "platform": "vk",
    "role": "target",
    "probe": "tls",
    "origin": "flat",
}
NO_TARGETS = Targets(version=1, platforms={})
pytestmark = pytest.mark.xdist_group("clickhouse")  # one server for all of them


@pytest.fixture(scope="module")
def loaded(clickhouse: Any, store: Path) -> Path:
    """The store, loaded into the server too."""
    clickhouse.load(store)
    return store


@pytest.fixture(scope="module")
def engines(clickhouse: Any, loaded: Path) -> tuple[Data, Data]:
    return open_data(str(loaded)), open_data(clickhouse.url)


@pytest.mark.parametrize("outcome", ["goodput", "failure"])
def test_votes_of_the_window_join_are_equal(engines: tuple[Data, Data], outcome: Any) -> None:
    here, there = (load_votes(data, outcome) for data in engines)
    assert [(votes.platform, votes.asn) for votes in here] == [(votes.platform, votes.asn) for votes in there]
    assert sum(len(votes.time) for votes in here) > 5000
    for one, other in zip(here, there, strict=True):
        for name in ("time", "vantage", "value", "failed"):
            a, b = sorted_by(one, name), sorted_by(other, name)
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


def sorted_by(votes: Any, name: str) -> Any:
    """Two votes of one moment may come in either order."""
    return getattr(votes, name)[np.lexsort((votes.value, votes.vantage, votes.time))]


def test_verdicts_of_hours_are_equal(engines: tuple[Data, Data]) -> None:
    here, there = (list(of_hours(data, NO_TARGETS)) for data in engines)
    assert here == there
    assert len({line.verdict for line in here}) > 1


def test_the_smoke_script_finds_them_equal(clickhouse: Any, loaded: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"  # where `efir` is
    done = subprocess.run(
        [ROOT / "scripts" / "clickhouse-smoke", loaded, clickhouse.url],
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("equal: "), done.stderr


TABLES = {
    name: (ROOT / "docs" / "clickhouse" / name).read_text("utf-8")
    for name in ("one-server.sql", "cluster.sql")
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES.keys())
def test_the_tables_of_the_docs_are_valid(clickhouse: Any, loaded: Path, text: str) -> None:
    data = open_data(clickhouse.url)
    for statement in text.split(";\n")[:-1]:
        data.query(f"EXPLAIN AST {statement}")


def test_the_tables_of_the_docs_hold_the_same_columns_those_of_the_store() -> None:
    here, there = (
        [*text[text.index("(\n") : text.index("\n)")].splitlines()[1:]] for text in TABLES.values()
    )
    assert here == there
    assert [line.split()[0] for line in here] == [*FLAT.names, "day"]


def test_a_report_over_a_server_is_that_over_the_folder(
    clickhouse: Any, loaded: Path, tmp_path: Path
) -> None:
    event = "  - {{id: e{n}, kind: livestream, start: 2023-11-{n:02}T18:00, end: 2023-11-{n:02}T20:00, source: x}}\n"
    schedule = tmp_path / "events.yaml"
    schedule.write_text(
        "version: 1\ntimezone: UTC\nevents:\n" + "".join(event.format(n=n) for n in range(1, 20, 2))
    )
    pages, sums = [], []
    for number, place in enumerate((str(loaded), clickhouse.url)):
        out = tmp_path / f"{number}.html"
        given = [
            "report",
            "--data",
            place,
            "--schedule",
            schedule,
            "--out",
            out,
            "--private",
            "--shifts",
            200,
        ]
        assert efir(*given, "--charts", tmp_path / str(number)) == Exit.OK
        pages.append(out.read_text("utf-8"))
        bundle = json.loads((tmp_path / str(number) / "bundle.json").read_text("utf-8"))
        sums.append(bundle.pop("data_sha256"))
    for file in sorted((tmp_path / "0").glob("*.csv")):
        assert file.read_text() == (tmp_path / "1" / file.name).read_text()
    # Each engine has a fingerprint of its own for the same rows; the pages differ in it and in when they were made.
    assert unsigned(pages[0], sums[0]) == unsigned(pages[1], sums[1])


def unsigned(page: str, fingerprint: str) -> str:
    """A page without its data's fingerprint and its times of making."""
    assert fingerprint in page
    return re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?\S*", "", page.replace(fingerprint, ""))


# From here on the server holds a row more than the folder.
def test_the_same_file_loaded_again_changes_nothing(
    engines: tuple[Data, Data], clickhouse: Any, tmp_path: Path
) -> None:
    before = engines[1].fingerprint()
    extra = tmp_path / "extra"
    with open_writer(extra) as writer:
        stage = writer.stage(FLAT)
        stage.add(FLAT.batch([LATE]))
        stage.commit()
    clickhouse.load(extra)
    once = engines[1].fingerprint()
    clickhouse.load(extra)
    assert before != once == engines[1].fingerprint()


def test_a_server_that_is_not_there_is_named() -> None:
    with pytest.raises(DataError, match=r"127\.0\.0\.1:1 does not answer"):
        open_data("clickhouse://127.0.0.1:1/efir")


def test_a_query_that_fails_says_why(engines: tuple[Data, Data]) -> None:
    with pytest.raises(DataError, match="nowhere"):
        engines[1].query("SELECT * FROM nowhere")
