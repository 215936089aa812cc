"""Clear text on port 80: anybody on the way can answer there, for one host or for every host alike.

Providers send the first page of the day to a notice, offices let nothing out on this port. So what an endpoint was
told in clear text is held against what the controls were told there, asked only where an endpoint got no good answer.
"""

from collections.abc import Iterable, Mapping

from measurements.records import Observation
from measurements.redirects import host_of
from measurements.rules.controls import FOREIGN_NEEDED

PORT = 80
# Flag of a control's front page asked for in clear text.
CLEARTEXT = "control_cleartext"

# How an answer reads, or how it failed to come, in a form that compares between hosts.
Voice = tuple[object, ...]


def voices(rows: Iterable[Observation]) -> Mapping[str, Voice]:
    """What each control was told in clear text, by its id."""
    return {o.platform: voice(o) for o in rows if CLEARTEXT in o.flags and o.probe != "dns"}


def voice(row: Observation) -> Voice:
    """Status, and where a redirect leads, or what a page is called, or else its length; or stage and failure."""
    if row.failure is not None or row.http is None:
        return (row.stage, row.failure)
    leads_to = host_of(row.http.location) if row.http.location else None
    return (row.http.status, leads_to or row.http.title or row.http.length)


def everywhere(row: Observation | None, controls: Mapping[str, Voice]) -> bool:
    """True if this answer, or failure, on port 80 is word for word what two controls got there."""
    if row is None or row.port != PORT:
        return False
    return list(controls.values()).count(voice(row)) >= FOREIGN_NEEDED
