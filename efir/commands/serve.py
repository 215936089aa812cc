"""`efir serve`: metrics of what was measured, for Prometheus."""

import asyncio
import signal
import time
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from efir.exits import EfirError, Exit
from efir.i18n import _, language
from efir.listening import address
from efir.options import Shared, shared_options
from efir.server_log import server_log

if TYPE_CHECKING:
    from aiohttp import web

    from efir.serving import Served
    from exporter.events import EventWindow
    from exporter.probe import ProbeOnDemand


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
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="Folder made by `efir import`, in place of the state folder.",
)
@click.option(
    "--collector",
    type=click.Path(path_type=Path),
    help="Folder of a collector (`efir collect --store`), which may run meanwhile.",
)
@click.option(
    "--schedule",
    "schedule_file",
    type=click.Path(path_type=Path),
    help="Events whose windows are shown beside the metrics; never with a state folder.",
)
@shared_options
def command(
    shared: Shared,
    listen: str,
    token_file: Path | None,
    data: Path | None,
    collector: Path | None,
    schedule_file: Path | None,
) -> Exit:
    """Serve what was measured as Prometheus metrics.

    From the state folder /metrics shows this one vantage; from a folder of many vantages it shows networks that at
    least three of them measure.
    """
    host, port = address(listen)
    if data and collector:
        raise click.UsageError(_("Either --data or --collector: an exporter follows one store."))
    if schedule_file and not (data or collector):
        raise click.UsageError(
            _("--schedule goes with --data or --collector: the schedule never reaches a volunteer's device")
        )
    from exporter.access import TokenError, read_token

    try:
        token = read_token(token_file) if token_file else None
    except TokenError as error:
        raise EfirError(str(error)) from None
    from efir.serving import Served

    served = Served(
        state=shared.state,
        data=data,
        collector=collector,
        targets=shared.targets,
        windows=_windows(schedule_file) if schedule_file else (),
        language=language(),
    )
    # Who may ask this device to measure: who holds the token, or sits at it.
    probing = served.own and (token is not None or _is_loopback(host))
    asyncio.run(_serve(shared, host, port, served, token, probing))
    return Exit.OK


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _windows(file: Path) -> "tuple[EventWindow, ...]":
    """Held and planned events; a cancelled one has no window."""
    from efir.commands.schedule import read
    from exporter.events import EventWindow

    return tuple(
        EventWindow(event.id, event.start, event.end, event.platforms)
        for event in read(file).events
        if event.status != "cancelled"
    )


def _probe(shared: Shared) -> "ProbeOnDemand":
    """Measures like `efir run --once --platform`, into the same spool."""
    from efir.measuring import measure_once, measured_targets
    from exporter.probe import ProbeOnDemand
    from exporter.source import Arrivals, Round
    from measurements.state import StateFolder
    from measurements.store import Spool
    from vantage.consent import require_consent

    targets, folder = measured_targets(shared), StateFolder(shared.state)

    async def run(platform: str) -> Arrivals:
        require_consent(folder)
        with Spool(folder.spool) as spool:
            measured = await measure_once(shared, targets, [platform], spool, lambda what, done, of: None)
            rows = spool.observations(run_id=measured.summary.run_id)
        return Arrivals(rows, measured.verdicts, [Round(rows[0].time, measured.summary)] if rows else ())

    return ProbeOnDemand(
        run, list(targets.platforms), utc=lambda: datetime.now(UTC), monotonic=time.monotonic
    )


async def _serve(
    shared: Shared, host: str, port: int, served: "Served", token: str | None, probing: bool
) -> None:
    from aiohttp import web

    from exporter.process import MakerProcess
    from exporter.server import make_app
    from exporter.source import SourceError

    maker = MakerProcess(served, shared.out.text, time.monotonic)
    probe = _probe(shared).handle if probing else None
    app = make_app(maker.ask, time.monotonic, token=token, own=served.own, probe=probe)
    # No access log: it would hold readers' addresses.
    runner = web.AppRunner(app, access_log=None, logger=server_log())
    try:
        try:
            await maker.start()
        except SourceError as error:
            raise EfirError(str(error)) from None
        await runner.setup()
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
        await maker.close()


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
