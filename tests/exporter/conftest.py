"""A spool that rounds can be put into, and an exporter over it with a clock of the test's."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from measurements.store import Spool
from measurements.targets import Targets
from measurements.targets_file import load_targets

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


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
