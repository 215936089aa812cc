"""Where a command writes: NDJSON for programs, text for people."""

import os
import sys
from typing import TYPE_CHECKING, Any

import msgspec

from efir.i18n import set_language

if TYPE_CHECKING:
    from rich.console import Console


class Output:
    """With `as_json`, stdout carries NDJSON only and text goes to stderr; `quiet` silences the text."""

    def __init__(
        self,
        as_json: bool = False,
        quiet: bool = False,
        language: str | None = None,
        color: bool = True,
    ) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.color = color
        self.language = language or os.environ.get("EFIR_LANG")  # as asked for; None = the system's
        self._console: Console | None = None
        set_language(self.language)

    def line(self, record: Any) -> None:
        """Write one NDJSON line (only with --json), flushed: a reader may be following."""
        if self.as_json:
            sys.stdout.write(msgspec.json.encode(record).decode() + "\n")
            sys.stdout.flush()

    @property
    def console(self) -> "Console":
        """Rich console for text for people; imported only when used."""
        if self._console is None:
            from efir.console import SafeConsole

            self._console = SafeConsole(
                stderr=self.as_json,
                quiet=self.quiet,
                no_color=True if not self.color else None,
                highlight=False,
            )
        return self._console

    def text(self, *parts: Any) -> None:
        """Write text for people. Markup is off: host names and errors may carry brackets.

        Sentences are wrapped on a terminal only: in a file or pipe a line that is searched for must be whole.
        """
        whole = not self.console.is_terminal and all(isinstance(part, str) for part in parts)
        self.console.print(*parts, markup=False, soft_wrap=whole)

    @property
    def interactive(self) -> bool:
        """True if progress bars may be drawn."""
        return self.console.is_terminal and not self.quiet
