"""WCAG 2.1 contrast, computed from a style sheet: for tests of pages."""

import re

# 1.4.3 for text of any size.
AA = 4.5


def rules(css: str) -> list[tuple[str, str]]:
    """Selector and body of each rule."""
    plain = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return [(selector.strip(), body) for selector, body in re.findall(r"([^{}]+){([^{}]*)}", plain)]


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb (WCAG 2.1, definitions)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Ratio of two colours, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colour(body: str, property_name: str) -> str | None:
    """The colour that a rule's body gives to a property."""
    found = re.search(rf"(?:^|[;\s]){property_name}:\s*(#[0-9a-f]{{6}})", body)
    return found and found[1]
