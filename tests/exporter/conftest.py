"""A spool that rounds can be put into, and an exporter over it with a clock of the test's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exporter.events import EventWindow
from exporter.families import Families
from exporter.metrics import TABLE
from exporter.reading import Reader
from exporter.source import StoreState, VantageFacts
from measurements.store import Spool
from measurements.targets import Targets
from measurements.targets_file import load_targets
from tests.many_vantages import MemorySource, batch
from tests.rounds import Who, one_round, one_session

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STORE = ("efir_spool_", "efir_upload_", "efir_ingest_")
_RESET = ("tls", "connection_reset")


def names(targets: Targets) -> dict[str, str]:
    """Names of the platforms by id."""
    return {id_: platform.name for id_, platform in targets.platforms.items()}


@pytest.fixture
def now() -> datetime:
    """The time of the test's clock."""
    return NOW


@pytest.fixture(scope="session")
def targets() -> Targets:
    """The packaged targets."""
    return load_targets(None)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """An empty spool."""
    with Spool(tmp_path / "spool.sqlite3") as opened:
        yield opened


@pytest.fixture
def full_page(targets: Targets) -> Families:
    """A private page on which every metric has a sample."""
    who = Who("v1")
    rows, line, _run = one_session(who, "youtube", NOW, 0.05)
    arrivals = batch(
        [
            one_round(targets, who, NOW, lambda platform, _probe: _RESET if platform == "vk" else None),
            one_round(targets, who, NOW - timedelta(hours=5)),
        ],
        [(who, NOW, line)],
    )
    arrivals = replace(arrivals, observations=[*arrivals.observations, *rows])
    store = StoreState(
        {metric.name: 1.0 for metric in TABLE if metric.name.startswith(STORE) and not metric.labels},
        {"signature": 1},
    )
    source = MemorySource([arrivals], {"v1": VantageFacts(clock_offset=0.2)}, store)
    reader = Reader(
        source,
        platforms=names(targets),
        windows=[EventWindow("s-01", NOW.timestamp() - 60, NOW.timestamp() + 60)],
        utc=lambda: NOW,
        monotonic=lambda: 0.0,
    )
    return reader.look().private
