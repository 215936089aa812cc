"""Every probe by its name in `targets.yaml`. A new probe is one file, one test and one line here."""

from typing import Final

from probes import dns, http, quic, tcp, telegram, tls
from probes.base import ProbeFunction

PROBES: Final[dict[str, ProbeFunction]] = {
    "dns": dns.probe,
    "tcp": tcp.probe,
    "tls": tls.probe,
    "http": http.probe,
    "quic": quic.probe,
    "telegram": telegram.probe,
}
