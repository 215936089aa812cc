"""What a round of controls says about this device's line and clock. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median

from measurements.records import Observation
from measurements.rules.line import Line
from vantage.doctor import Online


def online_facts(line: Line, observations: Sequence[Observation]) -> Online:
    """The doctor's view of a round without platforms."""
    asked = [each for each in observations if each.probe == "dns"]
    offsets = [ahead for each in observations if (ahead := clock_ahead(each)) is not None]
    return Online(
        situation=line.situation,
        resolver_answers=not asked or any(each.failure is None for each in asked),
        ipv6_works=any(
            each.family == 6 and each.probe == "tcp" and each.failure is None for each in observations
        ),
        clock_ahead=median(offsets) if offsets else None,
        lag=max((each.lag for each in observations if each.lag is not None), default=None),
    )


def clock_ahead(observation: Observation) -> float | None:
    """Seconds by which our clock is ahead of the server's `Date` (RFC 9110, 6.6.1), whose steps are whole seconds.

    Only over verified TLS: anybody on the way can write a clear-text date.
    """
    facts = observation.http
    if facts is None or observation.tls is None or not observation.tls.verified:
        return None
    given = next((value for name, value in facts.headers if name.lower() == "date"), None)
    try:
        theirs = parsedate_to_datetime(given or "")
    except ValueError:
        return None
    return (observation.time - _aware(theirs)).total_seconds()


def _aware(time: datetime) -> datetime:
    """`Date` is in GMT; a time written without a zone (-0000) comes without one."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
