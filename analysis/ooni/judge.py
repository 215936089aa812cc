"""Verdicts over OONI's records: one line a measurement, by the rules of the probe."""

from typing import Final

from analysis.ooni.facts import NOTHING, gather, offline
from analysis.ooni.hosts import hosts_of
from analysis.ooni.platforms import APP_PLATFORMS, host_of
from analysis.ooni.record import Record
from analysis.verdicts.roll_up import worst
from measurements.records import VerdictLine
from measurements.rules.facts import EndpointFacts
from measurements.rules.judgement import Judgement, judge_endpoint
from measurements.rules.table import VERSION

WAIVED: Final = "; one measurement, so the retry rule is waived"


def judge(record: Record) -> Judgement:
    """The verdict on one measurement."""
    if record.broken is not None:
        return _inconclusive("failed-measurement", f"failed_measurement: {record.broken}")
    if not record.attempts and record.test not in _READ:
        return _inconclusive("not-judged", f"not_judged: what {record.test} measures is no target of ours")
    return _FINE if plainly_fine(record) else weigh(record)


def plainly_fine(record: Record) -> bool:
    """True if nothing failed and nothing is odd: most measurements, which then need no weighing.

    A shortcut for imports only; `weigh` says the same of each such record (a property test holds it to that).
    """
    if record.page_differs or record.block_page:
        return False
    loaded = False
    asked = (host_of(record.input), not (record.input or "").startswith("http://"))
    # Telegram's data centres answer a browser's request with 501: an answer all the same.
    highest = 999 if record.test in APP_PLATFORMS else 499
    for attempt in record.attempts:
        if attempt.failure is not None or not attempt.own:
            return False
        if attempt.step == "dns" and not attempt.answers:
            return False
        status = attempt.status
        if status is not None:
            if status > highest:
                return False
            loaded |= not record.input or (attempt.host, attempt.secure) == asked
    return loaded


def weigh(record: Record) -> Judgement:
    """The verdict of the worst endpoint, by the rules."""
    hosts = hosts_of(record)
    if hosts and offline(record, hosts):
        return _inconclusive("offline", "offline")
    judged = {name: judge_endpoint(facts) for name, facts in gather(record, hosts)}
    return worst(judged) if judged else judge_endpoint(NOTHING)


# Of other tests that name a host (dnscheck, stunreachability) only what they share with these is read: mostly nothing.
_READ: Final = frozenset({"web_connectivity", "browser_web", *APP_PLATFORMS})
_FINE: Final = judge_endpoint(EndpointFacts(works="system"))


def _inconclusive(rule: str, reason: str) -> Judgement:
    return Judgement(rule=rule, verdict="inconclusive", reason=reason)


def verdict_line(record: Record) -> VerdictLine:
    """The `endpoint`-null line of one measurement."""
    judgement = judge(record)
    return VerdictLine(
        platform=record.platform,
        verdict=judgement.verdict,
        stage=judgement.stage,
        failure=judgement.failure,
        rule=judgement.rule,
        rules_version=VERSION,
        reason=judgement.reason + ("" if judgement.verdict == "accessible" else WAIVED),
        observations=(record.id,),
        vantage=record.vantage,
        asn=record.asn,
        country=record.country,
        time=record.time,
        source=record.source,
    )


_UNCLEAR: Final = "cleartext-unclear"  # id of a rule
# What the flat row of a measurement is called as a probe: the step that its test is about.
_PROBE: Final = {"telegram": "telegram", "facebook_messenger": "tcp", "whatsapp": "tcp"}
_STAGE_OF: Final = {
    "dns": "resolve",
    "tcp": "connect",
    "tls": "tls",
    "http": "first_byte",
    "transfer": "transfer",
}


def vote(record: Record) -> dict[str, object] | None:
    """The flat row that stands for the measurement; None if it says nothing about the line.

    A site that is down for everyone is no vote, and neither is a measurement that failed as such, nor a page in clear
    text that may be the site's own: sites that show countries pages of their own would fail for ever.
    """
    judgement = judge(record)
    says_nothing = judgement.failure is None or judgement.rule == _UNCLEAR
    if judgement.verdict == "down" or (judgement.verdict == "inconclusive" and says_nothing):
        return None
    return {
        "time": record.time,
        "vantage": record.vantage,
        "asn": record.asn,
        "country": record.country,
        "access": record.network,
        "platform": record.platform,
        "endpoint": record.test if record.test in APP_PLATFORMS else record.input,
        "role": "target",
        "probe": _PROBE.get(record.test, "http"),
        "stage": _STAGE_OF.get(judgement.stage or ""),
        "failure": judgement.failure,
        "seconds": record.runtime,
        "measurement": record.id,
        "origin": "ooni",
    }
