"""What the rules say of one endpoint, as evidence for its own line and for its platform's."""

import msgspec

from measurements.rules.facts import EndpointFacts
from measurements.rules.quic import QuicFacts
from measurements.rules.table import ENDPOINT_RULES, NOT_APPLICABLE, QUIC_RULES, Rule, first_match
from measurements.verdicts import VERDICT_STAGE, Verdict, VerdictStage


class Judgement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A rule's answer about one endpoint."""

    rule: str
    verdict: Verdict
    stage: VerdictStage | None = None
    failure: str | None = None
    reason: str
    evidence_ids: tuple[str, ...] = ()
    counts: bool = True  # False: does not count in the platform's roll-up


def judge_endpoint(facts: EndpointFacts) -> Judgement:
    """The first matching rule of `ENDPOINT_RULES`, with its reason filled in."""
    rule = first_match(ENDPOINT_RULES, facts)
    stage = rule.stage
    if stage is None and rule.verdict == "down":
        stage = VERDICT_STAGE.get(facts.failed_at)
    return Judgement(
        rule=rule.id,
        verdict=rule.verdict,
        stage=stage,
        failure=None if rule.verdict == "accessible" else facts.failure,
        reason=_reason(rule, facts.failure, facts.interceptor, facts.note),
        evidence_ids=facts.evidence_ids,
        counts=rule.id not in NOT_APPLICABLE,
    )


def judge_quic(facts: QuicFacts) -> Judgement:
    """The first matching rule of `QUIC_RULES`, with its reason filled in."""
    rule = first_match(QUIC_RULES, facts)
    return Judgement(
        rule=rule.id,
        verdict=rule.verdict,
        stage=rule.stage,
        failure=facts.failure,
        reason=_reason(rule, facts.failure),
        evidence_ids=facts.evidence_ids,
    )


def _reason(rule: Rule, failure: str | None, interceptor: str | None = None, note: str | None = None) -> str:
    return rule.reason.format(
        failure=failure or "no failure word",
        interceptor=f"; it is signed by: {interceptor}" if interceptor else "",
        note=f" ({note})" if note else "",
    )
