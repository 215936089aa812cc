"""rich's console for text that may come from strangers: a name in imported data must not steer the terminal."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from measurements.visible import visible_lines


class SafeConsole(Console):
    """Shows control characters as signs. Colours and the cursor's moves are rich's own, and not part of the text."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        """The parts of what is to be shown, as of rich's console."""
        for part in super().render(renderable, options):
            yield part if part.control else part._replace(text=visible_lines(part.text))
