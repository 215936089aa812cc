"""What the endpoints say together of their platform, and what a line that is not online says of it."""

from collections.abc import Mapping

from measurements.rules.facts import EndpointFacts
from measurements.rules.judgement import Judgement, judge_endpoint
from measurements.rules.line import Line
from measurements.verdicts import WORST_FIRST, Verdict


def of_line(line: Line) -> Judgement:
    """The one answer for each platform where the line is not online (DESIGN section 6)."""
    if line.cut_short:
        return judge_endpoint(EndpointFacts(evidence=False))
    rule = line.situation.replace("_", "-")
    return Judgement(rule=rule, verdict="inconclusive", reason=line.situation)


def roll_up(judged: Mapping[str, Judgement], line: Line) -> Judgement:
    """The worst endpoint speaks for the platform; in an international cut nothing is said of it."""
    counted = {name: j for name, j in judged.items() if j.counts} or dict(judged)
    if not counted:
        reason = "no_evidence: this platform has no endpoint"
        return Judgement(rule="no-evidence", verdict="inconclusive", reason=reason)
    if line.international_cut:
        cut = next((j for j in counted.values() if j.rule == "cut"), None)
        return cut or _cut_but_answering(counted)
    name, worst = min(counted.items(), key=lambda item: WORST_FIRST.index(item[1].verdict))
    alike = sum(j.verdict == worst.verdict for j in counted.values())
    reason = (
        worst.reason
        if worst.verdict == "accessible"
        else f"{name}: {worst.reason} ({alike} of {len(counted)} endpoints {worst.verdict})"
    )
    return Judgement(
        rule=worst.rule,
        verdict=worst.verdict,
        stage=worst.stage,
        failure=worst.failure,
        reason=reason,
        evidence_ids=_evidence(counted, worst.verdict),
    )


def _cut_but_answering(counted: Mapping[str, Judgement]) -> Judgement:
    return Judgement(
        rule="cut",
        verdict="inconclusive",
        reason="international_cut: domestic controls answer and no foreign one does, though this platform does",
        evidence_ids=_evidence(counted, "accessible"),
    )


def _evidence(judged: Mapping[str, Judgement], verdict: Verdict) -> tuple[str, ...]:
    return tuple(i for j in judged.values() if j.verdict == verdict for i in j.evidence_ids)
