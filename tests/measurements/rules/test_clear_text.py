"""Verdicts over clear text, where anybody on the way can answer."""

from typing import Any

import pytest

from measurements.records import Observation
from measurements.rules.cleartext import CLEARTEXT
from measurements.rules.controls import AFTER
from measurements.targets import Endpoint, Expect
from tests.measurements.rules.world import (
    DOMESTIC,
    FALSE,
    FOREIGN,
    GENUINE,
    HOST,
    LIED_TO,
    OK,
    SECOND,
    TRUSTED,
    WEB,
    broken,
    controls,
    dns,
    forged,
    judge,
    page,
    platform,
    seen,
    twice,
)

CLEAR = Endpoint(id="clear", url=f"http://{HOST}/", probes=("dns", "http"), expect=Expect(status=301))


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ({"status": 200, "expected": False}, "blocked"),
        ({"status": 451, "expected": False}, "blocked"),
        ({"status": 301, "expected": True, "location": f"https://{HOST}/"}, "accessible"),
        ({"status": 301, "expected": True, "location": "http://warning.isp.example.net/"}, "blocked"),
        ({"status": 301, "expected": True, "location": "http://[scrubbed]/"}, "blocked"),
    ],
    ids=[
        "a block page",
        "a 451",
        "the usual redirect",
        "a redirect off the platform's domains",
        "a redirect to a bare address",
    ],
)
def test_clear_text_is_judged_against_the_verified_twin(answer: dict[str, object], wanted: str) -> None:
    rows = [
        *OK,
        dns(GENUINE),
        page(),
        dns(GENUINE, endpoint="clear"),
        *twice(page, endpoint="clear", cleartext=True, **answer),
    ]
    lines = judge(rows, WEB, CLEAR)
    assert {line.endpoint: line.verdict for line in lines}["clear"] == wanted
    assert platform(lines).verdict == wanted


def in_clear(status: int, **fields: Any) -> Observation:
    """A clear-text answer that is not the endpoint's."""
    return page(endpoint="clear", cleartext=True, port=80, status=status, expected=False, **fields)


def control_in_clear(build: Any, *args: Any, number: int = 3, **fields: Any) -> list[Observation]:
    """What so many controls are told, or how they fail, on port 80."""
    about = {"role": "control", "endpoint": "cleartext", "flags": (CLEARTEXT,), "port": 80}
    return [build(*args, platform=name, **about, **fields) for name in (*FOREIGN, *DOMESTIC)[:number]]


NOTICE: dict[str, Any] = {"status": 302, "location": "http://notice.isp.example.net/debt"}
REFUSED = ("connect", "connection_refused")


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([in_clear(200)], "cleartext-unconfirmed"),
        ([in_clear(200), page(endpoint="clear", cleartext=True, status=301, attempt=2)], "works"),
        ([in_clear(403)], "cleartext-tampered"),
        (
            [in_clear(200), broken(GENUINE, "first_byte", "connection_reset", endpoint="clear", attempt=2)],
            "cleartext-tampered",
        ),
        ([*twice(in_clear, 200), *controls(works=False, flags=(AFTER,))], "cleartext-unstable"),
        (
            [*twice(in_clear, **NOTICE), *control_in_clear(page, cleartext=True, **NOTICE)],
            "cleartext-everywhere",
        ),
        (
            [*twice(in_clear, **NOTICE), *control_in_clear(page, number=1, cleartext=True, **NOTICE)],
            "cleartext-tampered",
        ),
        (
            [*twice(in_clear, 200), *control_in_clear(page, cleartext=True, status=301)],
            "cleartext-tampered",
        ),
        ([*twice(in_clear, 200), *control_in_clear(page, cleartext=True, length=7)], "cleartext-tampered"),
        (
            [
                *twice(broken, GENUINE, *REFUSED, endpoint="clear", port=80),
                *control_in_clear(broken, "192.0.2.1", *REFUSED),
            ],
            "cleartext-everywhere",
        ),
        (
            [
                *twice(broken, GENUINE, "first_byte", "connection_reset", endpoint="clear", port=80),
                *control_in_clear(broken, "192.0.2.1", *REFUSED),
            ],
            "stopped-http",
        ),
    ],
    ids=[
        "a notice in the place of the first page",
        "a notice, and then the page",
        "a 403 is not asked for twice",
        "a block page, and then the connection is cut",
        "a portal whose time is up",
        "a notice before every page, the controls' too",
        "one control may be blocked as well",
        "the controls answer as ever",
        "the controls answer with pages of their own, as nameless as the block page",
        "nothing leaves on port 80",
        "a block by the host's name, and controls without a page on port 80",
    ],
)
def test_clear_text_counts_confirmed_and_where_the_controls_get_something_else(
    rows: list[Observation], wanted: str
) -> None:
    lines = judge([*OK, dns(GENUINE), page(), dns(GENUINE, endpoint="clear"), *rows], WEB, CLEAR)
    assert {line.endpoint: line.rule for line in lines}["clear"] == wanted


