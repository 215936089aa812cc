"""The words of scenario files: units of fields, short words of `link:`, actions of `do:`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lab import scenario
from lab.units import Kind

# (class, field) -> its unit; every other field is a word, a text, a number or a truth value.
UNIT_OF: Final[dict[tuple[str, str], Kind]] = {
    ("Window", "start"): "time",
    ("Window", "end"): "time",
    ("Window", "every"): "time",
    ("CrossTraffic", "up"): "rate",
    ("CrossTraffic", "down"): "rate",
    ("Fading", "correlation"): "time",
    ("Link", "one_way_delay"): "time",
    ("Link", "jitter"): "time",
    ("Link", "loss_up"): "share",
    ("Link", "loss_down"): "share",
    ("Link", "rate_up"): "rate",
    ("Link", "rate_down"): "rate",
    ("Link", "queue"): "size",
    ("Dribble", "chunk"): "size",
    ("Dribble", "interval"): "time",
    ("Police", "rate"): "rate",
    ("Police", "burst"): "size",
    ("Shape", "rate"): "rate",
    ("Shape", "queue"): "size",
    ("Lose", "probability"): "share",
    ("Delay", "seconds"): "time",
    ("Rule", "residual"): "time",
    ("Rule", "memory"): "time",
    ("Rule", "after_bytes"): "size",
    ("Rule", "until_bytes"): "size",
    ("Rule", "after_seconds"): "time",
    ("Rule", "share"): "share",
    ("NameChange", "delay"): "time",
    ("NameChange", "loss"): "share",
    ("SiteChange", "delay"): "time",
    ("SiteChange", "rate"): "byte rate",
}

# Short words of `link:` that set one or two fields alike.
LINK_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "delay": ("one_way_delay",),
    "loss": ("loss_up", "loss_down"),
    "rate": ("rate_up", "rate_down"),
}


@dataclass(frozen=True)
class ActionWord:
    """What a word after `do:` makes."""

    made: type[Any]
    preset: Mapping[str, Any]  # fields that the word itself decides
    text: str  # for docs/lab.md


# An address that no server on the Internet can have (RFC 1918); Iran's resolvers answer with it.
_BOGON: Final = ("10.10.34.35", "d0::11")

ACTIONS: Final[dict[str, ActionWord]] = {
    "forge": ActionWord(
        scenario.DnsAnswer, {}, "answers the DNS question with `addresses`; default: a block page's"
    ),
    "race": ActionWord(scenario.DnsAnswer, {"race": True}, "the same, but the real answer comes too, later"),
    "bogon": ActionWord(scenario.DnsAnswer, {"addresses": _BOGON}, "answers with an address that cannot be"),
    "nxdomain": ActionWord(scenario.DnsAnswer, {"rcode": "NXDOMAIN"}, "says that the name does not exist"),
    "servfail": ActionWord(scenario.DnsAnswer, {"rcode": "SERVFAIL"}, "says that the resolver failed"),
    "refused": ActionWord(scenario.DnsAnswer, {"rcode": "REFUSED"}, "says that the resolver refuses"),
    "empty": ActionWord(scenario.DnsAnswer, {"addresses": ()}, "answers without an address"),
    "drop": ActionWord(
        scenario.Drop, {}, "lets nothing through; with `after_bytes` the freeze after N bytes"
    ),
    "reset": ActionWord(scenario.Reset, {}, "forges a TCP reset; on a SYN this is a refusal"),
    "unreachable": ActionWord(scenario.Unreachable, {}, "drops and sends ICMP"),
    "fin": ActionWord(scenario.Fin, {}, "ends the connection politely in the server's name"),
    "alert": ActionWord(scenario.TlsAlert, {}, "sends a fatal TLS alert in the server's name"),
    "dribble": ActionWord(scenario.Dribble, {}, "lets what the server sends through in crumbs"),
    "intercept": ActionWord(
        scenario.Intercept, {}, "leads the connection to a server with a forged certificate"
    ),
    "block_page": ActionWord(scenario.BlockPage, {}, "answers an HTTP request in the server's name"),
    "police": ActionWord(scenario.Police, {}, "drops what is over the rate"),
    "shape": ActionWord(scenario.Shape, {}, "delays what is over the rate"),
    "lose": ActionWord(scenario.Lose, {}, "drops packets at random"),
    "delay": ActionWord(scenario.Delay, {}, "holds each packet back"),
}

# Actions that mean nothing without a figure, and what it looks like.
FIGURE_NEEDED: Final[dict[str, str]] = {
    "police": "rate: 150 kbit/s",
    "shape": "rate: 150 kbit/s",
    "lose": "probability: 5 %",
    "delay": "seconds: 2 s",
}
