"""Stored words in the reader's language: verdicts, steps of a round, what a verdict means, why it waits."""

from efir.i18n import _
from measurements.records import Direction, Transport
from measurements.throttle.reasons import NOT_HELD, NOTES, REASONS


def verdict(word: str) -> str:
    """A verdict; a word of another version stays as it is."""
    return {
        "accessible": _("accessible"),
        "blocked": _("blocked"),
        "intercepted": _("intercepted"),
        "throttled": _("throttled"),
        "down": _("down"),
        "inconclusive": _("inconclusive"),
    }.get(word, word)


def pause_word(word: str) -> str:
    """Why nothing is measured for now."""
    return {
        "paused": _("you paused it"),
        "battery": _("the battery is low"),
        "vpn": _("traffic goes through a VPN, so its line would be measured"),
        "budget": _("the day's data are used up"),
    }[word]


def speed(word: str) -> str:
    """A throttling session's verdict."""
    return {
        "throttled": _("slowed down"),
        "not_throttled": _("not slowed down"),
        "inconclusive": _("cannot be said"),
    }.get(word, word)


def series(protocol: Transport, direction: Direction) -> list[str]:
    """What sets a series apart from downloads over TCP, which are the rule."""
    return [*(["QUIC"] if protocol == "quic" else []), *([_("upload")] if direction == "upload" else [])]


def mechanism(word: str | None) -> str:
    """How a slowing works; empty where that cannot be told."""
    return {
        "policer": _("how: what exceeds a rate is dropped"),
        "shaper": _("how: what exceeds a rate is made to wait"),
        "delayed": _("how: it begins after some bytes or seconds"),
        "truncation": _("how: flows stop for good after some bytes"),
        "loss": _("how: packets are lost"),
        "handshake_delay": _("how: only the beginning of a connection is slow"),
        "upload": _("how: what this device sends is lost or slowed"),
    }.get(word or "", "")


def scope(word: str | None) -> str:
    """What a slow rate holds for; empty where that cannot be told."""
    return {
        "connection": _("what for: each connection has the slow rate for itself"),
        "sni": _("what for: all connections with the name together"),
        "address": _("what for: all connections to the address, whatever the name"),
        "subscriber": _("what for: all of this line's connections to the platform together"),
    }.get(word or "", "")


def reasons(words: str | None) -> list[str]:
    """A session's reasons and notes, given as `ThrottleLine.reason`, as sentences."""
    known = REASONS | NOTES | NOT_HELD
    return [_(known.get(word, word)) for word in (words or "").split(", ") if word]


def meaning(word: str) -> str:
    """What a verdict says, and what it does not; empty for a word of another version."""
    return {
        "accessible": _("It answers genuinely, as on an open network."),
        "blocked": _(
            "It is kept from answering on this line, while other sites work. An outage for everyone is not always "
            "excluded; the details say so."
        ),
        "intercepted": _(
            "Somebody else answers in its place with a false certificate. Whoever does that can read what you send."
        ),
        "throttled": _("It answers, but much slower than a control on this line at the same time."),
        "down": _("It does not answer elsewhere either: a fault of its own."),
        "inconclusive": _(
            "It was measured, and the measurements decide nothing. That is no sign that all is well."
        ),
    }.get(word, "")


def stage(word: str) -> str:
    """Where on the way something stopped."""
    return {
        "dns": _("looking up the name"),
        "tcp": _("connecting"),
        "tls": _("setting up encryption"),
        "http": _("the answer"),
        "quic": "QUIC",
        "transfer": _("the download"),
    }.get(word, word)


def step(what: str) -> str:
    """A part of a round, as `probes.round` names it."""
    return {
        "controls": _("Comparison sites"),
        "platforms": _("Platforms"),
        "second tries": _("Second tries"),
        "controls after": _("Comparison sites once more"),
    }.get(what, what)


def situation(word: str) -> str:
    """What is wrong with the whole line; empty for a line that is fit."""
    return {
        "offline": _("This line is offline: no control site answered. Nothing is said about any platform."),
        "captive_portal": _(
            "A login page or filter answers in place of the controls. Nothing is said about any platform."
        ),
        "international_cut": _(
            "Sites inside the country answer and none abroad does: the international link seems cut."
        ),
    }.get(word, "")


def stopped_early() -> str:
    """Said of a round or session that somebody ended."""
    return _("Stopped early: what was measured is kept, the rest is marked as cancelled.")
