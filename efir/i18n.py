"""Text in the reader's language: gettext catalogues in `efir/locale`, English where a text is missing."""

import gettext
import os
from importlib.resources import files

LANGUAGES = ("kk", "ru", "en")
_current: gettext.NullTranslations = gettext.NullTranslations()


def set_language(language: str | None = None) -> None:
    """Use `language`, else $EFIR_LANG, else the system's."""
    global _current
    wanted = language or os.environ.get("EFIR_LANG")
    folder = files("efir") / "locale"
    _current = gettext.translation("efir", str(folder), [wanted] if wanted else None, fallback=True)


def _(text: str) -> str:
    """The translation of `text`; the English text itself is the key."""
    return _current.gettext(text)


def plural(one: str, many: str, number: int) -> str:
    """The right plural form for `number`."""
    return _current.ngettext(one, many, number)
