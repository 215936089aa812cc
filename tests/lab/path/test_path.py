"""The path with a virtual clock."""

import random
import socket
from typing import Any

import pytest

from lab.buckets import Queue, TokenBucket
from lab.packets import Ends, parse, udp
from lab.path.link import FadingRate
from lab.path.path import DOWN, UP, Path
from lab.scenario import CrossTraffic, Fading, Hop, Link, Window, default_hops

HERE, THERE = socket.inet_aton("10.0.0.1"), socket.inet_aton("192.0.2.7")
UPWARDS, DOWNWARDS = Ends(HERE, 1, THERE, 2), Ends(THERE, 2, HERE, 1)


def packet(up: bool = UP, size: int = 1000, ttl: int = 64) -> bytes:
    return udp(UPWARDS if up else DOWNWARDS, bytes(size - 28), ttl=ttl)


def make(seed: int = 1, **link: Any) -> Path:
    return Path(Link(**{"one_way_delay": 0.010, **link}), None, seed=seed, epoch=0.0)


def arrivals(path: Path) -> list[tuple[float, bool, bytes]]:
    """All that arrives, each at the time that `due` gives."""
    found = []
    while (due := path.due()) is not None:
        found += [(due, up, data) for up, data in path.release(due)]
    return found


@pytest.mark.parametrize("up", [UP, DOWN])
def test_a_packet_arrives_after_the_delay_with_a_lower_ttl(up: bool) -> None:
    path = make()
    path.receive(1.0, up, packet(up))
    ((at, direction, data),) = arrivals(path)
    assert (at, direction) == (pytest.approx(1.010), up)
    read = parse(data)
    assert read is not None
    assert read.ttl == 64 - 5


@pytest.mark.parametrize(
    ("up", "ttl", "hop"),
    [(UP, 1, "10.99.0.1"), (UP, 5, "10.99.0.5"), (DOWN, 1, "10.99.0.5"), (DOWN, 4, "10.99.0.2")],
)
def test_a_hop_tells_the_sender_that_the_ttl_ended(up: bool, ttl: int, hop: str) -> None:
    path = make()
    path.receive(0.0, up, packet(up, ttl=ttl))
    ((at, direction, data),) = arrivals(path)
    assert direction is not up
    assert data[12:16] == socket.inet_aton(hop)
    assert at == pytest.approx(0.020 * ttl / 6)  # there and back; six links join five hops


def test_a_silent_hop_says_nothing() -> None:
    silent = Hop(ipv4="10.99.0.9", ipv6="2001:db8::9", answers=False)
    path = make(hops=(silent, *default_hops(2)))
    path.receive(0.0, UP, packet(ttl=1))
    assert arrivals(path) == []


def test_a_rate_spaces_packets_out_and_its_queue_is_finite() -> None:
    path = make(rate_down=8e6, queue=10_000)  # a packet of 1,000 bytes a millisecond
    for _ in range(20):
        path.receive(0.0, DOWN, packet(DOWN))
    times = [at for at, _, _ in arrivals(path)]
    assert times == pytest.approx([0.010 + 0.001 * n for n in range(1, 11)])


def test_a_full_queue_delays_what_comes_later_upwards_too() -> None:
    path = make(rate_up=8e6)
    path.receive(0.0, UP, packet(size=1500))
    path.receive(0.0, UP, packet(size=1500))
    assert [at for at, _, _ in arrivals(path)] == pytest.approx([0.0115, 0.013])


def test_jitter_keeps_order_unless_told_otherwise() -> None:
    for in_order in (True, False):
        path = make(jitter=0.005, in_order=in_order)
        sent = [packet(size=100 + n) for n in range(200)]
        for n, data in enumerate(sent):
            path.receive(n * 0.0001, UP, data)
        sizes = [len(data) for _, _, data in arrivals(path)]
        assert (sizes == sorted(sizes)) is in_order


def test_losses_have_their_share_and_their_direction() -> None:
    path = make(loss_down=0.1)
    for _ in range(2000):
        path.receive(0.0, UP, packet(size=100))
        path.receive(0.0, DOWN, packet(DOWN, size=100))
    got = [up for _, up, _ in arrivals(path)]
    assert got.count(UP) == 2000
    assert 1740 < got.count(DOWN) < 1860


def test_an_outage_loses_everything_in_its_window() -> None:
    path = make(outages=Window(start=2, end=3, every=10))
    for now in range(25):
        path.receive(now, UP, packet())
    assert [round(at) for at, _, _ in arrivals(path)] == [now for now in range(25) if now not in (2, 12, 22)]


def test_broken_ipv6_vanishes_and_ipv4_goes_on() -> None:
    six = socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    path = make(ipv6_broken=True)
    path.receive(0.0, UP, udp(Ends(six, 1, six, 2), b"x"))
    path.receive(0.0, UP, packet())
    assert len(arrivals(path)) == 1


def test_multicast_stays_at_home() -> None:
    path = make()
    path.receive(0.0, UP, udp(Ends(HERE, 1, socket.inet_aton("224.0.0.251"), 5353), b"x"))
    assert arrivals(path) == []


def test_other_peoples_packets_fill_the_queue() -> None:
    path = make(rate_down=10e6, cross_traffic=CrossTraffic(down=8e6), queue=64_000)
    free = make(rate_down=10e6, queue=64_000)
    for n in range(1000):
        for one in (path, free):
            one.receive(n * 0.004, DOWN, packet(DOWN))  # 2 Mbit/s
    loaded, alone = ([at for at, _, _ in arrivals(one)] for one in (path, free))
    assert sum(loaded) / len(loaded) > sum(alone) / len(alone) + 0.002
    assert len(loaded) <= len(alone) == 1000


def test_fading_wanders_around_one() -> None:
    fading = FadingRate(Fading(log_sd=0.6, correlation=1.0), random.Random(3))
    factors = [fading.factor(now * 2.0) for now in range(2000)]
    assert 0.9 < sorted(factors)[1000] < 1.1
    assert 0.45 < sorted(factors)[320] < 0.65  # one standard deviation below: exp(-0.6) = 0.55


def test_the_same_seed_gives_the_same_path() -> None:
    runs = []
    for _ in range(2):
        path = make(seed=7, jitter=0.003, loss_up=0.3)
        for n in range(100):
            path.receive(n * 0.001, UP, packet())
        runs.append(arrivals(path))
    assert runs[0] == runs[1]


def test_a_token_bucket_is_full_at_first_and_never_holds_more() -> None:
    bucket = TokenBucket(8000, 2000)
    assert [bucket.take(100.0, 1000) for _ in range(3)] == [True, True, False]
    assert not bucket.take(100.5, 1000)
    assert bucket.take(101.0, 1000)


def test_a_queue_takes_one_packet_whatever_its_size() -> None:
    queue = Queue(8000, 500)
    assert [queue.admit(0.0, 1500), queue.admit(0.0, 100), queue.admit(1.5, 1500)] == [1.5, None, 3.0]
