"""What `efir targets check` says about a file that is well formed but weak."""

from datetime import date

import pytest

from measurements.targets_check import check_rules
from measurements.targets_file import load_targets, parse_targets

TODAY = date(2026, 3, 1)

FULL = """
version: 1
updated: 2026-02-01
platforms:
  one:
    name: One
    endpoints: [{id: web, url: "https://www.one.example/", probes: [dns]}]
    transfer: {url: "https://i.one.example/x.jpg", neutral_sni: cdn.neutral.example}
controls:
  - {id: a, name: A, scope: foreign, network: NetA, url: "https://a.test/", probes: [dns], transfer: {url: "https://a.test/o"}}
  - {id: b, name: B, scope: foreign, network: NetB, url: "https://b.test/", probes: [dns]}
  - {id: c, name: C, scope: foreign, url: "https://c.test/", probes: [dns]}
  - {id: d, name: D, scope: domestic, url: "https://d.test/", probes: [dns]}
  - {id: e, name: E, scope: domestic, url: "https://e.test/", probes: [dns]}
resolvers:
  - {id: system}
  - {id: r1, doh: "https://192.0.2.1/dns-query"}
  - {id: r2, doh: "https://192.0.2.2/dns-query"}
"""


@pytest.mark.parametrize(
    ("old", "new", "level", "place", "text"),
    [
        ("network: NetB", "network: NetA", "error", "controls", "2 foreign networks; 3 are needed"),
        (
            "id: d, name: D, scope: domestic",
            "id: d, name: D, scope: foreign",
            "error",
            "controls",
            "1 domestic",
        ),
        ("  - {id: system}\n", "", "error", "resolvers", "system's resolver is missing"),
        (
            '  - {id: r2, doh: "https://192.0.2.2/dns-query"}\n',
            "",
            "error",
            "resolvers",
            "1 trusted resolvers; 2",
        ),
        (
            ', transfer: {url: "https://a.test/o"}',
            "",
            "error",
            "controls",
            "no foreign control has a transfer object",
        ),
        (
            '    transfer: {url: "https://i.one.example/x.jpg", neutral_sni: cdn.neutral.example}\n',
            "",
            "warning",
            "platforms.one",
            "slowness of this platform cannot be measured",
        ),
        (
            "cdn.neutral.example",
            "cdn.one.example",
            "error",
            "platforms.one.transfer",
            "belongs to the platform itself",
        ),
        (
            "cdn.neutral.example",
            "one-cdn.test",
            "error",
            "platforms.one.transfer",
            "belongs to the platform itself",
        ),
        (
            'https://www.one.example/", probes: [dns]',
            'http://www.one.example/", probes: [dns, tls]',
            "error",
            "platforms.one.web",
            "http:// has no tls",
        ),
        ("updated: 2026-02-01\n", "", "warning", "updated", "not given"),
        ("2026-02-01", "2025-02-01", "warning", "updated", "393 days old"),
        ("2026-02-01", "lately", "error", "updated", "'lately' is no date"),
        (
            "probes: [dns]}]",
            "probes: [dns], verified: false, note: from memory}]",
            "warning",
            "platforms.one.web",
            "never tried from a clean line (from memory)",
        ),
    ],
    ids=[
        "two controls of one network",
        "one domestic control",
        "no system resolver",
        "one trusted resolver",
        "no control to compare slowness with",
        "platform without an object",
        "neutral name of the same site",
        "neutral name with the brand in it",
        "TLS on clear text",
        "no date",
        "old",
        "no such date",
        "untried entry",
    ],
)
def test_a_weakness_is_found(old: str, new: str, level: str, place: str, text: str) -> None:
    assert old in FULL
    (found,) = check_rules(parse_targets(FULL.replace(old, new)), TODAY)
    assert (found.level, found.place) == (level, place)
    assert text in found.text


def test_a_full_file_has_no_findings() -> None:
    assert check_rules(parse_targets(FULL), TODAY) == []


def test_the_shipped_file_lacks_nothing_but_a_try_from_a_clean_line() -> None:
    targets = load_targets()
    assert targets.updated
    found = check_rules(targets, date.fromisoformat(targets.updated))
    assert [each for each in found if each.level == "error"] == []
    assert all("never tried" in each.text for each in found)
