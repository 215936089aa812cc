"""`efir collect`: the collector, and what its operator does beside it."""

import asyncio
from ipaddress import ip_network
from pathlib import Path

import click

from efir.collector_store import store_option
from efir.commands.collect_invites import INVITES
from efir.commands.collect_results import RESULTS
from efir.exits import Exit
from efir.i18n import _
from efir.options import Shared, shared_options


@click.group(invoke_without_command=True)
@store_option
@click.option("--listen", metavar="ADDRESS:PORT", help="Where to take batches.")
@click.option(
    "--cert", type=click.Path(path_type=Path), help="PEM certificate chain, for TLS by the collector itself."
)
@click.option("--key", type=click.Path(path_type=Path), help="PEM key of --cert.")
@click.option(
    "--behind-proxy",
    metavar="HOP",
    help="Address (or network) of the one reverse proxy whose X-Forwarded-For counts.",
)
@click.option(
    "--networks",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Database of networks, MMDB or CSV (prefix,asn,country); may be given twice.",
)
@click.option(
    "--keep-days", type=click.IntRange(min=1), help="Delete results measured longer ago; default: never."
)
@shared_options
@click.pass_context
def command(
    context: click.Context,
    shared: Shared,
    store: Path | None,
    listen: str | None,
    cert: Path | None,
    key: Path | None,
    behind_proxy: str | None,
    networks: tuple[Path, ...],
    keep_days: int | None,
) -> Exit | None:
    """Take sealed batches from many vantages and store each result exactly once.

    Begin with an invite for each: efir collect invite. Stop with Ctrl-C or SIGTERM; what was taken is finished.
    """
    if context.invoked_subcommand is not None:
        return None
    if store is None or listen is None:
        raise click.UsageError(_("Needed are --store DIR and --listen ADDRESS:PORT, or a command below."))
    if bool(cert) != bool(key):
        raise click.UsageError(_("--cert and --key go together."))
    if cert and behind_proxy:
        raise click.UsageError(_("Either --cert and --key, or --behind-proxy: TLS ends in one place."))
    from efir.collecting import Serving, serve

    try:
        proxy = ip_network(behind_proxy) if behind_proxy else None
    except ValueError:
        raise click.UsageError(_("--behind-proxy is an address such as 127.0.0.1")) from None
    asyncio.run(serve(shared, Serving(store, listen, cert, key, proxy, networks, keep_days)))
    return Exit.OK


for _each in (*INVITES, *RESULTS):
    command.add_command(_each)
