"""The doctor: one fact changed at a time, and what is said then. Every answer has its sentence."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from measurements.records import HttpFacts, Observation, TlsFacts
from measurements.rules.line import Line
from tests.records import observation
from vantage import facts as gathering
from vantage.doctor import CHECKS, Facts, Online, examine
from vantage.facts import local_facts, local_resolver, through_tunnel
from vantage.online import online_facts

GOOD_ONLINE = Online("online", resolver_answers=True, ipv6_works=True, clock_ahead=0.4, lag=0.002)
GOOD = Facts(
    consent=True,
    state_writable=True,
    disk_free=10**10,
    clock_before_release=False,
    almaty_offset=5.0,
    route4=True,
    route6=True,
    tunnel=False,
    proxy=False,
    local_resolver=False,
    raw_sockets=False,
    encryption="on",
    lag=0.001,
    online=GOOD_ONLINE,
)


def online(**changes: object) -> dict[str, object]:
    return {"online": replace(GOOD_ONLINE, **changes)}  # type: ignore[arg-type] # a table of cases


def test_on_a_good_line_nothing_is_to_mend() -> None:
    assert {result.level for result in examine(GOOD)} == {"ok", "note"}


@pytest.mark.parametrize(
    ("changes", "check", "level", "code"),
    [
        ({"consent": False}, "consent", "problem", "missing"),
        ({"route4": False, "route6": False}, "network", "problem", "no_route"),
        (online(situation="offline"), "network", "problem", "offline"),
        (online(situation="captive_portal"), "network", "problem", "captive_portal"),
        (online(situation="international_cut"), "network", "warning", "international_cut"),
        ({"online": None}, "network", "unknown", "not_tried"),
        ({"tunnel": True}, "vpn", "problem", "tunnel"),
        ({"proxy": True}, "vpn", "warning", "proxy"),
        ({"tunnel": None}, "vpn", "unknown", "cannot_tell"),
        (online(resolver_answers=False), "resolver", "problem", "silent"),
        ({"local_resolver": True}, "resolver", "warning", "local"),
        ({"local_resolver": None}, "resolver", "unknown", "cannot_tell"),
        ({"clock_before_release": True}, "clock", "problem", "past"),
        (online(clock_ahead=3600.0), "clock", "problem", "off"),
        (online(clock_ahead=-45.0), "clock", "problem", "off"),
        (online(clock_ahead=None), "clock", "unknown", "not_compared"),
        ({"almaty_offset": 6.0}, "time_zones", "problem", "old"),
        ({"almaty_offset": None}, "time_zones", "problem", "missing"),
        ({"route6": False}, "ipv6", "note", "no_route"),
        (online(ipv6_works=False), "ipv6", "note", "broken"),
        ({"online": None}, "ipv6", "unknown", "not_tried"),
        ({"lag": 0.3}, "event_loop", "warning", "late"),
        (online(lag=0.05), "event_loop", "warning", "late"),
        ({"state_writable": False}, "storage", "problem", "read_only"),
        ({"disk_free": 1_000_000}, "storage", "problem", "low"),
        ({"encryption": "later"}, "encryption", "note", "not_yet"),
        ({"encryption": "off"}, "encryption", "note", "plain"),
        ({"encryption": "locked"}, "encryption", "problem", "locked"),
        ({"raw_sockets": True}, "raw_sockets", "note", "allowed"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(changes: dict[str, object], check: str, level: str, code: str) -> None:
    results = {result.check: result for result in examine(replace(GOOD, **changes))}  # type: ignore[arg-type]
    assert (results[check].level, results[check].code) == (level, code)


ROUTES = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


def route(interface: str, destination: str, mask: str) -> str:
    return f"{interface}\t{destination}\t0100000A\t0003\t0\t0\t0\t{mask}\t0\t0\t0\n"


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (None, None),
        ("", False),
        (ROUTES + route("eth0", "00000000", "00000000"), False),
        (ROUTES + route("wg0", "00000000", "00000000"), True),
        (ROUTES + route("eth0", "00000000", "00000000") + route("tun0", "00000000", "00000080"), True),
        (ROUTES + route("eth0", "00000000", "00000000") + route("tun0", "0000000A", "000000FF"), False),
    ],
    ids=[
        "no such table here",
        "empty",
        "an ordinary line",
        "all through a VPN",
        "two halves through a VPN",
        "only an office network through a VPN",
    ],
)
def test_a_vpn_is_seen_in_the_routes(table: str | None, expected: bool | None) -> None:
    assert through_tunnel(table) is expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, None),
        ("# nothing\nsearch lan\n", None),
        ("nameserver 127.0.0.53\n", True),
        ("nameserver ::1\n", True),
        ("nameserver 192.0.2.53\nnameserver 127.0.0.1\n", False),
    ],
    ids=["no such file here", "no server", "a local stub", "a local stub over IPv6", "the network's"],
)
def test_a_resolver_on_the_device_is_seen(content: str | None, expected: bool | None) -> None:
    assert local_resolver(content) is expected


def test_facts_of_this_device_are_gathered_without_creating_the_state_folder(tmp_path: Path) -> None:
    state = tmp_path / "not" / "yet"
    now = datetime(2026, 3, 1, tzinfo=UTC)
    found = local_facts(state, consent=False, now=now, released="2026-03-02", online=None)
    assert found.clock_before_release
    assert found.almaty_offset == 5
    assert found.state_writable
    assert found.disk_free
    assert found.lag >= 0
    assert not state.parent.exists()


def test_systems_without_linux_files_only_know_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "_ROUTES", tmp_path / "none")
    monkeypatch.setattr(gathering, "_RESOLV_CONF", tmp_path / "none")
    found = local_facts(tmp_path, consent=True, now=datetime.now(UTC), released=None, online=None)
    assert (found.tunnel, found.local_resolver, found.clock_before_release) == (None, None, False)


# What a round of controls shows --------------------------------------------------------------------------------------

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def seen(
    probe: str, family: int = 4, failure: str | None = None, date: str | None = None, verified: bool = True
) -> Observation:
    return observation(
        id=f"{probe}{family}{date}",
        time=NOON,
        platform="c",
        role="control",
        probe=probe,
        family=family,
        failure=failure,
        tls=TlsFacts(verified=verified),
        http=HttpFacts(headers=(("Date", date),)) if date else None,
        lag=0.01,
    )


@pytest.mark.parametrize(
    ("dates", "ahead"),
    [
        (["Sun, 01 Mar 2026 12:00:00 GMT"], 0.0),
        (["Sun, 01 Mar 2026 11:00:00 GMT"], 3600.0),
        (["Sun, 01 Mar 2026 12:00:10 -0000"], -10.0),
        (
            [
                "Sun, 01 Mar 2026 12:00:00 GMT",
                "Sun, 01 Mar 2026 12:00:00 GMT",
                "Thu, 01 Jan 1970 00:00:00 GMT",
            ],
            0.0,
        ),
        (["yesterday"], None),
        ([], None),
    ],
    ids=["right", "an hour ahead", "behind", "one server is wrong itself", "no date", "no answer"],
)
def test_the_clock_is_compared_with_the_controls(dates: list[str], ahead: float | None) -> None:
    rows = [seen("http", date=date) for date in dates]
    assert online_facts(Line("online"), rows).clock_ahead == ahead


def test_a_date_that_anybody_could_have_written_does_not_count() -> None:
    rows = [seen("http", date="Sun, 01 Mar 2026 09:00:00 GMT", verified=False)]
    assert online_facts(Line("online"), rows).clock_ahead is None


def test_resolver_ipv6_and_lag_come_from_the_controls() -> None:
    rows = [seen("dns", failure="generic_timeout_error"), seen("tcp", family=6)]
    found = online_facts(Line("online"), rows)
    assert (found.resolver_answers, found.ipv6_works, found.lag) == (False, True, 0.01)


def test_each_check_has_a_case_here() -> None:
    assert {result.check for result in examine(GOOD)} == set(CHECKS)
