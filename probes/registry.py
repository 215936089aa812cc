"""Every probe by its name in `targets.yaml`. A new probe is one file, one test and one line here."""

from typing import Final

from probes import tcp, tls
from probes.base import ProbeFunction

PROBES: Final[dict[str, ProbeFunction]] = {
    "tcp": tcp.probe,
    "tls": tls.probe,
}
