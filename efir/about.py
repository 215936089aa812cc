"""Which Efir this is: the whole one, or the volunteer's."""

from importlib.metadata import PackageNotFoundError, metadata
from importlib.metadata import version as version_of


def distribution() -> str:
    """Name of the installed package that holds this code."""
    try:
        metadata("efir")
    except PackageNotFoundError:
        return "efir-probe"
    return "efir"


def version() -> str:
    """Its version."""
    return version_of(distribution())
