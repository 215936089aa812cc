"""Stored sessions are decided again, by what their records hold alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from measurements.records import HttpFacts, Observation, TlsFacts, TransferFacts
from measurements.throttle.stored import decided_again

START = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)
SIZE = 262_144


def flow(minute: float, role: str, speed: float, **changes: Any) -> Observation:
    """A whole flow at an even speed, in bytes per second."""
    seconds = SIZE / speed
    marks = range(1, 65)
    facts: dict[str, Any] = {
        "session": "youtube",
        "tariff": "plain",
        "arm": "helper",
        "purpose": "pair",
        "times": tuple(seconds * mark / 64 for mark in marks),
        "bytes": tuple(SIZE * mark // 64 for mark in marks),
        "elapsed": seconds,
        "announced_bytes": SIZE,
        "cap_bytes": SIZE,
        "complete": True,
        "prefixes": ((SIZE, "0" * 64),),
    }
    return Observation(
        id=f"{minute}{role}",
        run_id=changes.pop("run_id", "run"),
        vantage="home",
        time=START + timedelta(minutes=minute),
        platform="youtube" if role == "target" else "helper",
        endpoint="video",
        role=role,  # type: ignore[arg-type]  # one of the two words
        probe="transfer",
        address="192.0.2.1" if role == "target" else "192.0.2.2",
        bytes_received=SIZE,
        tls=TlsFacts(verified=True),
        http=HttpFacts(status=200),
        transfer=TransferFacts(**(facts | changes)),
    )


def session(speed: float, number: int = 10, **changes: Any) -> list[Observation]:
    """Controls at 4 Mbit/s, targets at `speed` bytes per second, a pair a minute, with little noise."""
    rows = [flow(-1, "control", 500_000, purpose="before", **changes)]
    for minute in range(number):
        noise = 1 + minute % 5 / 100
        rows.append(flow(minute, "target", speed * noise, pair=f"p{minute}", **changes))
        rows.append(flow(minute + 0.4, "control", 500_000 / noise, pair=f"p{minute}", **changes))
    return rows


SESSIONS = {
    "ten pairs at a tenth of the speed": (session(50_000), "throttled", 10),
    "ten pairs alike": (session(500_000), "inconclusive", 10),  # a helper alone never shows an open line
    "too few pairs": (session(50_000, 4), "inconclusive", 4),
}


@pytest.mark.parametrize(("rows", "verdict", "pairs"), SESSIONS.values(), ids=SESSIONS.keys())
def test_sessions(rows: list[Observation], verdict: str, pairs: int) -> None:
    ((first, line),) = decided_again(rows)
    assert (first, line.platform, line.verdict, line.pairs) == (rows[0], "youtube", verdict, pairs)
    assert line.bytes_received == SIZE * len(rows)


def test_each_run_has_its_own_session_and_one_without_pairs_has_none() -> None:
    rows = [*session(50_000), *session(500_000, run_id="later"), flow(99, "control", 1e6, run_id="cut")]
    assert [line.verdict for _, line in decided_again(rows)] == ["throttled", "inconclusive"]


def test_rows_without_a_session_are_none() -> None:
    assert list(decided_again(session(50_000, session=None))) == []


def beside(speed: float, name: str, group: str | None = "g", **changes: Any) -> Observation:
    """A flow after the pairs, at once with others of its group."""
    return replace(flow(20, "target", speed, purpose="scope", group=group, **changes), id=name)


SCOPES = {
    "no flows side by side: the helper's arm tells of a name": ([], "sni"),
    "each flow has the rate for itself": ([beside(50_000, "a"), beside(50_000, "b")], "connection"),
    "two share it, and nothing more was tried": ([beside(25_000, "a"), beside(25_000, "b")], "sni"),
    "two share it to one address, and not to two": (
        [
            *(beside(25_000, name) for name in "ab"),
            beside(50_000, "c", "h"),
            replace(beside(50_000, "d", "h"), address="192.0.2.3"),
        ],
        "address",
    ),
    "what nobody can read is as slow": (
        [
            *(beside(50_000, name) for name in "ab"),
            *(beside(50_000, str(number), None, arm="inverted") for number in range(3)),
        ],
        "address",
    ),
    "a group that failed tells nothing": (
        [beside(50_000, "a"), beside(50_000, "b", times=(), bytes=(), complete=False)],
        "sni",
    ),
}


@pytest.mark.parametrize(("more", "scope"), SCOPES.values(), ids=SCOPES.keys())
def test_the_scope_is_that_of_the_day(more: list[Observation], scope: str) -> None:
    ((_, line),) = decided_again([*session(50_000), *more])
    assert (line.verdict, line.scope) == ("throttled", scope)
