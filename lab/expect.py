"""What a scenario must lead to, and how what came compares with it. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from measurements.verdicts import WORST_FIRST, Verdict, VerdictStage

Mark = Literal["right", "missed", "false alarm", "wrong", "error", "not judged"]

# Verdicts that say "something on the way interferes": to find one where there is none is a false alarm.
_ALARMS: Final = frozenset({"blocked", "intercepted", "throttled"})


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One verdict that is right; `None` leaves a part open."""

    verdict: Verdict
    stage: VerdictStage | None = None
    reason: str | None = None  # text that the line's reason must hold

    def __str__(self) -> str:
        return "/".join(part for part in (self.verdict, self.stage) if part)


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """Of the `summary` line; `None` leaves a part open."""

    online: bool | None = None
    international_cut: bool | None = None
    captive_portal: bool | None = None


class Expect(msgspec.Struct, frozen=True, kw_only=True):
    """The right answers. Keys are platforms, "platform/endpoint", "platform/endpoint/quic", or "*" for all
    platforms not named.

    Keys of `throttle` are platforms, "platform/quic", "platform/upload" or "*".

    Several outcomes for one key: any of them is right. An empty `platforms` is not judged by reachability, an empty
    `throttle` not by throttling.
    """

    summary: Summary = Summary()
    platforms: Mapping[str, tuple[Outcome, ...]] = {}
    throttle: Mapping[str, tuple[str, ...]] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One comparison."""

    key: str
    mark: Mark
    expected: str
    got: str
    reason: str | None = None


def judge(expect: Expect, lines: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Compare the NDJSON lines of one `efir run --once` with what a scenario expects."""
    lines = list(lines)
    summaries = [line for line in lines if line.get("type") == "summary"]
    findings = _judge_summary(expect.summary, summaries[-1] if summaries else {})
    verdicts = {_key(line): line for line in lines if line.get("type") == "verdict"}
    named = set(expect.platforms)
    for key, outcomes in expect.platforms.items():
        if key != "*":
            findings.append(_judge_one(key, outcomes, verdicts.get(key)))
    for key, line in verdicts.items():
        if "*" in named and key not in named and line.get("endpoint") is None:
            findings.append(_judge_one(key, expect.platforms["*"], line))
    if "*" in named and not verdicts:
        findings.append(_judge_one("*", expect.platforms["*"], None))
    return findings


def judge_throttle(expect: Expect, lines: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Compare the NDJSON lines of one `efir throttle` with what a scenario expects."""
    got = dict(found for line in lines if line.get("type") == "throttle" for found in _by_series(line))
    named = {key: words for key, words in expect.throttle.items() if key != "*"}
    rest = expect.throttle.get("*")
    others = {key: rest for key in got if key not in named and "/" not in key} if rest else {}
    return [_throttle_finding(key, words, got.get(key)) for key, words in (named | others).items()]


def _by_series(line: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """`tube`, and `tube/quic` and `tube/upload` for the further series in its line."""
    yield line["platform"], line
    for series in line.get("series", ()):
        word = "upload" if series["direction"] == "upload" else series["protocol"]
        yield f"{line['platform']}/{word}", series


def not_judged(throttle: Mapping[str, tuple[str, ...]]) -> list[Finding]:
    """Findings for slowness that was not measured."""
    return [
        Finding(key=key, mark="not judged", expected=" or ".join(words), got="")
        for key, words in throttle.items()
    ]


def _key(line: Mapping[str, Any]) -> str:
    """`youtube`, `youtube/web`, or `youtube/web/quic` for the line about an endpoint's QUIC alone."""
    parts = [line["platform"], line.get("endpoint"), "quic" if line.get("stage") == "quic" else None]
    return "/".join(part for part in parts if part)


def _judge_summary(expect: Summary, line: Mapping[str, Any]) -> list[Finding]:
    findings = []
    for key in expect.__struct_fields__:
        wanted = getattr(expect, key)
        if wanted is not None:
            got = line.get(key)
            mark: Mark = "right" if got == wanted else "wrong"
            findings.append(Finding(key=key, mark=mark, expected=str(wanted), got=str(got)))
    return findings


def _judge_one(key: str, outcomes: tuple[Outcome, ...], line: Mapping[str, Any] | None) -> Finding:
    expected = " or ".join(str(outcome) for outcome in outcomes)
    if line is None:
        return Finding(key=key, mark="missed", expected=expected, got="no line")
    verdict, stage, reason = line["verdict"], line.get("stage"), line.get("reason")
    got = "/".join(part for part in (verdict, stage) if part)
    if any(_fits(outcome, verdict, stage, reason) for outcome in outcomes):
        return Finding(key=key, mark="right", expected=expected, got=got)
    mark = _mark({outcome.verdict for outcome in outcomes}, verdict)
    return Finding(key=key, mark=mark, expected=expected, got=got, reason=reason)


def _fits(outcome: Outcome, verdict: str, stage: str | None, reason: str | None) -> bool:
    return (
        outcome.verdict == verdict
        and outcome.stage in (None, stage)
        and (outcome.reason is None or outcome.reason in (reason or ""))
    )


def _mark(expected: set[Verdict], got: str) -> Mark:
    assert got in WORST_FIRST
    if got in _ALARMS and not expected & _ALARMS:
        return "false alarm"
    if expected & _ALARMS and got not in _ALARMS:
        return "missed"
    return "wrong"


def _throttle_finding(key: str, words: tuple[str, ...], line: Mapping[str, Any] | None) -> Finding:
    expected = " or ".join(words)
    if line is None:
        return Finding(key=key, mark="missed", expected=expected, got="no line")
    got = str(line["verdict"])
    if got in words:
        mark: Mark = "right"
    else:
        mark = "false alarm" if got == "throttled" else "missed"
    return Finding(key=key, mark=mark, expected=expected, got=got, reason=line.get("reason"))
