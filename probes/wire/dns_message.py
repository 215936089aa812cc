"""DNS messages (RFC 1035): questions built, answers taken apart. dnspython does the work; no answer raises."""

from typing import Literal

import dns.exception
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype

from measurements.records import DnsAnswer

Question = Literal["A", "AAAA"]


def build(name: str, question: Question, query_id: int) -> bytes:
    """A plain recursive query, without EDNS (some middleboxes drop it, and an injector need not see it)."""
    query = dns.message.make_query(name, question, use_edns=False)
    query.id = query_id
    return query.to_wire()


def digest(
    data: bytes, name: str, question: Question, query_id: int, after: float, ip_ttl: int | None = None
) -> DnsAnswer:
    """What an answer says; `problem` tells if it cannot be one to this query. `after` is in seconds."""
    try:
        message = dns.message.from_wire(data, ignore_trailing=True)
        return DnsAnswer(
            after=after,
            rcode=dns.rcode.to_text(message.rcode()),
            addresses=_texts(message, question),
            cnames=tuple(text.rstrip(".") for text in _texts(message, "CNAME")),
            ttl=_ttl(message, question),
            ip_ttl=ip_ttl,
            authority=bool(message.flags & dns.flags.AA),
            truncated=bool(message.flags & dns.flags.TC),
            size=len(data),
            problem=_problem(message, name, question, query_id),
        )
    except (dns.exception.DNSException, ValueError, IndexError, KeyError):
        return DnsAnswer(after=after, rcode="", ip_ttl=ip_ttl, size=len(data), problem="malformed")


def failure(answer: DnsAnswer) -> str | None:
    """Word of measurements.failures for an answer; None if it gives an address."""
    if answer.problem == "wrong_id":
        return "dns_reply_with_wrong_query_id"
    if answer.problem:
        return "dns_server_misbehaving"
    if answer.addresses:
        return None
    return _RCODE_FAILURES.get(answer.rcode, "dns_server_misbehaving")


_RCODE_FAILURES = {
    "NOERROR": "dns_no_answer",
    "NXDOMAIN": "dns_nxdomain_error",
    "SERVFAIL": "dns_servfail_error",
    "REFUSED": "dns_refused_error",
}


def _problem(
    message: dns.message.Message, name: str, question: Question, query_id: int
) -> Literal["wrong_id", "wrong_question", "malformed"] | None:
    if message.id != query_id:
        return "wrong_id"
    if not message.flags & dns.flags.QR:
        return "malformed"
    asked = [(str(rrset.name).rstrip(".").lower(), rrset.rdtype) for rrset in message.question]
    # Some servers leave the question out of an error; an answer to another one is a forgery or a mix-up.
    if asked and asked != [(name.rstrip(".").lower(), dns.rdatatype.from_text(question))]:
        return "wrong_question"
    return None


def _texts(message: dns.message.Message, kind: str) -> tuple[str, ...]:
    wanted = dns.rdatatype.from_text(kind)
    return tuple(rdata.to_text() for rrset in message.answer if rrset.rdtype == wanted for rdata in rrset)


def _ttl(message: dns.message.Message, kind: str) -> int | None:
    wanted = dns.rdatatype.from_text(kind)
    return next((rrset.ttl for rrset in message.answer if rrset.rdtype == wanted), None)
