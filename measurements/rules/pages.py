"""Is an HTTP answer what the targets file expects of the endpoint?"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

from measurements.records import HttpFacts, Observation
from measurements.redirects import host_of
from measurements.refusals import LEAVE_ALONE
from measurements.targets import Endpoint

Http = Literal["fine", "missed", "server_error", "none"]
_BEST_FIRST: Final[tuple[Http, ...]] = ("fine", "missed", "server_error")
# Labels under which a country's names are given out: of `example.com.tr` and `example.co.uk`, "example" is the brand.
_SECOND_LEVEL: Final = frozenset(
    {"ac", "co", "com", "edu", "gob", "gov", "go", "mil", "ne", "net", "or", "org"}
)


def best_answer(endpoint: Endpoint, answers: Iterable[Observation], platform_hosts: Sequence[str]) -> Http:
    """The best that came, of several addresses and tries."""
    heard = {_word(endpoint, row.http, platform_hosts) for row in answers if row.http}
    return next((word for word in _BEST_FIRST if word in heard), "none")


def _word(endpoint: Endpoint, answer: HttpFacts, platform_hosts: Sequence[str]) -> Http:
    if (answer.status or 0) >= 500:
        return "server_error"
    return "missed" if misses(endpoint, answer, platform_hosts) else "fine"


def misses(endpoint: Endpoint, answer: HttpFacts, platform_hosts: Sequence[str]) -> bool:
    """True if the answer is not as expected, be it that it leads off the platform's domains."""
    strayed = endpoint.expect is not None and answer.location and off_domain(answer.location, platform_hosts)
    return answer.expected is False or bool(strayed)


def refuses(row: Observation) -> bool:
    """True for an answer after which nobody asks a second time (DESIGN section 2, rule 8)."""
    return row.http is not None and row.http.status in LEAVE_ALONE


def off_domain(location: str, hosts: Sequence[str]) -> bool:
    """True if a redirect leaves every domain of `hosts` (compared by the label before the public suffix)."""
    there = host_of(location)
    if there is None or not hosts:
        return False
    return _brand(there) not in {_brand(h) for h in hosts}


def _brand(host: str) -> str:
    labels = host.rstrip(".").split(".")
    if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL:
        return labels[-3]
    return labels[-2] if len(labels) > 1 else host
