"""`efir fetch`: measurements that others publish."""

import asyncio
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.options import Shared, shared_options
from efir.times import UtcTime

if TYPE_CHECKING:
    from analysis.fetching.s3 import Item


@click.group()
def command() -> None:
    """Bring published measurements of others."""


@command.command()
@click.option("--country", required=True, metavar="CC", help="Two letters, such as KZ.")
@click.option("--since", required=True, type=UtcTime(), help="From this day or hour on (UTC).")
@click.option("--until", required=True, type=UtcTime(), help="Up to, but not with, this day or hour (UTC).")
@click.option("--test", metavar="NAME", help="Only this test, such as web_connectivity; default: all.")
@click.option(
    "--into", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files."
)
@click.option("--endpoint", metavar="URL", help="Address of the bucket; default: OONI's own.")
@click.option("--dry-run", is_flag=True, help="Say how many bytes it would be, and fetch nothing.")
@shared_options
def ooni(
    shared: Shared,
    country: str,
    since: datetime,
    until: datetime,
    test: str | None,
    into: Path,
    endpoint: str | None,
    dry_run: bool,
) -> Exit:
    """Bring OONI's measurements from its public bucket (no account needed).

    Files keep their place of the bucket below the folder. What is there already is not fetched again, and what broke
    off is continued. `efir import FOLDER/raw --into FOLDER` then makes them ready for analysis.
    """
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise click.UsageError("--country takes two letters, such as KZ.")
    if since >= until:
        raise click.UsageError("--since must be before --until.")
    return asyncio.run(_fetch(shared, country, since, until, test, into, endpoint, dry_run))


async def _fetch(
    shared: Shared,
    country: str,
    since: datetime,
    until: datetime,
    test: str | None,
    into: Path,
    endpoint: str | None,
    dry_run: bool,
) -> Exit:
    import aiohttp

    from analysis.fetching.ooni import ENDPOINT, place, wanted
    from analysis.fetching.s3 import Bucket, FetchError

    agent = {"User-Agent": f"efir/{version('efir')}"}
    # No byte for a minute ends a try; a large file may take as long as it needs.
    limits = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
    async with aiohttp.ClientSession(headers=agent, timeout=limits, trust_env=True) as session:
        bucket = Bucket(session, endpoint or ENDPOINT)
        try:
            items = [item async for item in wanted(bucket, country, since, until, test)]
            _announce(shared, items)
            transferred = 0
            for item in () if dry_run else items:
                transferred += await bucket.fetch(item, place(item, into))
        except FetchError as error:
            raise EfirError(_("not fetched: {error}").format(error=error), Exit.PARTIAL) from None
    shared.out.line(
        {
            "type": "fetch",
            "files": len(items),
            "bytes": sum(item.size for item in items),
            "transferred": transferred,
            "dry_run": dry_run,
        }
    )
    if items and not dry_run:
        shared.out.text(_("Next: efir import {raw} --into {folder}").format(raw=into / "raw", folder=into))
    return Exit.OK


def _announce(shared: Shared, items: "list[Item]") -> None:
    size = sum(item.size for item in items) / 1e6
    shared.out.text(_("{number} files, {size:.1f} MB").format(number=len(items), size=size))
