"""All dashboards as files: `python -m exporter.dashboards.render` (or `make dashboards`) writes them."""

import json
from pathlib import Path
from typing import Final

from exporter.dashboards import overview, pipeline, platform, provider, vantage
from exporter.dashboards.parts import Part

FOLDER: Final = Path(__file__).parent / "json"
DASHBOARDS: Final[dict[str, Part]] = {
    "overview.json": overview.DASHBOARD,
    "platform.json": platform.DASHBOARD,
    "provider.json": provider.DASHBOARD,
    "vantage.json": vantage.DASHBOARD,
    "pipeline.json": pipeline.DASHBOARD,
}


def text(dashboard: Part) -> str:
    """As it stands in its file."""
    return json.dumps(dashboard, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, dashboard in DASHBOARDS.items():
        (FOLDER / name).write_text(text(dashboard), "utf-8")
