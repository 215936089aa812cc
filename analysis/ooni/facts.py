"""From an OONI measurement to the facts that our rules match on (`measurements/rules`).

A measurement tries one or several things: the site itself in clear text or over TLS, the places it redirects to, the
hosts of an app. Each becomes one endpoint with its facts, as on the probe: an endpoint works if any address does,
addresses of a family without a route do not count, and a page that comes over verified TLS is never censorship.

Where the probe has controls, OONI has the test helper's view of the same site: it stands for the trusted resolver, for
the controls and for "fails elsewhere too". App tests have none of it. Their hosts are fixed by OONI, and its probe asks
its backend before each test, so the line is taken to be online as long as anything in the measurement worked.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import Final

from analysis.ooni.hosts import Host
from analysis.ooni.platforms import APP_PLATFORMS, host_of
from analysis.ooni.record import Attempt, Record
from measurements.bogons import is_bogon
from measurements.interceptors import forged_for
from measurements.rules.addresses import Works
from measurements.rules.facts import Certificate, Dns, EndpointFacts, FailedAt, Trusted
from measurements.rules.line import NO_ROUTE
from measurements.rules.pages import Http, off_domain

_TIMEOUTS: Final = frozenset({"generic_timeout_error", "timed_out"})
# What a failed page load says about the step that failed; the rest is "first_byte".
_STEP_OF_WORD: Final[tuple[tuple[str, FailedAt], ...]] = (
    ("dns_", "resolve"),
    ("ssl_", "tls"),
    ("connection_refused", "connect"),
    ("host_unreachable", "connect"),
    ("network_unreachable", "connect"),
)
_LINE_DOWN: Final = NO_ROUTE | {"network_down", "permission_denied"}
_PORT_80: Final = 80

NOTHING: Final = EndpointFacts(evidence=False)
# The rules ask for no more: whatever else is known of such an endpoint, it is accessible (a test holds them to it).
WORKS: Final = EndpointFacts(works="system", confirmed=True, enough_controls=True)


def gather(record: Record, hosts: Iterable[Host]) -> list[tuple[str, EndpointFacts]]:
    """(name, facts) of each endpoint that the measurement tried."""
    main = host_of(record.input)
    found = []
    for host in hosts:
        for secure in _ways(record, host, host.name == main):
            facts = _Endpoint(record, host, secure, host.name == main).facts()
            if facts is not None:
                found.append((host.name if secure else f"{host.name}:80", facts))
    return found


def offline(record: Record, hosts: Collection[Host]) -> bool:
    """True if nothing worked and the line itself gave up: no route, or a resolver that answers nothing.

    Timeouts everywhere are not enough: that is how an app looks that is dropped whole (AS12455 in Kenya, 2023), and
    the probe had asked its backend just before.
    """
    if record.outside is not None or any(host.worked for host in hosts):
        return False
    return any(host.failures or any(a.failure in _LINE_DOWN for a in host.tcp) for host in hosts)


def _ways(record: Record, host: Host, main: bool) -> list[bool]:
    """Over which ways the host was meant to be reached: False = clear text, True = TLS."""
    ways = {attempt.secure for attempt in host.http}
    if main:
        ways.add(not (record.input or "").startswith("http://"))
    if not ways:
        ways.add(True)
    return sorted(ways)


def _routed(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Without those that only say that the line has no IPv6."""
    return [a for a in attempts if not (a.failure in NO_ROUTE and a.address and ":" in a.address)]


