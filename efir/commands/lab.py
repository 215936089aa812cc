"""`efir lab`: the emulated Internet."""

import click


@click.group()
def command() -> None:
    """Run scenarios in the emulated Internet."""
