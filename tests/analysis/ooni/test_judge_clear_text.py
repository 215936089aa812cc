"""Verdicts over pages in clear text, where a page may be the site's own or somebody else's."""

from typing import Any

import pytest

from tests.analysis.ooni.told import (
    ADDRESS,
    BLOCK_PAGE,
    CLEAR,
    HOST,
    OTHER,
    dns,
    helper,
    http,
    keys,
    record,
    short,
    tcp,
    tls,
)

CLEAR_CASES = [
    (
        "a block page in clear text while the site's own certificate is seen",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            tls(),
            http(url=CLEAR),
            control=helper(),
            body_length_match=False,
            headers_match=False,
            title_match=False,
        ),
        ("blocked", "http", "cleartext-tampered"),
    ),
    (
        "a redirect to a bare address while the helper gets the page",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url="http://203.0.113.9/blocked"),
            http(url=CLEAR, code=302, Location="http://203.0.113.9/blocked"),
            control=helper(),
            body_length_match=False,
        ),
        ("blocked", "http", "cleartext-tampered"),
    ),
    (
        "another page in clear text, and nothing to hold it against",
        keys(dns(None, ADDRESS), tcp(port=80), http(url=CLEAR), control=helper(), body_length_match=False),
        ("inconclusive", None, "cleartext-unclear"),
    ),
    (
        "a known block page, and nothing else to hold it against",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url=CLEAR) | {"response": {"code": 403, "body": BLOCK_PAGE}},
            control=helper(),
            body_length_match=False,
        ),
        ("blocked", "http", "cleartext-block-page"),
    ),
    (
        "a known block page that nobody compared, for the helper failed",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url=CLEAR) | {"response": {"code": 200, "body": BLOCK_PAGE}},
        ),
        ("inconclusive", None, "cleartext-unclear"),
    ),
    (
        "words of a block page in a page like the helper's",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url=CLEAR) | {"response": {"code": 200, "body": BLOCK_PAGE}},
            control=helper(),
            title_match=True,
        ),
        ("accessible", None, "works"),
    ),
    (
        "a block page at a private address that the resolver gave",
        keys(
            dns(None, "10.10.34.35"),
            tcp(ip="10.10.34.35", port=80),
            http(url=CLEAR, code=403),
            control=helper(),
            body_length_match=False,
        ),
        ("blocked", "dns", "dns-lies"),
    ),
    (
        "a block page at an address that the helper cannot reach",
        keys(
            dns(None, OTHER),
            tcp(ip=OTHER, port=80),
            http(url=CLEAR),
            control=helper(unreachable=(OTHER,)),
            body_length_match=False,
        ),
        ("blocked", "dns", "dns-lies"),
    ),
    (
        "a redirect to another site over TLS may be the site's own",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            tls(),
            http(url="https://moved.example/"),
            http(url=CLEAR, code=301, Location="https://moved.example/"),
            control=helper(),
            body_length_match=False,
        ),
        ("inconclusive", None, "cleartext-unclear"),
    ),
    (
        "a redirect to the site's own name in a country",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            http(url="http://www.example.com.tr/"),
            http(url=CLEAR, code=301, Location="http://www.example.com.tr/"),
            control=helper(),
            body_length_match=False,
        ),
        ("inconclusive", None, "cleartext-unclear"),
    ),
    (
        "a page that is like the helper's in one way is the same",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            tls(),
            http(url=CLEAR),
            control=helper(),
            body_length_match=False,
            title_match=True,
        ),
        ("accessible", None, "works"),
    ),
    (
        "a redirect to its own page over TLS",
        keys(
            dns(None, ADDRESS),
            tcp(port=80),
            tcp(),
            tls(),
            http(),
            http(url=CLEAR, code=301, Location=f"https://{HOST}/"),
            control=helper(),
            body_length_match=False,
        ),
        ("accessible", None, "works"),
    ),
    (
        "a reset after the request",
        keys(dns(None, ADDRESS), tcp(port=80), http("connection_reset", url=CLEAR), control=helper()),
        ("blocked", "http", "stopped-http"),
    ),
]


@pytest.mark.parametrize(("given", "expected"), [c[1:] for c in CLEAR_CASES], ids=[c[0] for c in CLEAR_CASES])
def test_in_clear_text(
    measurement: Any, given: dict[str, Any], expected: tuple[str, str | None, str]
) -> None:
    assert short(record(measurement(given, input=CLEAR))) == expected
