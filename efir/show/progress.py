"""A round's progress: a bar on a terminal, nothing elsewhere."""

from types import TracebackType
from typing import Any, Self

from efir import words
from efir.output import Output


class RoundProgress:
    """Context manager; `step(what, done, of)` moves the bar named `what`."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._bar: Any = None
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> Self:
        if self._out.interactive:
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                console=self._out.console,
                transient=True,
            )
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, what: str, done: int, of: int) -> None:
        """`done` of `of` parts of `what` are ready."""
        if self._bar is None:
            return
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(words.step(what), total=of)
        self._bar.update(self._tasks[what], completed=done, total=of)