CENTRES = [
    Endpoint(id=f"dc-{port}", address=address, port=port, probes=("tcp", "telegram"))
    for address, port in ((GENUINE, 443), (GENUINE, 80), (SECOND, 8080))
]


@pytest.mark.parametrize(
    ("port", "stage", "works", "wanted"),
    [
        (80, "first_byte", ["dc-443", "dc-8080"], "port-80-proxied"),
        (80, "first_byte", ["dc-8080"], "stopped-http"),
        (80, "connect", ["dc-443", "dc-8080"], "stopped-tcp"),
        (443, "first_byte", ["dc-80", "dc-8080"], "stopped-http"),
    ],
    ids=[
        "a proxy on port 80 does not understand it",
        "the whole address is stopped",
        "the port is closed",
        "no proxy stands on another port",
    ],
)
def test_a_data_centre_behind_a_proxy_for_web_pages(
    port: int, stage: str, works: list[str], wanted: str
) -> None:
    def at(endpoint: Endpoint) -> dict[str, Any]:
        return {
            "endpoint": endpoint.id,
            "address": endpoint.address,
            "port": endpoint.port,
            "probe": "telegram",
        }

    rows = [
        row
        for each in CENTRES
        for row in (
            [seen(**at(each))]
            if each.id in works
            else twice(broken, stage=stage, failure="connection_reset", **at(each))
        )
    ]
    lines = judge([*OK, *rows], *CENTRES)
    assert {line.endpoint: line.rule for line in lines}[f"dc-{port}"] == wanted
    assert platform(lines).verdict == ("accessible" if wanted == "port-80-proxied" else "blocked")


def test_a_page_at_the_place_that_a_resolver_names_for_everybody_says_nothing() -> None:
    rows = [*LIED_TO, dns(FALSE), *forged(FALSE, "portal.example"), dns(GENUINE, **TRUSTED), page(**TRUSTED)]
    clear = [dns(FALSE, endpoint="clear"), *twice(in_clear, 200, address=FALSE)]
    assert platform(judge([*rows, *clear], WEB, CLEAR)).rule == "cleartext-astray"


def test_the_twin_of_a_clear_text_answer_is_its_own_host() -> None:
    api = Endpoint(id="api", url="https://api.video.example/", probes=("dns", "tls"))
    captcha = {"status": 403, "expected": False}
    clear = [dns(GENUINE, endpoint="clear"), page(endpoint="clear", cleartext=True, **captcha)]
    answered = page(SECOND, endpoint="api", probe="tls")
    lines = judge(
        [*OK, dns(GENUINE), page(**captcha), dns(SECOND, endpoint="api"), answered, *clear], WEB, api, CLEAR
    )
    assert {line.endpoint: line.verdict for line in lines}["clear"] == "inconclusive"


def test_a_block_page_behind_a_false_answer_is_a_block_by_name() -> None:
    astray = [
        dns(FALSE, endpoint="clear"),
        page(FALSE, endpoint="clear", cleartext=True, status=200, expected=False),
    ]
    twin = [dns(FALSE), *forged(FALSE, "block.example"), dns(GENUINE, **TRUSTED), page(**TRUSTED)]
    lines = judge([*OK, *twin, *astray], WEB, CLEAR)
    assert {(line.endpoint, line.verdict, line.stage) for line in lines} == {
        (None, "blocked", "dns"),
        ("web", "blocked", "dns"),
        ("clear", "blocked", "dns"),
    }


def test_clear_text_alone_proves_nothing() -> None:
    rows = [
        *OK,
        dns(GENUINE, endpoint="clear"),
        page(endpoint="clear", cleartext=True, status=200, expected=False),
    ]
    assert platform(judge(rows, CLEAR)).verdict == "inconclusive"
