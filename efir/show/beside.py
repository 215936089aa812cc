"""The flows beside a session's pairs: what ran side by side, and the extra arms."""

from collections.abc import Iterator, Sequence
from statistics import median

from efir.i18n import _
from efir.output import Output
from measurements.records import Observation
from measurements.throttle.beside import at_once


def show_beside(out: Output, rows: Sequence[Observation]) -> None:
    """Print what `rows` of one session hold of such flows; nothing where there were none."""
    for text in [*_side_by_side(rows), *_extra(rows)]:
        out.text(text)


def _side_by_side(rows: Sequence[Observation]) -> Iterator[str]:
    """`two flows at once to one address: 37.1 kB/s together; one alone: 18.9 kB/s`."""
    what = {
        "two": _("two flows at once to one address"),
        "two_addresses": _("two flows at once to two addresses"),
        "two_names": _("two flows at once under two names"),
    }
    for group in at_once(rows):
        if group.rate is not None and group.alone is not None:
            yield _("{flows}: {together} kB/s together; one alone: {alone} kB/s").format(
                flows=what[group.what],
                together=f"{group.rate / 1000:.1f}",
                alone=f"{group.alone / 1000:.1f}",
            )


def _extra(rows: Sequence[Observation]) -> Iterator[str]:
    names = {
        "inverted": _("our server, every bit turned over: {speed} kB/s"),
        "domestic": _("a site inside the country: {speed} kB/s"),
    }
    for arm, text in names.items():
        speeds = [row.transfer.goodput for row in rows if row.transfer and row.transfer.arm == arm]
        known = [speed for speed in speeds if speed is not None]
        if known:
            yield text.format(speed=f"{median(known) / 1000:.1f}")
