"""Public measurements that are read where they lie: their licence keeps them out of this repository."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def ooni_data() -> Path:
    """Folder `data/ooni` of the shared material: $EFIR_SHARED, or `shared` beside the project."""
    root = Path(__file__).parents[2]
    shared = Path(os.environ.get("EFIR_SHARED", root.parent / "shared"))
    folder = shared / "data" / "ooni"
    if not folder.is_dir():
        pytest.skip(f"no OONI measurements in {folder} (set EFIR_SHARED)")
    return folder
