"""Rules from templates and thresholds: `python -m exporter.rules.render` (or `make rules`) writes them.

A template is a rule file with `<<name>>` where a threshold of `thresholds.yaml` stands. Prometheus' own templates use
braces and dollar signs, so those stay as they are.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import yaml

_HERE: Final = files("exporter.rules")
_PLACE: Final = re.compile(r"<<(\w+)>>")
_HEAD: Final = "# Rendered from templates/{name} with thresholds.yaml; change those, then: make rules\n"

Thresholds = Mapping[str, str | int | float]


def thresholds() -> dict[str, str | int | float]:
    """The values of `thresholds.yaml`."""
    loaded: dict[str, str | int | float] = yaml.safe_load((_HERE / "thresholds.yaml").read_text("utf-8"))
    return loaded


def rendered(values: Thresholds) -> dict[str, str]:
    """File name -> text of each rule file. Raises KeyError for a place without a threshold."""
    return {template.name: _fill(template, values) for template in templates()}


def templates() -> list[Traversable]:
    """The templates, by name."""
    return sorted((_HERE / "templates").iterdir(), key=lambda each: each.name)


def used(template: Traversable) -> set[str]:
    """Names of the thresholds in a template."""
    return set(_PLACE.findall(template.read_text("utf-8")))


def _fill(template: Traversable, values: Thresholds) -> str:
    text = _PLACE.sub(lambda place: str(values[place[1]]), template.read_text("utf-8"))
    return _HEAD.format(name=template.name) + text


def main() -> None:
    """Write the rendered files beside this one."""
    for name, text in rendered(thresholds()).items():
        (Path(__file__).parent / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
