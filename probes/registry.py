"""Every probe by its name in `targets.yaml`. A new probe is one file, one test and one line here."""

import importlib
from typing import Final

from probes import dns, http, quic, tcp, telegram, tls
from probes.base import ProbeFunction
from probes.roots import Roots

PROBES: Final[dict[str, ProbeFunction]] = {
    "dns": dns.probe,
    "tcp": tcp.probe,
    "tls": tls.probe,
    "http": http.probe,
    "quic": quic.probe,
    "telegram": telegram.probe,
}

# What probes import only where they need it, so that commands which measure nothing start fast.
_LATE: Final = ("cryptography.x509", "h2.connection", "h2.events", "probes.quic_client")


def prepare(roots: Roots) -> None:
    """Do what would else be done in the middle of a round, and stop the event loop for 20-100 ms each (measured)."""
    for module in _LATE:
        importlib.import_module(module)
    roots.store()
