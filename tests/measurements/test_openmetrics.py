"""History for Prometheus: sorted, escaped, and every sample arrives in promtool's blocks."""

import io
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from measurements.formats.openmetrics import write_openmetrics
from measurements.records import Observation
from measurements.targets_file import load_targets
from tests.rounds import Who, one_round, one_session

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def rows() -> list[Observation]:
    """Two vantages' rounds and a session, newest first: the order that promtool would lose."""
    targets, found = load_targets(None), []
    for hour in range(4):
        for name in ("a", "b"):
            told = one_round(targets, Who(name), START + timedelta(hours=hour))
            # A round takes its time: no two of its observations begin together.
            found += [
                replace(row, time=row.time + timedelta(milliseconds=10 * number))
                for number, row in enumerate(told.observations)
            ]
    found += one_session(Who("a"), "youtube", START, 0.05)[0]
    return sorted(found, key=lambda row: row.time, reverse=True)


def written(rows: list[Observation]) -> tuple[int, str]:
    file = io.BytesIO()
    return write_openmetrics(rows, file), file.getvalue().decode()


def test_it_is_openmetrics_sorted_by_series_and_time(rows):
    number, text = written(rows)
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    keys = [(sample.name, sorted(sample.labels.items()), float(sample.timestamp)) for sample in samples]
    assert len(samples) == number
    assert len({(name, tuple(labels), time) for name, labels, time in keys}) == number
    times: dict[tuple[str, str], float] = {}
    for name, labels, time in keys:
        assert time > times.get((name, str(labels)), 0)
        times[name, str(labels)] = time
    assert sum(row.failure is None for row in rows) == sum(
        sample.value for sample in samples if sample.name == "efir_probe_success"
    )


def test_the_same_observations_twice_are_the_same_samples(rows):
    assert written(rows) == written(rows + rows)


def test_hostile_words_are_escaped(rows):
    number, text = written([replace(rows[0], platform='x"} 1 2\n# EOF\\')])
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert len(samples) == number
    assert {sample.labels["platform"] for sample in samples} == {'x"} 1 2\n# EOF\\'}


def test_nothing_stored_is_an_empty_page():
    assert written([]) == (0, "# EOF\n")


@pytest.mark.system
def test_promtool_takes_in_every_sample(tmp_path, rows):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    number, text = written(rows)
    (tmp_path / "history.om").write_text(text)
    make = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "history.om", "blocks"]
    subprocess.run(make, cwd=tmp_path, check=True, capture_output=True)
    listed = subprocess.run(
        ["promtool", "tsdb", "list", "blocks"], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    blocks = re.findall(r"^\w{26}\s+\d+\s+\d+\s+\S+\s+(\d+)", listed, re.MULTILINE)
    assert sum(map(int, blocks)) == number, listed
