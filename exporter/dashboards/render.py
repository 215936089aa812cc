"""All dashboards as files: `python -m exporter.dashboards.render` (or `make dashboards`) writes them."""

import json
from pathlib import Path
from typing import Final

from exporter.dashboards.overview import overview
from exporter.dashboards.parts import Part
from exporter.dashboards.pipeline import pipeline
from exporter.dashboards.platform import platform
from exporter.dashboards.provider import provider
from exporter.dashboards.vantage import vantage

FOLDER: Final = Path(__file__).parent / "json"


def dashboards() -> dict[str, Part]:
    """File name -> dashboard."""
    return {f"{make.__name__}.json": make() for make in (overview, platform, provider, vantage, pipeline)}


def text(dashboard: Part) -> str:
    """As it stands in its file."""
    return json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, dashboard in dashboards().items():
        (FOLDER / name).write_text(text(dashboard), "utf-8")
