"""Token buckets."""

import pytest

from collector.rates import Buckets, network_key


def test_a_burst_passes_then_one_at_a_time() -> None:
    buckets = Buckets(burst=3, every=10.0)
    assert [buckets.take(b"a", 0.0) for _ in range(4)] == [0, 0, 0, 10]
    assert buckets.take(b"a", 9.0) == 1
    assert buckets.take(b"a", 10.0) == 0
    assert buckets.take(b"a", 10.0) == 10


def test_one_key_does_not_use_up_another() -> None:
    buckets = Buckets(burst=1, every=10.0)
    assert [buckets.take(key, 0.0) for key in (b"a", b"a", b"b")] == [0, 10, 0]


def test_more_than_a_bucket_passes_once_and_fills_the_longer() -> None:
    buckets = Buckets(burst=2, every=1.0)
    assert buckets.take(b"a", 0.0, amount=10) == 0
    assert buckets.take(b"a", 5.0) == 4
    assert buckets.take(b"a", 9.0) == 0


def test_memory_is_bounded() -> None:
    buckets = Buckets(burst=1, every=1e9)
    for number in range(100_001):
        buckets.take(number.to_bytes(4, "big"), 0.0)
    assert len(buckets._full_at) == 100_000


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "::ffff:192.0.2.1", True),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2", True),
    ],
)
def test_which_addresses_are_one_network(one: str, other: str, same: bool) -> None:
    assert (network_key(one, b"k") == network_key(other, b"k")) is same
    assert network_key(one, b"k") != network_key(one, b"another")
