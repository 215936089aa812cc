"""`efir ui`: the volunteer's page in the browser, on this device only."""

import asyncio
import os
import signal
import sys
import webbrowser
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from measurements.database import IN_MEMORY
from measurements.store import Spool

if TYPE_CHECKING:
    from socket import socket

    from efir.ui.site import Site


@click.command()
@click.option("--no-browser", is_flag=True, help="Do not open the browser; only show the address.")
@click.option("--keep-nothing", is_flag=True, help="Keep results in memory only; they end with the program.")
@shared_options
def command(shared: Shared, no_browser: bool, keep_nothing: bool) -> Exit:
    """Open a page in the browser: consent, measuring, results, settings and wiping, without a terminal.

    Only this device can reach it. It ends with its own button, with Ctrl-C, or when this window is closed.
    """
    from efir.ui.connections import listen
    from efir.ui.guard import Guard
    from efir.ui.site import Site

    listening, opens = listen(), not no_browser and _has_screen()
    guard = Guard(listening.getsockname()[1])
    with Spool(IN_MEMORY) if keep_nothing else nullcontext() as memory:
        site = Site(shared, guard, memory, follow_browser=not shared.out.language)
        shared.out.line({"type": "ui", "address": guard.address})
        opened = _("The page is open in your browser, and at this address:")
        shared.out.text(opened if opens else _("Open this address in a browser on this device:"))
        shared.out.console.print(guard.address, markup=False, soft_wrap=True)  # whole: it must be copied
        shared.out.text(_("It ends with its button “Quit Efir”, with Ctrl-C, or when this window is closed."))
        asyncio.run(_serve(site, listening, opens))
    return Exit.OK


async def _serve(site: "Site", listening: "socket", opens: bool) -> None:
    from efir.ui.server import serve

    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, site.ending.set)
    opening = asyncio.create_task(_open(site.guard.first_address)) if opens else None
    await serve(site, listening)
    if opening:
        opening.cancel()


async def _open(address: str) -> None:
    """Opening may wait for a browser that starts."""
    await asyncio.to_thread(webbrowser.open, address)


def _has_screen() -> bool:
    """Without one the system's "browser" would be a program that takes over the terminal."""
    return sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
