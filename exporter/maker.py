"""Makes whole answers, as bytes, from what a reader knows. Lives in the process of `exporter.worker`."""

import gc
import gzip
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from exporter.asking import Answers, BoardWanted
from exporter.board.history import Cell
from exporter.board.page import render_page
from exporter.board.series import Series, days_of
from exporter.board.state import Board
from exporter.board.words import load_words
from exporter.pages import Wanted, render
from exporter.reading import Reader


class Maker:
    """One method for each `Job`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def metrics(self, wanted: frozenset[Wanted]) -> Answers[Wanted]:
        """Pages of metrics."""
        with _no_garbage_collection():
            look = self._reader.look()
            families = {"public": look.public, "private": look.private}
            texts = {
                (which, form): render(families[which], form) for which, form in {each[:2] for each in wanted}
            }
            bodies = {each: _packed(texts[each.which, each.form], each.gzip) for each in wanted}
        return Answers(not look.failed, bodies)

    def board(self, wanted: frozenset[BoardWanted]) -> Answers[BoardWanted]:
        """The live page in several languages, and its data."""
        board = self._reader.board()
        return Answers(
            board.store_readable, {each: _packed(_form(board, each.form), each.gzip) for each in wanted}
        )

    def series(self, cell: Cell, resolution: str, zipped: bool) -> bytes:
        """Hours or days of one platform in one network; all unknown where nothing may be shown."""
        hours, k = self._reader.series(cell)
        by_hour = resolution == "hour"
        series = Series(
            asn=cell.asn,
            country=cell.country,
            platform=cell.platform,
            k=k,
            resolution=resolution,
            hours=hours if by_hour else [],
            days=[] if by_hour else days_of(hours),
        )
        return _packed(msgspec.json.encode(series), zipped)

    def read_on(self) -> bool:
        """Read a piece of the past; gives whether there may be more."""
        return self._reader.read_on()

    def close(self) -> None:
        """Let go of the store."""
        self._reader.close()


def _form(board: Board, form: str) -> bytes:
    if form == "state":
        return msgspec.json.encode(board)
    return render_page(board, load_words(form)).encode()


def _packed(body: bytes, zipped: bool) -> bytes:
    # Level 1: a tenth of the size already; the rest would cost more time than it saves.
    return gzip.compress(body, 1, mtime=0) if zipped else body


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Samples come and go by the hundred thousand and hold no cycles: searching them costs a tenth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
