"""OONI's published measurements: what to ask for, and where to keep it.

Layout of the bucket (docs.ooni.org/data): raw/YYYYMMDD/HH/CC/TEST/FILE.jsonl.gz, one folder an hour, country and test;
test names there have no underscores.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Final

from analysis.fetching.s3 import Bucket, FetchError, Item

ENDPOINT: Final = "https://ooni-data-eu-fra.s3.eu-central-1.amazonaws.com"
# Beside them lie archives (.tar.gz) of the very same measurements as single files.
SUFFIX: Final = ".jsonl.gz"


def prefixes(country: str, since: datetime, until: datetime, test: str | None) -> Iterator[str]:
    """One for each hour from `since` up to, but not with, `until`."""
    tail = f"{country.upper()}/" + (f"{test.replace('_', '')}/" if test else "")
    hour = since.replace(minute=0, second=0, microsecond=0)
    while hour < until:
        yield f"raw/{hour:%Y%m%d}/{hour:%H}/{tail}"
        hour += timedelta(hours=1)


async def wanted(
    bucket: Bucket, country: str, since: datetime, until: datetime, test: str | None
) -> AsyncIterator[Item]:
    """The files of measurements in that span, hour by hour."""
    for prefix in prefixes(country, since, until, test):
        async for item in bucket.listing(prefix):
            if item.key.endswith(SUFFIX):
                yield item


def place(item: Item, folder: Path) -> Path:
    """Where a file is kept: as in the bucket. Raises FetchError for a key that leads out of `folder`."""
    key = PurePosixPath(item.key)
    if key.is_absolute() or ".." in key.parts:
        raise FetchError(f"{item.key!r} is no key of a measurement file")
    return folder.joinpath(*key.parts)
