"""Running the collector: files to objects, sockets, signals, retention."""

import asyncio
import os
import signal
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final

import msgspec

from collector.invites import forget_before
from collector.keys import load_or_make_keys
from collector.networks import load_networks
from collector.service import Service
from collector.store import Store
from efir.exits import EfirError
from efir.i18n import _
from efir.listening import address
from efir.options import Shared
from efir.server_log import server_log
from measurements.targets import Helper

# Requests under way may end when the collector is stopped; senders try again anyway.
_STOP_SECONDS: Final = 15.0
_DAY: Final = 86_400.0


@dataclass(frozen=True)
class Serving:
    """The options of `efir collect`."""

    store: Path
    listen: str
    cert: Path | None
    key: Path | None
    proxy: IPv4Network | IPv6Network | None
    networks: tuple[Path, ...]
    keep_days: int | None


async def serve(shared: Shared, options: Serving) -> None:
    """Until SIGINT or SIGTERM. Raises EfirError, ConfigurationError."""
    from aiohttp import web

    tls = _tls(options.cert, options.key)
    listening = _listening(options.listen)
    lookup = load_networks(options.networks)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with Store(options.store) as store:
        service = Service(
            store, load_or_make_keys(options.store), os.urandom(32), lookup=lookup, proxy=options.proxy
        )
        runner = web.AppRunner(
            service.application(),
            access_log=None,
            logger=server_log(),
            shutdown_timeout=_STOP_SECONDS,
        )
        await runner.setup()
        await web.SockSite(runner, listening, ssl_context=tls, backlog=1024).start()
        host, port = listening.getsockname()[:2]
        shared.out.text(_("Taking batches on {host} port {port}").format(host=host, port=port))
        if tls is None and options.proxy is None:
            shared.out.text(
                _("Without TLS, names and sizes of uploads are seen on the way (their content is sealed).")
            )
        shared.out.line({"type": "collector", "listen": [host, port]})
        forgetting = asyncio.create_task(_forget_daily(store, options.keep_days))
        await stop.wait()
        shared.out.text(_("Stopping; batches under way are finished."))
        forgetting.cancel()
        await runner.cleanup()


async def _forget_daily(store: Store, keep_days: int | None) -> None:
    while keep_days is not None:
        oldest = datetime.now(UTC) - timedelta(days=keep_days)
        await asyncio.to_thread(forget_before, store, oldest)
        await asyncio.sleep(_DAY)


def _tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    if cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise EfirError(
            _("{key} is not the key of {cert}: {error}").format(key=key, cert=cert, error=error)
        ) from None
    return context


def _listening(text: str) -> socket.socket:
    host, port = address(text)
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        raise EfirError(
            _(
                "cannot listen on {host} port {port}: {error}. Is the address ours, the port free and allowed?"
            ).format(host=host, port=port, error=error.strerror)
        ) from None


def read_helper(path: Path) -> Helper:
    """The `helper:` part of a targets file, alone in a file. Raises EfirError."""
    try:
        found = msgspec.yaml.decode(path.read_bytes(), type=dict[str, Helper])
        return found["helper"]
    except (OSError, KeyError, ValueError) as error:
        raise EfirError(
            _("{file} is not a `helper:` part (addresses, port, sha256): {error}").format(
                file=path, error=error
            )
        ) from None


def utc(microseconds: int | None) -> datetime | None:
    """A stored time."""
    return (
        None
        if microseconds is None
        else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    )
