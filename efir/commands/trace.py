"""`efir trace`: find the hop that interferes."""

import asyncio

import click

from efir.consenting import ensure_consent
from efir.exits import EfirError, Exit
from efir.i18n import _
from efir.measuring import known_platforms, measured_targets
from efir.options import Shared, shared_options
from efir.show.trace import show_trace
from efir.tracing import trace_platform
from vantage.consent import NoConsent


@click.command()
@click.argument("platform")
@shared_options
def command(shared: Shared, platform: str) -> Exit:
    """Where on the way is PLATFORM forged, dropped, reset or slowed? Linux only; no root.

    Sends packets that end early, one hop further each time, under the platform's name and a neutral one. They are
    easier to notice than ordinary ones, so this needs its own consent: efir consent --with-trace.
    """
    from probes.trace import sockets

    if not ensure_consent(shared).trace:
        raise NoConsent(
            _(
                "you have not agreed to tracing, which is easier to notice. To agree: efir consent --with-trace"
            )
        )
    if not sockets.available():
        raise EfirError(
            _(
                "this device cannot trace: only Linux tells a program where a packet ended (IP_RECVERR). Use a Linux "
                "device on the same line"
            )
        )
    targets = measured_targets(shared)
    known_platforms(targets, [platform])
    lines = asyncio.run(trace_platform(shared, targets, platform))
    for line in lines:
        shared.out.line(line)
    show_trace(shared.out, lines)
    return Exit.OK
