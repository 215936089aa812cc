"""Text in the reader's language: gettext catalogues in `efir/locale`, English where a text is missing."""

import gettext
import os
from importlib.resources import files

LANGUAGES = ("kk", "ru", "en")
# Where gettext looks, in its order.
_OF_SYSTEM = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
_current: gettext.NullTranslations = gettext.NullTranslations()
_wanted: str | None = None


def set_language(language: str | None = None) -> None:
    """Use `language`, else $EFIR_LANG, else the system's."""
    global _current, _wanted
    _wanted = wanted = language or os.environ.get("EFIR_LANG")
    folder = files("efir") / "locale"
    _current = gettext.translation("efir", str(folder), [wanted] if wanted else None, fallback=True)


def language() -> str:
    """Which of `LANGUAGES` is in use; English where it is none of them."""
    asked = [_wanted] if _wanted else os.environ.get(_set_by() or "", "").split(":")
    short = [each.partition("_")[0].partition(".")[0] for each in asked]
    return next((each for each in short if each in LANGUAGES), "en")


def _set_by() -> str | None:
    return next((name for name in _OF_SYSTEM if os.environ.get(name)), None)


def _(text: str) -> str:
    """The translation of `text`; the English text itself is the key."""
    return _current.gettext(text)
