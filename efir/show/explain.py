"""A verdict taken apart for a person: the rule, then the observations in the order they were made."""

from collections.abc import Sequence

from efir import words
from efir.i18n import _
from efir.output import Output
from efir.show.verdicts import SIGNS, short_id
from measurements.failures import FAILURES
from measurements.records import Observation, VerdictLine
from measurements.rules.table import ENDPOINT_RULES, QUIC_RULES

# Rules that are applied to a whole line before any table is asked.
_LINE_RULES = {
    "offline": "No control answered with a certificate valid for its name.",
    "captive-portal": "Something else answers in place of the controls.",
}


def rule_comment(rule: str) -> str:
    """The rule's own words, or an empty text for one of another version."""
    comments = {each.id: each.comment for each in (*ENDPOINT_RULES, *QUIC_RULES)}
    return comments.get(rule) or _LINE_RULES.get(rule, "")


def show_verdict(out: Output, verdict: VerdictLine, observations: Sequence[Observation]) -> None:
    """Print the verdict, the rule in words, and the evidence."""
    sign, _colour = SIGNS[verdict.verdict]
    where = f"{verdict.platform}/{verdict.endpoint}" if verdict.endpoint else verdict.platform
    stage = f" ({verdict.stage})" if verdict.stage else ""
    out.text(f"{sign} {where}: {words.verdict(verdict.verdict)}{stage}")
    out.text(f"  {verdict.reason}")
    out.text(_("  rule {rule} (rules of {version}): {comment}").format(
        rule=verdict.rule, version=verdict.rules_version, comment=_(rule_comment(verdict.rule))
    ))  # fmt: skip
    out.text(
        _("  measured {time}; verdict {id}").format(
            time=verdict.time.isoformat(" ", "seconds"), id=verdict.id
        )
    )
    out.text("")
    out.text(_("Evidence ({count} observations):").format(count=len(observations)))
    for row in observations:
        out.text(f"  {short_id(row.id)}  {describe(row)}")


def show_observation(out: Output, row: Observation) -> None:
    """Print one observation whole, then its failure in words."""
    import msgspec
    import yaml

    out.text(yaml.safe_dump(msgspec.to_builtins(row, builtin_types=()), allow_unicode=True, sort_keys=False))
    if row.failure in FAILURES:
        out.text(f"{row.failure}: {_(FAILURES[row.failure])}")


def describe(row: Observation) -> str:
    """One line: what was asked, where, what came back and after how many milliseconds."""
    where = row.address or row.resolver or ""
    attempt = f" try {row.attempt}" if row.attempt > 1 else ""
    outcome = f"{row.failure} at {row.stage}" if row.failure else "ok"
    return f"{row.probe:<8} {row.endpoint:<10} {where:<24}{attempt} {outcome} {_facts(row)} {_times(row)}".rstrip()


def _facts(row: Observation) -> str:
    parts = []
    if row.dns:
        answers = ["/".join(answer.addresses) or answer.rcode for answer in row.dns.answers]
        parts.append(f"{row.dns.question} -> {' then '.join(answers) or 'silence'}")
    if row.http and row.http.status:
        parts.append(f"HTTP {row.http.status}" + (f" to {row.http.location}" if row.http.location else ""))
    if row.http and row.http.missed:
        parts.append(f"({row.http.missed})")
    if row.tls and row.tls.verified is False:
        parts.append(f"signed by {row.tls.issuer}")
    parts.extend(f"[{flag}]" for flag in row.flags)
    return " ".join(parts)


def _times(row: Observation) -> str:
    phases = {name: getattr(row.phases, name) for name in row.phases.__struct_fields__}
    return ", ".join(
        f"{name} {seconds * 1000:.0f} ms" for name, seconds in phases.items() if seconds is not None
    )
