"""Readers over stores in memory: a town of vantages with one slowed platform, and one of hostile strings."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from exporter.events import EventWindow
from exporter.reading import Reader
from exporter.source import Arrivals, Session, VantageFacts
from measurements.records import ThrottleLine, VerdictLine
from tests.many_vantages import MemorySource

NOW = datetime.fromisoformat("2026-03-01T12:20:00+00:00")
NAMES = {"youtube": "YouTube", "vk": "VK"}
HOSTILE = "<script>alert('x')</script>\"'{{7*7}}{0.__class__}&\x00\u202e"


def said(
    vantage: str,
    platform: str,
    verdict: str,
    hours_ago: float = 0,
    *,
    asn: int | None = 9198,
    country: str = "KZ",
    stage: str | None = None,
) -> VerdictLine:
    """One verdict on a platform."""
    return VerdictLine(
        platform=platform,
        verdict=verdict,
        stage=stage,
        rule="r",
        rules_version="1",
        reason="",
        vantage=vantage,
        asn=asn,
        country=country,
        time=NOW - timedelta(hours=hours_ago),
    )


def reader(
    lines: Sequence[VerdictLine],
    *,
    own: bool = False,
    invites: dict[str, str] | None = None,
    windows: Sequence[EventWindow] = (),
    sessions: Sequence[Session] = (),
) -> Reader:
    """A reader at NOW whose store holds these verdicts; each vantage has an invite of its own unless told."""
    facts = {name: VantageFacts(invite=invite) for name, invite in (invites or {}).items()}
    source = MemorySource([Arrivals(verdicts=lines, sessions=sessions)], facts, own=own)
    return Reader(source, platforms=NAMES, windows=windows, utc=lambda: NOW, monotonic=lambda: 0.0)


def town() -> Reader:
    """Five people on one network, youtube slowed each evening; two on another, too few to be shown."""
    lines = [
        said(f"v{person}", platform, "throttled", hours, stage="transfer")
        if platform == "youtube" and hours % 24 < 4 and person
        else said(f"v{person}", platform, "accessible", hours)
        for person in range(5)
        for hours in range(24 * 12)
        if hours % 24 != 9  # an hour in which nobody measures
        for platform in NAMES
    ]
    lines += [said(f"w{person}", "vk", "blocked", asn=35104) for person in range(2)]
    windows = [EventWindow("s-01", NOW.timestamp() - 7200, NOW.timestamp() + 3600, ("youtube",))]
    slow = ThrottleLine(platform="youtube", verdict="throttled", ratio=0.09, mechanism="policer", pairs=14)
    sessions = [Session(NOW, None, slow, f"v{person}") for person in range(1, 5)]
    return reader(lines, windows=windows, sessions=sessions)


def hostile() -> Reader:
    """Hostile text wherever a store may hold text."""
    lines = [
        said(HOSTILE + vantage, HOSTILE, verdict, hours, country=HOSTILE, stage=HOSTILE)
        for vantage in "abc"
        for hours, verdict in ((0, HOSTILE), (5, "accessible"))
    ]
    return reader(lines, windows=[EventWindow(HOSTILE, NOW.timestamp(), NOW.timestamp() + 60, (HOSTILE,))])