class _Endpoint:
    """One host, reached in one way."""

    def __init__(self, record: Record, host: Host, secure: bool, main: bool) -> None:
        self.record = record
        self.host = host
        self.secure = secure
        self.outside = record.outside if main or record.outside is None else None
        self.chain_works_outside = record.outside is not None and record.outside.http_works
        self.app = record.test in APP_PLATFORMS
        self.main = main
        self.http = [a for a in host.http if a.secure == secure]
        self.tls = _routed(host.tls) if secure else []
        self.good = self._good()

    @cached_property
    def tcp(self) -> list[Attempt]:
        """Connections to the port of this way; those of all ports where none fits (data centres)."""
        fitting = [a for a in self.host.tcp if (a.port == _PORT_80) != self.secure]
        return _routed(fitting or self.host.tcp)

    def _good(self) -> list[Attempt]:
        """What worked of the deepest step that was tried."""
        if self.http:
            return [a for a in self.http if a.failure is None]
        if self.tls:
            return [a for a in self.tls if a.failure is None]
        return [a for a in self.tcp if a.failure is None] if self.app else []

    def facts(self) -> EndpointFacts | None:
        """None for what was only looked up, and found."""
        host = self.host
        if host.tcp and not (self.tls or self.tcp) and all(a.failure in NO_ROUTE for a in self.http):
            return EndpointFacts(applicable=False)
        if not (self.http or self.tls or self.tcp):
            if not host.failures and not self.main:
                return None
        elif not self.good and not self.http and not self.tls and any(a.failure is None for a in self.tcp):
            return NOTHING  # it could be connected to, and nothing further was tried
        if self.good and not (self.http or host.failures or host.misled) and self.secure:
            return WORKS
        works, http = self._works(), self._http()
        if works == "system" and http in ("fine", "none") and not host.misled:
            return WORKS
        return self._weighed(works, http)

    def _weighed(self, works: Works, http: Http) -> EndpointFacts:
        suspect = works == "no" or http == "missed" or self.host.misled
        false_answer = suspect and self._false_answer()
        if false_answer:
            http = "none"  # what came is another server's page
        reached_outside = works == "no" and not self.host.answers and bool(self.host.failures)
        if false_answer or (reached_outside and self.chain_works_outside):
            works = "trusted"
        dns = self._dns(works, false_answer)
        stage, failure, chosen = self._failing(dns)
        return EndpointFacts(
            evidence=True,
            works=works,
            dns=dns,
            trusted=self._trusted(),
            certificate=self._certificate(chosen),
            http=http,
            cleartext=not self.secure,
            twin_works=self._twin_works(),
            failed_at=stage,
            confirmed=True,  # one measurement is one try: the retry rule is waived, and the reason says so
            progress=self._progress(stage, chosen),
            fails_elsewhere=self.outside is not None and not self.outside.http_works,
            enough_controls=self.app or self.chain_works_outside,
            failure=self._page_failure(http)
            or (self._lie() if dns == "lies" else None)
            or (failure if works != "system" else None),
            interceptor=next((a.interceptor for a in chosen if a.interceptor), None),
            block_page=self.record.block_page is not None,
            note=self._note(false_answer),
        )

    def _note(self, false_answer: bool) -> str | None:
        if self.app and false_answer:
            return "no test helper in this measurement"
        return f"known as {self.record.block_page}" if self.record.block_page else None

    def _works(self) -> Works:
        """`trusted`: only at an address that the system's resolver did not give."""
        if not self.good:
            return "no"
        host = self.host
        tried = (*self.good, *(a for a in host.tls if a.failure is None))
        reached = {a.address for a in tried if a.address}
        if not host.answers:
            return "trusted" if host.failures and reached else "system"
        if not reached or reached & host.answers or host.answers & self.elsewhere:
            return "system"
        # An address that was not tried is no false one.
        return "trusted" if any(a.failure for a in self._led()) or self._bogus() else "system"

    @cached_property
    def elsewhere(self) -> set[str]:
        """Addresses of the name as others see it."""
        return self.host.others | set(self.outside.addresses if self.outside else ())

    def _false_answer(self) -> bool:
        """The resolver's addresses lead nowhere, and are not what others see."""
        answers, outside = self.host.answers, self.outside
        if not answers or answers & self.elsewhere:
            return False
        if self.app:
            return self.host.strange or self._bogus()
        if not self.chain_works_outside:
            return False
        # What the helper could not reach are addresses of the site itself; where it was redirected it got through.
        return self._bogus() or (outside is not None and answers <= set(outside.unreachable))

    def _dns(self, works: Works, false_answer: bool) -> Dns:
        host = self.host
        if host.answers:
            apart = works == "trusted" and not host.answers & self.elsewhere
            return "lies" if false_answer or apart else "answers"
        return "fails" if host.failures else "none"

    def _lie(self) -> str | None:
        """A word for an answer that leads elsewhere: what the address is, or what came of it."""
        if self._bogus():
            return "dns_bogon_error"
        return _commonest(self._led()) or "http_unexpected_status_code"

    def _led(self) -> list[Attempt]:
        """What was tried at the addresses of the system's resolver."""
        return [a for a in (*self.tls, *self.tcp, *self.http) if a.address in self.host.answers]

    def _bogus(self) -> bool:
        return all(map(is_bogon, self.host.answers))

    def _trusted(self) -> Trusted:
        if self.host.denied or (self.outside is not None and not self.outside.name_exists):
            return "no_such_name"
        return "answers" if self.elsewhere else "not_asked"

    def _failing(self, dns: Dns) -> tuple[FailedAt, str | None, list[Attempt]]:
        """The step that failed, its commonest word, and the attempts that say so."""
        if self.tcp and all(a.failure for a in self.tcp):
            return "connect", _commonest(self.tcp), self.tcp
        if self.tls and all(a.failure for a in self.tls):
            return "tls", _commonest(self.tls), self.tls
        failed = [a for a in self.http if a.failure]
        word = _commonest(failed)
        if word is not None:
            if any(a.status for a in failed):
                return "transfer", word, failed
            step = next((step for start, step in _STEP_OF_WORD if word.startswith(start)), None)
            return step or "first_byte", word, failed
        if dns == "fails":
            return "resolve", _most_frequent(self.host.failures), []
        return "none", None, []

    def _certificate(self, failing: list[Attempt]) -> Certificate:
        words = {a.failure for a in failing}
        if self.outside is not None:
            words -= set(self.outside.tls_failures)  # the test helper is shown the same one
        if "ssl_unknown_authority" in words:
            return "forged" if any(forged_for(self.host.name, a.names) for a in failing) else "unknown"
        return "faulty" if words & {"ssl_invalid_hostname", "ssl_invalid_certificate"} else "fine"

    def _http(self) -> Http:
        answers = [a for a in self.good if a.step == "http"]
        if not answers:
            return "none"
        # The answer nearest to the end is the newest, and OONI puts it first.
        if (answers[0].status or 0) >= 500 and not self.app:
            return "server_error"
        odd = self.record.page_differs or self.record.block_page
        missed = not self.secure and self.main and odd and self._page_was_clear()
        return "missed" if missed else "fine"

    def _page_was_clear(self) -> bool:
        """False if the clear-text answer only led to the site's own page over TLS."""
        return not self._landed_on_tls() or self._strayed()

    def _landed_on_tls(self) -> bool:
        last = next((a for a in self.record.attempts if a.step == "http"), None)
        return last is not None and last.secure

    def _page_failure(self, http: Http) -> str | None:
        """A page that is not the site's own has no failure of its own; a word stands for it."""
        if http != "missed":
            return None
        return "http_unexpected_redirect_url" if self._strayed() else "http_unexpected_status_code"

    def _strayed(self) -> bool:
        clear = (a for a in self.record.attempts if a.step == "http" and not a.secure)
        return any(a.location and off_domain(a.location, [self.host.name]) for a in clear)

    def _twin_works(self) -> bool:
        """Somebody trustworthy gets the site itself: its own certificate here, or the test helper and no redirect.

        A redirect to a page over TLS elsewhere may be the site's own: sites move and send countries to their own pages.
        """
        if self._landed_on_tls():
            return False
        return any(a.failure is None for a in self.host.tls) or (self._strayed() and self.chain_works_outside)

    def _progress(self, stage: FailedAt, failing: list[Attempt]) -> bool:
        if stage == "transfer":
            return any(a.failure in _TIMEOUTS for a in failing)
        return stage == "tls" and any(a.failure in _TIMEOUTS and a.received for a in failing)


def _commonest(attempts: Iterable[Attempt]) -> str | None:
    """The most frequent failure, of IPv4 alone where it was tried."""
    failed = [a for a in attempts if a.failure]
    failed = [a for a in failed if not (a.address and ":" in a.address)] or failed
    return _most_frequent([a.failure for a in failed if a.failure]) if failed else None


def _most_frequent(words: list[str]) -> str:
    """Of several that are, the first."""
    counts = Counter(words)
    return max(counts, key=counts.__getitem__)
