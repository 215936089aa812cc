"""The vote of a measurement, and the short way to a verdict that says the same as the rules."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.ooni.facts import WORKS
from analysis.ooni.judge import judge, plainly_fine, vote, weigh
from analysis.ooni.record import Attempt, Outside, Record
from measurements.rules.facts import EndpointFacts
from measurements.rules.judgement import judge_endpoint
from tests.analysis.ooni.told import (
    ADDRESS,
    CLEAR,
    HOST,
    OTHER,
    dns,
    helper,
    http,
    keys,
    record,
    tcp,
    tls,
)

VOTES = [
    ("a page", keys(dns(None, ADDRESS), tcp(), tls(), http()), "success"),
    ("a reset", keys(dns(None, ADDRESS), tcp("connection_reset"), control=helper()), "connection_reset"),
    (
        "a false answer beside one that works",
        keys(
            dns(None, "10.10.34.35"),
            dns(None, ADDRESS, engine="doh"),
            http() | {"address": f"{ADDRESS}:443"},
            control=helper(),
        ),
        "dns_bogon_error",
    ),
    ("unproven without the helper", keys(dns(None, ADDRESS), tcp("connection_reset")), "connection_reset"),
    (
        "a page in clear text that may be the site's own",
        keys(dns(None, ADDRESS), http(url=CLEAR), control=helper(), body_length_match=False),
        "no vote",
    ),
    ("down for everyone", keys(dns(None, ADDRESS), tcp("connection_reset"), control=helper("x")), "no vote"),
    ("nothing tried", keys(), "no vote"),
]


@pytest.mark.parametrize(("given", "expected"), [v[1:] for v in VOTES], ids=[v[0] for v in VOTES])
def test_the_vote_of_a_measurement(measurement: Any, given: dict[str, Any], expected: str) -> None:
    row = vote(record(measurement(given)))
    assert (row["failure"] or "success" if row else "no vote") == expected


def attempts(*steps: str, **more: Any) -> st.SearchStrategy[Attempt]:
    """Attempts of these steps; `more` are fields that only they have."""
    return st.builds(
        Attempt,
        st.sampled_from(steps),
        st.sampled_from([HOST, "there.example", "149.154.167.51", None]),
        st.sampled_from([ADDRESS, OTHER, "2001:db8::1", None]),
        st.sampled_from([80, 443]),
        failure=st.none() | st.sampled_from(["connection_reset", "network_unreachable"]),
        **more,
    )


ATTEMPTS = st.lists(
    st.one_of(
        attempts(
            "dns", answers=st.sampled_from([(), (ADDRESS,), (OTHER,), ("10.0.0.1",)]), own=st.booleans()
        ),
        attempts("tcp", "tls"),
        attempts(
            "http",
            secure=st.booleans(),
            status=st.none() | st.sampled_from([200, 403, 503]),
            location=st.none() | st.just("https://elsewhere.example/"),
        ),
    ),
    max_size=6,
).map(tuple)


@given(
    st.builds(
        EndpointFacts,
        works=st.just("system"),
        http=st.sampled_from(["fine", "none"]),
        evidence=st.just(True),
        applicable=st.just(True),
        evidence_ids=st.just(()),
    )
)
def test_of_an_endpoint_that_works_the_rules_ask_nothing_more(facts: EndpointFacts) -> None:
    assert judge_endpoint(facts) == judge_endpoint(WORKS)


@given(
    ATTEMPTS,
    st.sampled_from(["web_connectivity", "telegram", "facebook_messenger"]),
    st.sampled_from([f"https://{HOST}/", f"http://{HOST}/"]),
    st.none() | st.booleans(),
    st.none() | st.just("netsweeper"),
    st.none() | st.builds(Outside, http_works=st.booleans(), addresses=st.sampled_from([(), (ADDRESS,)])),
)
@settings(max_examples=300)
def test_the_shortcut_says_what_the_rules_say(
    tried: tuple[Attempt, ...],
    test: str,
    url: str,
    differs: bool | None,
    page: str | None,
    outside: Outside | None,
) -> None:
    made = Record("a", "a", test, datetime(2023, 11, 8, tzinfo=UTC), "x", input=url, attempts=tried)
    made.page_differs, made.block_page, made.outside = differs, page, outside
    if plainly_fine(made):
        assert weigh(made).verdict == judge(made).verdict == "accessible"
