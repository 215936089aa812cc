"""An endpoint's addresses in one round: who told them, which work, and how far each failing one was followed."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from measurements.records import Observation
from measurements.targets import Endpoint

Works = Literal["system", "trusted", "no"]

# Answers that came but missed what was expected: an answer all the same.
ANSWERED_ANYWAY = frozenset({"http_unexpected_status_code", "http_unexpected_redirect_url"})
STAGES = ("connect", "tls", "first_byte", "transfer")  # in the order of a try
# From the shallow to the deep; the deepest one that an endpoint lists says whether it works.
DEPTH = ("dns", "tcp", "tls", "http", "telegram")
# Flag of a try that asked for no page, since the server had told us to stay away: it went as deep as it could.
PAGE_LEFT_ALONE = "page_left_alone"


class Addresses:
    """The endpoint's addresses: who told them, which of them work."""

    def __init__(self, endpoint: Endpoint, asked: list[Observation], tried: list[Observation]) -> None:
        self.by_address: dict[str, list[Observation]] = defaultdict(list)
        for row in tried:
            self.by_address[row.address or ""].append(row)
        # Addresses of a family that could not be tried (IPv6 without a route) are as good as none.
        tried_ipv6 = {":" in address for address in self.by_address}
        self.trusted = _of_families(_told(o for o in asked if is_trusted(o)), tried_ipv6)
        self.system = _of_families(_told(o for o in asked if not is_trusted(o)), tried_ipv6)
        if endpoint.fixed_address is not None:
            self.system = {endpoint.fixed_address}
        rested = any(PAGE_LEFT_ALONE in row.flags for row in tried)
        probes = [row.probe for row in tried] if rested else endpoint.probes
        self.deepest = max((p for p in probes if p in DEPTH), key=DEPTH.index, default="tcp")
        self.working = {a for a, group in self.by_address.items() if any(map(self._good, group))}
        if self.deepest == "dns" and self.system:
            self.working |= self.system
        if endpoint.scheme == "https":
            # A later answer that leads to a valid certificate shows as much as a trusted one does.
            late = {a for o in asked if not is_trusted(o) for a in late_addresses(o)}
            self.trusted |= (late - self.system) & self.working

    def _good(self, row: Observation) -> bool:
        return row.probe == self.deepest and (row.failure is None or row.failure in ANSWERED_ANYWAY)

    @property
    def works(self) -> Works:
        """`system` also when a trusted address works of a family in which the system's resolver tells the truth."""
        if self.working & self.system or (self.working and not self.trusted):
            return "system"
        if self.working:
            # The two sets overlap: the resolver tells the truth, and "any address works".
            return "system" if self.told & self.trusted else "trusted"
        return "no"

    @property
    def told(self) -> set[str]:
        """The system's addresses, of the families that work where any works: a true AAAA excuses no false A."""
        return _of_families(self.system, {":" in address for address in self.working})

    @property
    def lies(self) -> bool:
        """The system's addresses all fail, none is among the trusted ones, and a trusted one works."""
        return bool(self.told) and self.works == "trusted"

    def answers(self) -> list[Observation]:
        """HTTP answers of the addresses that work (best first: those without a server error)."""
        rows = [o for a in self.working for o in self.by_address[a] if o.http is not None and self._good(o)]
        return sorted(rows, key=lambda o: (o.http.status or 0) >= 500 if o.http else True)

    def failing(self) -> list[Observation]:
        """The furthest that each failing address was followed, at the last such try; IPv4 alone where it was tried.

        An address that could be connected to once is not stopped there, though a residual block drops what follows.
        """
        rows = []
        for address, group in self.by_address.items():
            if address in self.working:
                continue
            failed = [o for o in group if o.failure is not None]
            if failed:
                rows.append(max(failed, key=lambda o: (_depth(o), o.attempt, DEPTH.index(o.probe))))
        return [o for o in rows if o.family == 4] or rows

    def genuine(self, failing: list[Observation]) -> list[Observation]:
        """Those at addresses that a trusted resolver told, where the system's resolver told only others."""
        families = {":" in (o.address or "") for o in failing}
        if _of_families(self.system, families) & self.trusted:
            return failing
        return [o for o in failing if o.address in self.trusted] or failing

    def last_tries(self, failing: list[Observation]) -> list[Observation]:
        """The last try at each of their addresses."""
        return [max(self.by_address[o.address or ""], key=lambda row: row.attempt) for o in failing]

    def tries(self, address: str) -> int:
        return max((o.attempt for o in self.by_address.get(address, ())), default=0)


def _depth(row: Observation) -> int:
    return STAGES.index(row.stage) if row.stage in STAGES else -1


def is_trusted(row: Observation) -> bool:
    """True for answers that came over DoH: verified TLS to a resolver reached by address."""
    return row.dns is not None and row.dns.transport == "doh"


def late_addresses(row: Observation) -> frozenset[str]:
    """Addresses that came behind the answer a computer would use, where one question got two different ones."""
    if row.dns is None or len(row.dns.answers) <= row.dns.sent:
        return frozenset()
    sets = {
        frozenset(answer.addresses) for answer in row.dns.answers if not (answer.problem or answer.truncated)
    }
    if len(sets) < 2:
        return frozenset()
    return frozenset().union(*sets) - frozenset(row.dns.used.addresses if row.dns.used else ())


def _told(rows: Iterable[Observation]) -> set[str]:
    """Addresses of the answers that a computer would use."""
    return {a for o in rows if o.dns and o.dns.used for a in o.dns.used.addresses}


def _of_families(addresses: set[str], tried_ipv6: set[bool]) -> set[str]:
    """Those of the families that were tried; all where nothing was."""
    return {a for a in addresses if not tried_ipv6 or (":" in a) in tried_ipv6}
