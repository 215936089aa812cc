"""What came against what was expected."""

from typing import Any

import pytest

from lab.expect import Expect, Outcome, Summary, judge, judge_throttle, not_judged

BLOCKED = (Outcome(verdict="blocked", stage="tls"),)
ACCESSIBLE = (Outcome(verdict="accessible"),)


def _line(verdict: str, stage: str | None = None, platform: str = "tube", **more: Any) -> dict[str, Any]:
    return {
        "type": "verdict",
        "platform": platform,
        "verdict": verdict,
        "stage": stage,
        "reason": "why",
        **more,
    }


@pytest.mark.parametrize(
    ("outcomes", "line", "mark"),
    [
        (BLOCKED, _line("blocked", "tls"), "right"),
        (BLOCKED, _line("blocked", "tcp"), "wrong"),
        (BLOCKED, _line("accessible"), "missed"),
        (BLOCKED, _line("inconclusive"), "missed"),
        (BLOCKED, _line("intercepted", "tls"), "wrong"),
        (ACCESSIBLE, _line("accessible"), "right"),
        (ACCESSIBLE, _line("blocked", "dns"), "false alarm"),
        (ACCESSIBLE, _line("down", "dns"), "wrong"),
        ((*BLOCKED, *ACCESSIBLE), _line("accessible"), "right"),
        ((Outcome(verdict="blocked", reason="wh"),), _line("blocked", "tcp"), "right"),
        ((Outcome(verdict="blocked", reason="outage"),), _line("blocked", "tcp"), "wrong"),
    ],
)
def test_a_line_gets_its_mark(outcomes: tuple[Outcome, ...], line: dict[str, Any], mark: str) -> None:
    assert [one.mark for one in judge(Expect(platforms={"tube": outcomes}), [line])] == [mark]


def test_a_platform_without_a_line_is_missed() -> None:
    assert [one.got for one in judge(Expect(platforms={"tube": BLOCKED}), [])] == ["no line"]


def test_the_star_is_about_platforms_that_are_not_named() -> None:
    expect = Expect(platforms={"tube": BLOCKED, "*": ACCESSIBLE})
    lines = [
        _line("blocked", "tls"),
        _line("blocked", "tls", endpoint="web"),
        _line("accessible", platform="chat"),
        _line("blocked", "dns", platform="photos"),
    ]
    marks = {one.key: one.mark for one in judge(expect, lines)}
    assert marks == {"tube": "right", "chat": "right", "photos": "false alarm"}


def test_an_endpoints_quic_line_has_a_key_of_its_own() -> None:
    expect = Expect(platforms={"tube/web": ACCESSIBLE, "tube/web/quic": (Outcome(verdict="blocked"),)})
    lines = [_line("accessible", endpoint="web"), _line("blocked", "quic", endpoint="web")]
    assert {one.mark for one in judge(expect, lines)} == {"right"}


def test_the_summary_is_compared_where_something_is_expected() -> None:
    expect = Expect(summary=Summary(online=True, international_cut=True))
    line = {"type": "summary", "online": True, "international_cut": False, "captive_portal": False}
    assert [(one.key, one.mark) for one in judge(expect, [line])] == [
        ("online", "right"),
        ("international_cut", "wrong"),
    ]


@pytest.mark.parametrize(
    ("words", "got", "mark"),
    [
        (("throttled",), "throttled", "right"),
        (("throttled",), "inconclusive", "missed"),
        (("not_throttled", "inconclusive"), "throttled", "false alarm"),
        (("not_throttled", "inconclusive"), "inconclusive", "right"),
    ],
)
def test_slowness_gets_its_mark(words: tuple[str, ...], got: str, mark: str) -> None:
    line = {"type": "throttle", "platform": "tube", "verdict": got, "reason": None}
    for key in ("tube", "*"):
        assert [one.mark for one in judge_throttle(Expect(throttle={key: words}), [line])] == [mark]


def test_further_series_have_keys_of_their_own() -> None:
    series = [
        {"protocol": "quic", "direction": "download", "verdict": "throttled"},
        {"protocol": "tcp", "direction": "upload", "verdict": "inconclusive"},
    ]
    line = {"type": "throttle", "platform": "tube", "verdict": "not_throttled", "series": series}
    words = {"tube": ("not_throttled",), "tube/quic": ("throttled",), "tube/upload": ("throttled",)}
    found = judge_throttle(Expect(throttle=words | {"*": ("throttled",)}), [line])
    assert [(one.key, one.mark) for one in found] == [
        ("tube", "right"),
        ("tube/quic", "right"),
        ("tube/upload", "missed"),
    ]


def test_what_was_not_measured_is_not_judged() -> None:
    assert [one.mark for one in not_judged({"tube": ("throttled",)})] == ["not judged"]
