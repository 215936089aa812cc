"""`efir serve`: metrics of what was measured, for Prometheus."""

import asyncio
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.listening import address
from efir.options import Shared, shared_options

if TYPE_CHECKING:
    from aiohttp import web

    from exporter.events import EventWindow
    from exporter.source import Source


@click.command()
@click.option(
    "--listen",
    required=True,
    help="ADDRESS:PORT to answer on, such as 127.0.0.1:9911; port 0 = any free one.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="File with the token that opens /metrics/vantages; without it that page is closed.",
)
@shared_options
def command(shared: Shared, listen: str, token_file: Path | None) -> Exit:
    """Serve what was measured as Prometheus metrics.

    From the state folder /metrics shows this one vantage.
    """
    from exporter.access import TokenError, read_token

    host, port = address(listen)
    try:
        token = read_token(token_file) if token_file else None
    except TokenError as error:
        raise EfirError(str(error)) from None
    source = _source(shared)
    try:
        asyncio.run(_serve(shared, host, port, source, token, ()))
    finally:
        source.close()
    return Exit.OK


def _source(shared: Shared) -> "Source":
    from exporter.source import SpoolSource
    from measurements.state import StateFolder
    from measurements.store import Spool

    return SpoolSource(Spool(StateFolder(shared.state).spool))


def _app(
    shared: Shared, source: "Source", token: str | None, windows: "tuple[EventWindow, ...]"
) -> "web.Application":
    from exporter.pages import Pages
    from exporter.reading import Reader
    from exporter.server import make_app
    from measurements.targets_file import load_targets

    reader = Reader(
        source,
        platforms={name: each.name for name, each in load_targets(shared.targets).platforms.items()},
        windows=windows,
        utc=lambda: datetime.now(UTC),
        monotonic=time.monotonic,
    )
    return make_app(Pages(reader, time.monotonic), token=token, own=source.own)


async def _serve(
    shared: Shared,
    host: str,
    port: int,
    source: "Source",
    token: str | None,
    windows: "tuple[EventWindow, ...]",
) -> None:
    from aiohttp import web

    # No access log: it would hold readers' addresses.
    runner = web.AppRunner(_app(shared, source, token, windows), access_log=None)
    await runner.setup()
    try:
        await _listen(runner, host, port)
        bound_host, bound_port = runner.addresses[0][:2]
        shared.out.text(_("Listening on {host} port {port}").format(host=bound_host, port=bound_port))
        shared.out.line({"type": "serve", "listen": [bound_host, bound_port]})
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await stop.wait()
    finally:
        await runner.cleanup()


async def _listen(runner: "web.AppRunner", host: str, port: int) -> None:
    from aiohttp import web

    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        raise EfirError(
            _(
                "cannot listen on {host} port {port}: {error}. Is the address ours, the port free and allowed?"
            ).format(host=host, port=port, error=error.strerror)
        ) from None
