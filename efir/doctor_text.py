"""What each check of `vantage.doctor` says to a person: what is so, and how to mend it."""

from efir.i18n import _
from vantage.doctor import Result


def titles() -> dict[str, str]:
    """Name of each check."""
    return {
        "consent": _("Consent"),
        "network": _("Network"),
        "vpn": _("VPN or proxy"),
        "resolver": _("Names (DNS)"),
        "clock": _("Clock"),
        "time_zones": _("Time zones"),
        "ipv6": _("IPv6"),
        "event_loop": _("Speed of this device"),
        "storage": _("Room for results"),
        "encryption": _("Encryption of results"),
        "raw_sockets": _("Raw sockets"),
    }


def texts() -> dict[tuple[str, str], str]:
    """(check, code) -> sentence."""
    return {
        ("consent", "recorded"): _("recorded."),
        ("consent", "missing"): _("none, so nothing is measured. Read and answer: efir consent"),
        ("network", "online"): _("the controls answer."),
        ("network", "no_route"): _("this device has no way to the Internet. Connect it and try again."),
        ("network", "offline"): _("no control answers. Check the connection; verdicts would be empty."),
        ("network", "captive_portal"): _(
            "a login page answers instead of the controls. Open a browser and log in."
        ),
        ("network", "international_cut"): _(
            "sites inside the country answer, none abroad does. You can still measure."
        ),
        ("network", "not_tried"): _("there is a route; nothing was contacted without your consent."),
        ("vpn", "none"): _("no sign of one."),
        ("vpn", "tunnel"): _(
            "traffic goes through a VPN, so its line would be measured, not yours. Switch it off."
        ),
        ("vpn", "proxy"): _(
            "a proxy is set. Efir does not use it, but check that this is the line you mean."
        ),
        ("vpn", "cannot_tell"): _("cannot be seen on this system. If one is on, switch it off."),
        ("resolver", "network"): _("names are asked from your network."),
        ("resolver", "local"): _(
            "names are asked from a program on this device. If it encrypts them (secure DNS), false answers of your "
            "operator stay unseen; switch that off for the measurement."
        ),
        ("resolver", "silent"): _(
            "the system's resolver answers nothing, though the line works. Check its settings."
        ),
        ("resolver", "cannot_tell"): _("cannot be seen on this system. Switch secure DNS off if you use it."),
        ("clock", "right"): _("right."),
        ("clock", "past"): _(
            "shows a day before this version was made. Set the date, or wait for the time service."
        ),
        ("clock", "off"): _("{seconds:.0f} s {direction}. Switch automatic time on."),
        ("clock", "not_compared"): _("could not be compared with other clocks."),
        ("time_zones", "current"): _("current."),
        ("time_zones", "old"): _(
            "older than 2024a: local hours in Kazakhstan would be wrong. Update tzdata."
        ),
        ("time_zones", "missing"): _("missing. Install the Python package tzdata."),
        ("ipv6", "works"): _("works."),
        ("ipv6", "broken"): _("has a route but no answer; IPv6 results will say so."),
        ("ipv6", "no_route"): _("not on this line; only IPv4 is measured."),
        ("ipv6", "not_tried"): _("there is a route; not tried without your consent."),
        ("event_loop", "prompt"): _("prompt ({ms:.0f} ms late at most)."),
        ("event_loop", "late"): _(
            "{ms:.0f} ms late at times; times of handshakes will be marked. Close other programs."
        ),
        ("storage", "room"): _("enough."),
        ("storage", "low"): _("only {mb:.0f} MB are free. Make room, or use --state on another disk."),
        ("storage", "read_only"): _(
            "the state folder cannot be written. Mend its permissions, or use --state DIR."
        ),
        ("encryption", "encrypted"): _("on; its key is in the state folder, or where EFIR_KEY_FILE says."),
        ("encryption", "not_yet"): _(
            "stored results are not encrypted yet; the next round or efir status does it."
        ),
        ("encryption", "plain"): _(
            "off: this installation has no SQLCipher. Use the system's disk encryption, or efir run --keep-nothing."
        ),
        ("encryption", "locked"): "{reason}",
        ("raw_sockets", "allowed"): _("allowed; nothing needs them."),
        ("raw_sockets", "not_allowed"): _("not allowed; nothing needs them."),
    }


def sentence(result: Result) -> str:
    """The sentence for one result."""
    return texts()[result.check, result.code].format(**result.values)
