"""Where a service listens: ADDRESS:PORT from the command line."""

import click

from efir.i18n import _


def address(text: str) -> tuple[str, int]:
    """Host and port of `ADDRESS:PORT`. Raises click.UsageError."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdigit() or int(port) > 65535:
        raise click.UsageError(
            _("{text}: not ADDRESS:PORT, such as 192.0.2.10:443 or [2001:db8::1]:443").format(text=text)
        )
    return host, int(port)
