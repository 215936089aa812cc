"""Counting what each client takes."""

from helper.limits import Accounts, Limits

LIMITS = Limits(
    connections=3, connections_per_client=2, bytes_per_client=100, questions_per_client=1, window=60
)


def accounts() -> Accounts:
    return Accounts(LIMITS, b"key")


def test_one_household_of_ipv6_is_one_client():
    count = accounts()
    assert count.client("2001:db8::1") == count.client("2001:db8::ffff:1")
    assert count.client("2001:db8::1") != count.client("2001:db8:0:1::1")


def test_an_ipv4_client_is_the_same_behind_a_mapped_address():
    count = accounts()
    assert count.client("192.0.2.1") == count.client("::ffff:192.0.2.1")
    assert count.client("192.0.2.1") != count.client("192.0.2.2")


def test_a_hash_cannot_be_compared_between_two_runs():
    assert Accounts(LIMITS, b"one").client("192.0.2.1") != Accounts(LIMITS, b"two").client("192.0.2.1")


def test_connections_are_bounded_per_client_and_for_all():
    count = accounts()
    assert [count.enter(b"a", 0), count.enter(b"a", 0), count.enter(b"a", 0)] == [True, True, False]
    assert [count.enter(b"b", 0), count.enter(b"b", 0)] == [True, False]
    count.leave(b"a")
    assert count.enter(b"b", 0)


def test_bytes_come_back_after_the_window():
    count = accounts()
    assert [count.take(b"a", 60, 0), count.take(b"a", 60, 1), count.take(b"a", 60, 61)] == [True, False, True]


def test_questions_are_bounded_per_client():
    count = accounts()
    assert [count.ask(b"a", 0), count.ask(b"a", 1), count.ask(b"b", 1)] == [True, False, True]
