"""A trace for people: one sentence a method, and the hops."""

from efir.i18n import _
from efir.output import Output
from measurements.records import TraceHop, TraceLine


def show_trace(out: Output, lines: list[TraceLine]) -> None:
    """What each method says, then what it heard at each hop."""
    for line in lines:
        out.text(f"{_methods()[line.method]}: {sentence(line)}")
        for hop in line.hops:
            out.text(
                f"  {hop.ttl:>2}  {_words(hop.target):<18} {_words(hop.control):<18} {_place(hop)}".rstrip()
            )
    out.text(_("Columns: hop, what the platform heard, what the neutral name or address heard, where."))
    out.text(_("Nothing of this was stored."))


def sentence(line: TraceLine) -> str:
    """The finding in words."""
    if line.finding == "unclear":
        return _("not clear: {reason}").format(reason=_reasons()[line.reason or ""])
    if line.hop_high is None:
        return _("no interference found")
    hops = str(line.hop_high) if line.hop_low == line.hop_high else f"{line.hop_low}-{line.hop_high}"
    return _findings()[line.finding].format(hops=hops)


def _methods() -> dict[str, str]:
    return {
        "dns": _("Name (DNS)"),
        "syn": _("Address (TCP)"),
        "hello": _("Name in TLS"),
        "flow": _("Speed after the name"),
    }


def _findings() -> dict[str, str]:
    return {
        "forged": _("answered at hop {hops}, before the packet could reach the server"),
        "reset": _("reset at hop {hops}, before the packet could reach the server"),
        "closed": _("ended at hop {hops}, before the packet could reach the server"),
        "dropped": _("swallowed at hop {hops}, where the neutral one passes"),
        "slowed": _("slow from hop {hops} on: once that hop has seen the name, the flow is slow"),
    }


def _reasons() -> dict[str, str]:
    return {
        "control_silent": _("the neutral one got no answer either"),
        "control_affected": _("the neutral one was answered before the server, so it tells nothing"),
        "silent_at_the_end": _("all hops pass it; the server, or a box right before it, keeps silent"),
        "reset_by_server_or_box": _("refused, by the server or in its name: the hop cannot be told"),
        "other_way": _("silent from some hop on, but the control's packets go another way"),
        "icmp_refusal": _("a router says that the address cannot be reached"),
        "control_slow": _("downloads are slow here without the name too"),
        "flow_failed": _("the flow with the platform's name broke off"),
        "unsteady": _("slow once and not again at the same hop"),
        "no_end": _("no answer came from the far end, and too few hops speak"),
    }


def _words(words: tuple[str, ...]) -> str:
    return "/".join(words) or "-"


def _place(hop: TraceHop) -> str:
    return hop.address or (_("(near you)") if hop.inside else "")
