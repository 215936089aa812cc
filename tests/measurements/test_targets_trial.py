"""What a round from a clean line says about the file: stale entries, other answers, useless neutral names."""

from datetime import UTC, datetime

import msgspec
import pytest

from measurements.records import HttpFacts, Observation, TlsFacts, VerdictLine
from measurements.targets_file import load_targets, parse_targets
from measurements.targets_trial import address_for, neutral_pairs, pair_finding, trial_findings, with_objects

NOW = datetime(2026, 3, 1, tzinfo=UTC)

TARGETS = parse_targets("""
version: 1
platforms:
  one:
    name: One
    endpoints: [{id: web, url: "https://www.one.example/", probes: [dns, tcp, tls, http]}]
    transfer:
      - {url: "https://i.one.example/x.jpg", neutral_sni: neutral.test, min_bytes: 1000}
      - {discover: {page: "https://www.one.example/start", pattern: "x"}}
controls:
  - {id: ctl, name: C, scope: foreign, url: "https://c.test/", probes: [dns, tcp, tls]}
""")


def seen(platform: str, **fields: object) -> Observation:
    base = {
        "id": "o",
        "run_id": "r",
        "vantage": "v",
        "time": NOW,
        "endpoint": "web",
        "role": "target",
        "probe": "tls",
    }
    return msgspec.convert({**base, "platform": platform, **fields}, Observation)


def verdict(word: str, endpoint: str | None) -> VerdictLine:
    return VerdictLine(
        platform="one",
        endpoint=endpoint,
        verdict=word,
        rule="r",
        rules_version="1",
        reason="silence",
        time=NOW,
    )


CONTROL = seen("ctl", role="control", tls=TlsFacts(verified=True))
OTHERWISE = seen(
    "one", probe="http", http=HttpFacts(status=404, expected=False, missed="status 404, not 204")
)


@pytest.mark.parametrize(
    ("verdicts", "observations", "expected"),
    [
        ([verdict("accessible", None), verdict("accessible", "web")], [CONTROL], []),
        (
            [verdict("blocked", None), verdict("blocked", "web")],
            [CONTROL],
            [("platforms.one.web", "blocked: silence")],
        ),
        (
            [verdict("accessible", "web")],
            [CONTROL, OTHERWISE, OTHERWISE],
            [("one.web", "answers, but not as expected: status 404, not 204")],
        ),
        ([], [], [("controls.ctl", "no verified TLS answer from this line")]),
    ],
    ids=[
        "all as it should be",
        "an entry that fails",
        "another answer, told once",
        "a control that is silent",
    ],
)
def test_a_trial_finds(
    verdicts: list[VerdictLine], observations: list[Observation], expected: list[tuple[str, str]]
) -> None:
    found = trial_findings(TARGETS, verdicts, observations)
    assert [(each.place, each.text) for each in found] == expected


def test_objects_and_pages_of_transfers_are_tried_too() -> None:
    added = with_objects(TARGETS).platforms["one"].endpoints[1:]
    assert [(each.id, each.url) for each in added] == [
        ("transfer-0", "https://i.one.example/x.jpg"),
        ("transfer-1", "https://www.one.example/start"),
    ]
    assert [each.expect and each.expect.min_bytes for each in added] == [1000, None]


def test_a_neutral_name_is_tried_where_the_platform_worked() -> None:
    ((key, transfer),) = neutral_pairs(TARGETS)
    failed = seen("one", address="192.0.2.1", failure="connection_reset")
    worked = seen("one", address="192.0.2.2")
    assert address_for(key, [CONTROL, failed, worked]) == worked
    assert address_for(key, [failed]) is None
    assert list(pair_finding(key, transfer, None)) == []
    (found,) = pair_finding(key, transfer, "ssl_invalid_hostname")
    assert "neutral.test is of no use there: ssl_invalid_hostname" in found.text


def test_the_shipped_file_with_its_objects_is_still_well_formed() -> None:
    for platform in with_objects(load_targets()).platforms.values():
        ids = [endpoint.id for endpoint in platform.endpoints]
        assert len(ids) == len(set(ids))
