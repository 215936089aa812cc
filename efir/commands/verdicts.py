"""`efir verdicts`: verdicts computed again over imported data."""

from collections import Counter

import click

from efir.exits import EfirError
from efir.i18n import _
from efir.options import DATA, Shared, shared_options


@click.command()
@click.option("--data", required=True, help=DATA)
@shared_options
def command(shared: Shared, data: str) -> None:
    """Compute verdicts over imported data, by the same rules as on the probe.

    One for each of OONI's measurements; for our own rounds one a platform and one an endpoint, for our own throttling
    sessions one a platform; for flat tables one a vantage, platform and hour. With --json each is a line; without,
    their numbers are shown.
    """
    from analysis.errors import DataError
    from analysis.verdicts.stored import sessions_in, verdicts_in
    from measurements.targets_file import load_targets

    found: Counter[tuple[str, str]] = Counter()
    try:
        for line in verdicts_in(data, load_targets(shared.targets)):
            shared.out.line(line)
            found[line.platform, line.verdict] += line.endpoint is None
        for session in sessions_in(data):
            shared.out.line(session)
            found[session["platform"], session["verdict"]] += 1
    except DataError as error:
        raise EfirError(str(error)) from None
    for (platform, verdict), number in sorted(found.items()):
        if number:
            shared.out.text(
                _("{platform}: {number} {verdict}").format(platform=platform, number=number, verdict=verdict)
            )
