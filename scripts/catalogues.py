#!/usr/bin/env python3
"""Bring the catalogues up to date: collect the texts of what volunteers install, merge them, compile.

Usage: scripts/catalogues.py          after a text of `efir/` changed, and after a translation changed
New texts come out untranslated, changed ones fuzzy; a test fails until both are mended by hand in efir/locale.
"""

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from measurements.throttle.reasons import NOT_HELD, NOTES, REASONS

ROOT = Path(__file__).parent.parent
LOCALE = ROOT / "efir" / "locale"
LANGUAGES = ("kk", "ru")
# The time of collecting would make any two changes of texts conflict.
UNDATED = datetime(2026, 1, 1, tzinfo=UTC)
KEYWORDS: dict[str, None] = {"_": None}

# Tables of texts that lie outside `efir/`, where nothing may import its `_`.
TABLES: tuple[Mapping[str, str], ...] = (REASONS, NOTES, NOT_HELD)


def texts() -> Catalog:
    """All texts that the volunteer's wheel can show."""
    found = Catalog(project="efir", charset="utf-8", creation_date=UNDATED)
    patterns = tomllib.loads((ROOT / "probe-wheel.toml").read_text("utf-8"))["wheel"]["efir"]
    for pattern in patterns:
        for file in sorted((ROOT / "efir").glob(pattern)):
            if file.suffix == ".py":
                for _, message, comments, _ in extract_from_file("python", str(file), keywords=KEYWORDS):
                    found.add(message, auto_comments=comments)
    for table in TABLES:
        for text in table.values():
            found.add(text)
    return found


def merged(language: str) -> Catalog:
    """The language's catalogue with today's texts."""
    path = LOCALE / language / "LC_MESSAGES" / "efir.po"
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    catalog.update(texts(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def compiled(catalog: Catalog) -> bytes:
    """The catalogue as gettext reads it."""
    out = BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


if __name__ == "__main__":
    for each in LANGUAGES:
        folder = LOCALE / each / "LC_MESSAGES"
        catalog = merged(each)
        with (folder / "efir.po").open("wb") as file:
            write_po(file, catalog, width=120, omit_header=False, no_location=True, sort_output=True)
        (folder / "efir.mo").write_bytes(compiled(catalog))
