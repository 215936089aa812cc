"""From what was heard at each TTL to a hop, by tables."""

import pytest

from probes.trace.decide import decide, distance
from probes.trace.evidence import Finding, Heard, Series, Word

LETTERS: dict[str, Word] = {
    "e": "expired",
    "A": "answer",
    "R": "reset",
    "C": "closed",
    "x": "refused",
    ".": "silence",
    "u": "unconnected",
}


def series(text: str, addresses: str = "") -> Series:
    """One letter a TTL, "eA" in brackets for two words; `addresses` gives each hop a letter as its address."""
    found = Series()
    for ttl, letter in enumerate(text.split() if " " in text else text, 1):
        address = addresses[ttl - 1] if len(addresses) >= ttl else None
        found.add(ttl, [Heard(LETTERS[each], address if each == "e" else None) for each in letter])
    return found


@pytest.mark.parametrize(
    ("target", "control", "finding"),
    [
        pytest.param("eeeA", "eeeA", Finding("none"), id="both reach the server"),
        pytest.param("e..A", "e.eA", Finding("none"), id="hops that keep silent are no box"),
        pytest.param(
            "eeeR",
            "eeeA",
            Finding("unclear", reason="reset_by_server_or_box"),
            id="a reset from the server's own distance",
        ),
        pytest.param("eeeR", "eeeR", Finding("none"), id="the server resets both"),
        pytest.param(
            "R",
            "A",
            Finding("unclear", reason="reset_by_server_or_box"),
            id="a box next door, or a near server",
        ),
        pytest.param("eR", "eeeA", Finding("reset", 2, 2), id="reset before the server"),
        pytest.param(
            "e e eR", "eeeeA", Finding("reset", 3, 3), id="a box beside the way lets the packet expire too"
        ),
        pytest.param("eA", "eeeA", Finding("forged", 2, 2), id="answered before the server"),
        pytest.param("eC", "eeeA", Finding("closed", 2, 2), id="ended before the server"),
        pytest.param("e.R", "eeeA", Finding("reset", 2, 3), id="a lost packet before it leaves two hops"),
        pytest.param("ee...", "eeeeA", Finding("dropped", 3, 3), id="swallowed where the control passes"),
        pytest.param("ee...", "ee.eA", Finding("dropped", 3, 4), id="a silent hop leaves two"),
        pytest.param("eeu", "eeeeA", Finding("dropped", 3, 3), id="no connection after the first trigger"),
        pytest.param("....", "...A", Finding("dropped", 1, 4), id="nobody on the way speaks"),
        pytest.param(
            "eee.", "eeeA", Finding("unclear", reason="silent_at_the_end"), id="the server may be silent"
        ),
        pytest.param(
            "eee.", "eee.", Finding("unclear", reason="control_silent"), id="the control is silent too"
        ),
        pytest.param("eexx", "eeeA", Finding("unclear", reason="icmp_refusal"), id="a router refuses"),
    ],
)
def test_a_name_against_a_neutral_name(target: str, control: str, finding: Finding) -> None:
    assert decide("hello", series(target), series(control)) == finding


@pytest.mark.parametrize(
    ("target", "control", "finding"),
    [
        pytest.param(
            "abcA", "abcdA", Finding("none"), id="an address that is nearer is none of a box's doing"
        ),
        pytest.param("ab...", "abcdA", Finding("dropped", 3, 3), id="swallowed on the shared way"),
        pytest.param("ax...", "abcdA", Finding("unclear", reason="other_way"), id="the ways part before"),
        pytest.param(
            "abR",
            "abcdA",
            Finding("unclear", reason="reset_by_server_or_box"),
            id="refused by whom is not known",
        ),
        pytest.param(
            "abcd.", "abcdA", Finding("unclear", reason="silent_at_the_end"), id="the server may be off"
        ),
        pytest.param(".....", "abcdA", Finding("dropped", 1, 1), id="swallowed at the first hop"),
    ],
)
def test_an_address_against_another_address(target: str, control: str, finding: Finding) -> None:
    """Small letters are the addresses of hops that speak."""

    def of(text: str) -> Series:
        return series("".join("e" if each.islower() else each for each in text), text)

    assert decide("syn", of(target), of(control)) == finding


def test_a_control_that_is_answered_before_its_server_tells_nothing() -> None:
    finding = decide("hello", series("eR"), series("eeR"), known_end=5)
    assert finding == Finding("unclear", reason="control_affected")


def test_the_distance_is_that_of_the_first_word_in_the_servers_name() -> None:
    assert (distance(series("eexA")), distance(series("ee.."))) == (4, None)


def test_a_try_that_heard_nothing_leaves_silence_beside_the_second_tries_answer() -> None:
    found = Series()
    found.add(1, [])
    found.add(1, [Heard("expired", "192.0.2.1")])
    assert found.words(1) == {"silence", "expired"}
    assert found.addresses() == {1: "192.0.2.1"}
