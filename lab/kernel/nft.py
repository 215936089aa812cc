"""A scenario's rules as nftables statements. Pure.

The kernel's packet filter shares no code with `lab.censor`, so what both do alike is unlikely to be wrong in both. It
cannot put a TCP stream together and takes no names but those in a DNS question, which stands at a fixed place; IPv4
only. What it cannot say is refused, never left out. Its token bucket holds one second's worth of the rate beside the
burst; in the long run the rates are alike.
"""

import json
from collections.abc import Iterable
from typing import Any

from lab.scenario import Drop, Lose, Police, Reset, Rule, Scenario, Unreachable, Window

TABLE = "censor"

_UNREACHABLE = {
    "network": "net-unreachable",
    "host": "host-unreachable",
    "port": "port-unreachable",
    "prohibited": "admin-prohibited",
}
_UDP_AND_DNS_HEADERS = 8 + 12

# The longest raw comparison that nftables takes, in bytes
_LONGEST_RAW = 16


class NotExpressible(ValueError):
    """The kernel's filter cannot do what a rule asks for; the text names the rule and the field."""


def ruleset(scenario: Scenario) -> str:
    """Input for `nft -f`: replaces the table of the scenario before."""
    lines = [
        f"table ip {TABLE}",
        f"delete table ip {TABLE}",
        f"table ip {TABLE} {{",
        # Connections are counted from their first packet on
        "  chain forward {",
        "    type filter hook forward priority 0;",
        *(f'    {statement(rule)} comment "{rule.name}"' for rule in scenario.rules),
        "  }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def statement(rule: Rule) -> str:
    """Matches, counter and verdict of one rule."""
    _refuse(rule)
    limit = []
    if isinstance(rule.action, Police):
        limit = [f"limit rate over {int(rule.action.rate / 8)} bytes/second burst {rule.action.burst} bytes"]
    elif isinstance(rule.action, Lose):
        limit = [f"numgen random mod 10000 < {round(rule.action.probability * 10000)}"]
    return " ".join([*_matches(rule), *limit, "counter", _verdict(rule)])


def _matches(rule: Rule) -> Iterable[str]:
    trigger = rule.trigger
    ends = {"up": ("daddr", "dport", "original"), "down": ("saddr", "sport", "reply")}
    address, port, direction = ends["down" if rule.direction == "down" else "up"]
    yield f"ct direction {direction}"
    if trigger.prefixes:
        yield f"ip {address} {{ {', '.join(trigger.prefixes)} }}"
    if trigger.protocols:
        yield f"meta l4proto {{ {', '.join(trigger.protocols)} }}"
    if trigger.ports:
        yield f"th {port} {{ {', '.join(map(str, trigger.ports))} }}"
    if trigger.dns:
        yield from _dns(trigger.dns[0])
    if rule.packets == "syn":
        yield "tcp flags & (syn | ack) == syn"
    if rule.after_bytes:
        yield f"ct bytes > {rule.after_bytes}"


def _dns(name: str) -> Iterable[str]:
    """The question's name, byte for byte."""
    wire = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
    yield "udp dport 53"
    for at in range(0, len(wire), _LONGEST_RAW):
        piece = wire[at : at + _LONGEST_RAW]
        yield f"@th,{8 * (_UDP_AND_DNS_HEADERS + at)},{8 * len(piece)} 0x{piece.hex()}"


def _verdict(rule: Rule) -> str:
    if isinstance(rule.action, Reset):
        return "reject with tcp reset"
    if isinstance(rule.action, Unreachable):
        return f"reject with icmp type {_UNREACHABLE[rule.action.code]}"
    return "drop"


def _refuse(rule: Rule) -> None:
    trigger, action = rule.trigger, rule.action
    plain = Rule(name=rule.name, trigger=trigger, action=action)
    problems = {
        "action": not isinstance(action, Drop | Reset | Unreachable | Police | Lose),
        "trigger": bool(trigger.sni or trigger.quic_sni or trigger.host or trigger.dns_types),
        "trigger.dns": len(trigger.dns) > 1 or any("*" in name for name in trigger.dns),
        "scope": isinstance(action, Police) and rule.scope == "connection",
        "direction": isinstance(action, Police | Lose) and rule.direction == "both",
        "window": rule.window != Window(),
        "packets": rule.packets not in ("all", "syn"),
    }
    for field in ("unless", "residual", "memory", "until_bytes", "after_seconds", "times", "share"):
        problems[field] = getattr(rule, field) != getattr(plain, field)
    for field, problem in problems.items():
        if problem:
            raise NotExpressible(f"rule {rule.name}: nftables alone cannot do its {field}")


def acts(listing: str) -> list[dict[str, Any]]:
    """What the rules did so far, out of `nft -j list table`: those that met a packet."""
    found = []
    for item in json.loads(listing)["nftables"]:
        rule = item.get("rule")
        if not rule:
            continue
        counter = next(part["counter"] for part in rule["expr"] if "counter" in part)
        if counter["packets"]:
            found.append(
                {
                    "type": "act",
                    "rule": rule["comment"],
                    "packets": counter["packets"],
                    "bytes": counter["bytes"],
                }
            )
    return found
