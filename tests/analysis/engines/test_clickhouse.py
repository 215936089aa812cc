"""ClickHouse gives the same answers as DuckDB on the same rows."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.data import Data, DataError, open_data
from analysis.parquet_store import open_writer
from analysis.tables import FLAT
from analysis.verdicts.stored import of_hours
from analysis.votes.load import load_votes
from measurements.targets import Targets

START = datetime(2023, 10, 30, tzinfo=UTC)  # two months: two partitions
NO_TARGETS = Targets(version=1, platforms={})


def rows(number: int) -> Iterator[dict[str, object]]:
    rng = random.Random(7)
    for n in range(number):
        shared: dict[str, object] = {
            "time": START + timedelta(seconds=n * 97, microseconds=n),
            "vantage": f"v{n % 5}",
            "asn": None if n % 5 == 4 else 64500 + n % 3,
            "origin": "flat",
        }
        target = {"platform": rng.choice(["youtube", "vk"]), "role": "target", "endpoint": "web"}
        control = {"platform": "wiki", "role": "control"}
        failure = rng.choice([None, None, None, "connection_reset"])
        if n % 2:
            flow = {"probe": "transfer", "pair": f"p{n}", "seconds": 2.0}
            speed = {
                "goodput_bytes_per_second": None if failure else rng.lognormvariate(12, 1),
                "bytes": 4096,
            }
            yield shared | flow | target | speed | {"failure": failure}
            yield (
                shared
                | flow
                | control
                | {"arm": "same_address", "goodput_bytes_per_second": rng.lognormvariate(12, 1)}
            )
        else:
            probe = {"probe": rng.choice(["tls", "http", "quic"]), "failure": failure}
            yield shared | target | probe
            yield shared | control | probe | {"failure": None}


@pytest.fixture(scope="module")
def engines(clickhouse: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[Data, Data]:
    store = tmp_path_factory.mktemp("store")
    with open_writer(store) as writer:
        stage = writer.stage(FLAT)
        stage.add(FLAT.batch(list(rows(20_000))))
        stage.commit()
    clickhouse.load(store)
    return open_data(str(store)), open_data(clickhouse.url)


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


@pytest.mark.parametrize("values", ["1, 2, 10, 20", "1, 2, 3", "5"])
def test_quantiles_are_interpolated_alike(engines: tuple[Data, Data], values: str) -> None:
    answers = []
    for data in engines:
        asked = ", ".join(f"{data.sql.quantile('x', q)} AS q{n}" for n, q in enumerate((0.1, 0.5, 0.9)))
        unions = " UNION ALL ".join(f"SELECT CAST({value} AS DOUBLE) AS x" for value in values.split(","))
        answers.append(list(data.query(f"SELECT {asked} FROM ({unions}) AS v").to_pylist()[0].values()))
    assert answers[0] == pytest.approx(answers[1])
    assert answers[0] == pytest.approx(np.quantile([float(v) for v in values.split(",")], [0.1, 0.5, 0.9]))


def test_a_roll_up_day_by_day_is_equal(engines: tuple[Data, Data]) -> None:
    """One day at a time: the memory of exact quantiles is that of the largest day."""
    here, there = ([row for day in days(data) for row in of_day(data, day)] for data in engines)
    assert [(row["platform"], row["n"]) for row in here] == [(row["platform"], row["n"]) for row in there]
    np.testing.assert_allclose([row["m"] for row in here], [row["m"] for row in there], rtol=1e-12)


def days(data: Data) -> list[Any]:
    table = data.query(f"SELECT DISTINCT {data.sql.day('time')} AS d FROM flat ORDER BY d")
    return list(table["d"].to_pylist())


def of_day(data: Data, day: Any) -> list[dict[str, Any]]:
    middle = data.sql.quantile(data.sql.goodput, 0.5)
    table = data.query(
        f"SELECT platform, count(*) AS n, {middle} AS m FROM flat WHERE {data.sql.day('time')} = '{day}' "
        "GROUP BY platform ORDER BY platform"
    )
    return list(table.to_pylist())


def test_the_same_file_loaded_again_changes_nothing(
    engines: tuple[Data, Data], clickhouse: Any, tmp_path: Path
) -> None:
    before = engines[1].fingerprint()
    extra = tmp_path / "extra"
    with open_writer(extra) as writer:
        stage = writer.stage(FLAT)
        stage.add(FLAT.batch([next(rows(1)) | {"vantage": "late"}]))
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
