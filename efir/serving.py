"""What `efir serve` shows. Described in the server's process, opened in the one that reads."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from efir.i18n import _, set_language
from exporter.events import EventWindow
from exporter.source import SourceError
from measurements.errors import ConfigurationError
from measurements.targets import Targets
from measurements.targets_file import load_targets

if TYPE_CHECKING:
    from exporter.maker import Maker
    from exporter.source import Source


@dataclass(frozen=True, kw_only=True)
class Served:
    """One store: the state folder, unless a folder of many vantages is given."""

    state: Path
    data: Path | None
    collector: Path | None
    targets: Path | None  # None = the packaged file
    windows: tuple[EventWindow, ...]
    language: str

    @property
    def own(self) -> bool:
        """True if all records are of the person who serves them."""
        return self.data is None and self.collector is None

    def __call__(self, deaths: int) -> "Maker":
        """The maker over this store. Raises SourceError."""
        from exporter.maker import Maker
        from exporter.reading import Reader

        set_language(self.language)
        try:
            targets = load_targets(self.targets)
            source = self._source(targets)
        except ConfigurationError as error:
            raise SourceError(str(error)) from None
        return Maker(
            Reader(
                source,
                platforms={name: each.name for name, each in targets.platforms.items()},
                windows=self.windows,
                utc=lambda: datetime.now(UTC),
                monotonic=time.monotonic,
                restarts=deaths,
            )
        )

    def _source(self, targets: Targets) -> "Source":
        if self.data is not None:
            return _of_data(self.data, targets)
        if self.collector is not None:
            from exporter.collected import CollectedSource

            return CollectedSource(self.collector)
        from exporter.source import SpoolSource
        from measurements.state import StateFolder
        from measurements.store import Spool

        return SpoolSource(Spool(StateFolder(self.state).spool))


def _of_data(data: Path, targets: Targets) -> "Source":
    try:
        from analysis.errors import DataError
        from efir.data_source import DataSource
    except ImportError:
        raise SourceError(
            _("a data folder needs more packages; in the folder of Efir's source: pip install '.[analysis]'")
        ) from None
    try:
        return DataSource(data, targets)
    except DataError as error:
        raise SourceError(str(error)) from None
