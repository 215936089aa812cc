"""The two pages of metrics in the formats that scrapers ask for. Pure."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from prometheus_client import exposition
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics import exposition as openmetrics

from exporter.families import Families

Which = Literal["public", "private"]
Format = Literal["text", "openmetrics"]


class Wanted(NamedTuple):
    """Which page, in which form. Prometheus always takes gzip."""

    which: Which
    form: Format
    gzip: bool


CONTENT_TYPES: Final[dict[Format, str]] = {
    "text": exposition.CONTENT_TYPE_PLAIN_0_0_4,
    "openmetrics": openmetrics.CONTENT_TYPE_LATEST,
}
# A quality of nothing says no (RFC 9110, section 12.4.2).
_REFUSED: Final = frozenset({"q=0", "q=0.0", "q=0.00", "q=0.000"})


def negotiated(accept: str) -> Format:
    """OpenMetrics for those who ask for it by name, else the text format 0.0.4 that everybody reads."""
    for each in accept.lower().split(","):
        kind, *parameters = (part.strip() for part in each.split(";"))
        if kind == "application/openmetrics-text" and not _REFUSED.intersection(parameters):
            return "openmetrics"
    return "text"


class _Registry:
    """Families in the shape that the client renders."""

    def __init__(self, families: Families) -> None:
        self._families = families

    def collect(self) -> Iterator[Family]:
        return iter(self._families)


def render(families: Families, form: Format) -> bytes:
    """The page's bytes."""
    registry = _Registry(families)
    if form == "text":
        return exposition.generate_latest(registry)
    return openmetrics.generate_latest(registry)  # type: ignore[no-untyped-call,no-any-return]  # it has no types
