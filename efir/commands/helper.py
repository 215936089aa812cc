"""`efir helper`: the test helper, run by operators on a server abroad."""

import asyncio
import os
import signal
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.listening import address
from efir.options import Shared, shared_options

if TYPE_CHECKING:
    from aioquic.asyncio.server import QuicServer

    from helper.routes import State


@click.command()
@click.option("--listen", multiple=True, help="ADDRESS:PORT to answer on; give it once for each address.")
@click.option("--cert", type=click.Path(path_type=Path), required=True, help="PEM certificate, for any name.")
@click.option("--key", type=click.Path(path_type=Path), required=True, help="PEM key of the certificate.")
@click.option("--make-cert", is_flag=True, help="Write a new --cert and --key first; refuses to overwrite.")
@click.option("--quic/--no-quic", default=False, help="Answer HTTP/3 on the same addresses too.")
@click.option(
    "--contact",
    help="Answer control questions, and show this URL to the hosts asked; without it none are answered.",
)
@shared_options
def command(
    shared: Shared,
    listen: tuple[str, ...],
    cert: Path,
    key: Path,
    make_cert: bool,
    quic: bool,
    contact: str | None,
) -> Exit:
    """Answer any name with one pinned certificate and serve bytes that cannot be compressed.

    Prints the pin for `helper.sha256` in targets.yaml. Keeps nothing about clients.
    """
    from helper.certificate import make, pin

    if make_cert:
        make(cert, key)
    fingerprint = pin(cert)
    shared.out.text(_("Pin (helper.sha256 in targets.yaml): {pin}").format(pin=fingerprint))
    if not listen:
        if make_cert:
            return Exit.OK
        raise click.UsageError(_("Say where to listen, for example --listen 192.0.2.10:443"))
    addresses = [address(text) for text in listen]
    asyncio.run(_serve(shared, addresses, cert, key, fingerprint, contact, quic))
    return Exit.OK


async def _serve(
    shared: Shared,
    addresses: list[tuple[str, int]],
    cert: Path,
    key: Path,
    fingerprint: str,
    contact: str | None,
    quic: bool,
) -> None:
    import ssl

    from helper.server import Server, tls_context

    try:
        tls = tls_context(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise EfirError(
            _("{key} is not the key of {cert}: {error}").format(key=key, cert=cert, error=error)
        ) from None
    state = _state(shared, contact)
    sockets = [_listening(host, port) for host, port in addresses]
    server = Server(sockets, tls, state)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server.start()
    bound = [(str(sock.getsockname()[0]), int(sock.getsockname()[1])) for sock in sockets]
    http3 = await _start_quic(bound, cert, key, state) if quic else []
    for host, port in bound:
        shared.out.text(_("Listening on {host} port {port}").format(host=host, port=port))
    shared.out.line({"type": "helper", "listen": bound, "sha256": fingerprint})
    await stop.wait()
    shared.out.text(_("Stopping; flows under way get a few seconds to end."))
    for each in http3:
        each.close()
    await server.close()


async def _start_quic(
    addresses: list[tuple[str, int]], cert: Path, key: Path, state: "State"
) -> "list[QuicServer]":
    from helper.quic import start

    return [await start(address, cert, key, state) for address in addresses]


def _state(shared: Shared, contact: str | None) -> "State":
    from helper.control import Control, hosts_of
    from helper.limits import Accounts, Limits
    from helper.routes import State
    from measurements.targets_file import load_targets

    limits = Limits()
    control = Control(hosts_of(load_targets(shared.targets)), contact, time.monotonic) if contact else None
    return State(limits, Accounts(limits, os.urandom(16)), time.monotonic, control)


def _listening(host: str, port: int) -> socket.socket:
    from helper.server import Address
    from helper.server import listen as open_listener

    try:
        return open_listener(Address(host, port))
    except OSError as error:
        raise EfirError(
            _(
                "cannot listen on {host} port {port}: {error}. Is the address ours, the port free and allowed?"
            ).format(host=host, port=port, error=error.strerror)
        ) from None
