"""Certificates for the tests that need TLS."""

from pathlib import Path

import pytest

from tests.certificates import Authority, Leaf


@pytest.fixture
def leaf(tmp_path_factory: pytest.TempPathFactory) -> Leaf:
    """A certificate for loopback."""
    folder: Path = tmp_path_factory.mktemp("authority")
    return Authority(folder).issue("good.test", "127.0.0.1")
