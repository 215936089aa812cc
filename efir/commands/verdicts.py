"""`efir verdicts`: verdicts computed again over imported data."""

from collections import Counter
from pathlib import Path

import click

from efir.exits import EfirError
from efir.i18n import _
from efir.options import Shared, shared_options


@click.command()
@click.option("--data", required=True, type=click.Path(path_type=Path), help="Folder made by `efir import`.")
@shared_options
def command(shared: Shared, data: Path) -> None:
    """Compute verdicts over imported data, by the same rules as on the probe.

    One for each of OONI's measurements; for our own rounds one a platform and one an endpoint; for flat tables one a
    vantage, platform and hour. With --json each is a line; without, their numbers are shown.
    """
    from analysis.data import DataError
    from analysis.verdicts.stored import verdicts_of
    from measurements.targets_file import load_targets

    found: Counter[tuple[str, str]] = Counter()
    try:
        for line in verdicts_of(data, load_targets(shared.targets)):
            shared.out.line(line)
            found[line.platform, line.verdict] += line.endpoint is None
    except DataError as error:
        raise EfirError(str(error)) from None
    for (platform, verdict), number in sorted(found.items()):
        if number:
            shared.out.text(
                _("{platform}: {number} {verdict}").format(platform=platform, number=number, verdict=verdict)
            )
