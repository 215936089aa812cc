"""The censor with a virtual clock: buckets, memory, windows, scope, what is logged."""

import socket
from typing import Any

import pytest

from lab.censor.censor import Censor
from lab.packets import ACK, PSH, SYN, Ends, parse, tcp, udp
from lab.scenario import (
    Action,
    Delay,
    Drop,
    Lose,
    Police,
    Reset,
    Rule,
    Scenario,
    Shape,
    Trigger,
    Window,
)

CLIENT, SERVER, OTHER = (socket.inet_aton(text) for text in ("10.0.0.1", "192.0.2.7", "192.0.2.8"))
BLOCKED = b"GET / HTTP/1.1\r\nHost: blocked.test\r\n\r\n"
OPEN = b"GET / HTTP/1.1\r\nHost: open.test\r\n\r\n"
BY_HOST = Trigger(host=("blocked.test",))
PASSED, GONE = "passed", "gone"


class Box:
    """A censor and the packets of some connections."""

    def __init__(self, *rules: Rule, epoch: float = 0.0, seed: int = 1) -> None:
        self.censor = Censor(Scenario(name="test", title="Test", rules=rules, seed=seed), epoch)

    def send(self, now: float, data: bytes, *, up: bool = True) -> Any:
        """PASSED, GONE, the time until which the packet is held, or what else was sent in its place."""
        sent = self.censor.process(now, up, data, 64)
        if sent is None:
            return PASSED
        if not sent:
            return GONE
        if len(sent) == 1 and sent[0].data == data:
            return sent[0].at
        return sent

    def connect(self, now: float, port: int, words: bytes = BLOCKED, server: bytes = SERVER) -> list[Any]:
        ends = Ends(CLIENT, port, server, 80)
        return [self.send(now, tcp(ends, 0, 0, SYN)), self.send(now, tcp(ends, 1, 1, PSH | ACK, words))]

    def down(self, now: float, port: int, size: int = 960, server: bytes = SERVER) -> Any:
        """A segment from the server; 960 bytes of payload make a packet of 1,000."""
        ends = Ends(server, 80, CLIENT, port)
        return self.send(now, tcp(ends, 1, 2, ACK, bytes(size)), up=False)


def rule(action: Action, trigger: Trigger = BY_HOST, **fields: Any) -> Rule:
    return Rule(name="test", trigger=trigger, action=action, **fields)


def test_a_name_puts_the_rule_in_force_for_the_rest_of_the_flow() -> None:
    box = Box(rule(Drop()))
    assert box.connect(0, 1) == [PASSED, GONE]
    assert box.down(1, 1) == GONE
    assert box.connect(2, 2, OPEN) == [PASSED, PASSED]


def test_a_port_used_again_is_a_new_flow() -> None:
    box = Box(rule(Drop()))
    assert box.connect(0, 1) == [PASSED, GONE]
    assert box.connect(1, 1, OPEN) == [PASSED, PASSED]


def test_a_policer_lets_the_burst_and_then_the_rate_pass() -> None:
    box = Box(rule(Police(rate=8000, burst=3000)))  # 1,000 bytes a second
    box.connect(0, 1)
    assert [box.down(10, 1) for _ in range(4)] == [PASSED, PASSED, PASSED, GONE]
    assert [box.down(10 + n / 2, 1) for n in range(1, 5)] == [GONE, PASSED, GONE, PASSED]


def test_a_shaper_spaces_packets_and_drops_what_its_queue_cannot_hold() -> None:
    box = Box(rule(Shape(rate=8000, queue=2000)))
    box.connect(0, 1)
    assert [box.down(10, 1) for _ in range(4)] == [11.0, 12.0, GONE, GONE]


SCOPES = [
    ("connection", [PASSED, PASSED, PASSED]),
    ("address", [PASSED, GONE, PASSED]),
    ("subscriber", [PASSED, GONE, GONE]),
]


@pytest.mark.parametrize(("scope", "fates"), SCOPES)
def test_whose_bucket_it_is(scope: Any, fates: list[str]) -> None:
    box = Box(rule(Police(rate=8, burst=1000), Trigger(), scope=scope))
    flows = ((1, SERVER), (2, SERVER), (3, OTHER))
    assert [box.down(0, port, server=server) for port, server in flows] == fates


def test_a_residual_block_ends_after_its_time() -> None:
    box = Box(rule(Drop(), residual=30))
    box.connect(0, 1)
    assert box.connect(29, 2, OPEN) == [GONE, GONE]
    assert box.connect(29, 3, OPEN, OTHER) == [PASSED, PASSED]
    assert box.connect(31, 4, OPEN) == [PASSED, PASSED]


def test_a_remembered_address_is_forgotten_after_its_time() -> None:
    box = Box(rule(Drop(), memory=900))
    box.connect(0, 1)
    elsewhere = Ends(CLIENT, 9, SERVER, 8080)
    assert box.send(899, tcp(elsewhere, 0, 0, SYN)) == GONE
    assert box.send(901, tcp(elsewhere, 0, 0, SYN)) == PASSED


WINDOWS = [
    (Window(start=10, end=20), 15, True),
    (Window(start=10, end=20), 25, False),
    (Window(start=10, end=20, every=100), 115, True),
    (Window(start=72_000, end=79_200, clock="utc_day"), 3_600, True),  # 19:30 at the start, 20:30 then
    (Window(start=72_000, end=79_200, clock="utc_day"), 0, False),
    (Window(start=72_000, end=90_000, clock="utc_day"), 5 * 3_600, True),  # past midnight, until 01:00
]


@pytest.mark.parametrize(("window", "now", "acts"), WINDOWS)
def test_a_rule_acts_in_its_window(window: Window, now: float, acts: bool) -> None:
    box = Box(rule(Drop(), window=window), epoch=86_400 * 17_000 + 70_200)
    assert box.connect(now, 1)[1] == (GONE if acts else PASSED)


def test_a_rule_may_act_late_in_a_flow_by_bytes_or_by_seconds() -> None:
    box = Box(rule(Drop(), after_bytes=2000))
    box.connect(0, 1)
    assert [box.down(1, 1) for _ in range(4)] == [PASSED, PASSED, PASSED, GONE]
    box = Box(rule(Drop(), after_seconds=20))
    box.connect(0, 1)
    assert [box.down(now, 1) for now in (19, 21)] == [PASSED, GONE]


def test_a_held_packet_is_not_overtaken_by_one_that_the_rule_leaves_alone() -> None:
    box = Box(rule(Delay(seconds=3), direction="down", until_bytes=900))
    box.connect(0, 1)
    assert [box.down(now, 1) for now in (1, 2, 9)] == [4.0, 4.0, PASSED]


KINDS = [("syn", [GONE, PASSED, PASSED]), ("data", [PASSED, GONE, PASSED]), ("acks", [PASSED, PASSED, GONE])]


@pytest.mark.parametrize(("packets", "fates"), KINDS)
def test_a_rule_may_be_about_one_kind_of_packets(packets: Any, fates: list[str]) -> None:
    box = Box(rule(Drop(), Trigger(), packets=packets))
    ends = Ends(CLIENT, 1, SERVER, 80)
    given = tcp(ends, 0, 0, SYN), tcp(ends, 1, 1, PSH | ACK, b"x"), tcp(ends, 2, 1, ACK)
    assert [box.send(0, data) for data in given] == fates


def test_a_rule_may_act_so_many_times_only() -> None:
    box = Box(rule(Drop(), Trigger(), packets="syn", times=1))
    assert [box.connect(now, now + 1, OPEN)[0] for now in range(3)] == [GONE, PASSED, PASSED]


def test_a_share_of_flows_is_drawn_by_the_seed() -> None:
    fates = [Box(rule(Drop(), share=0.3), seed=seed).connect(0, 1)[1] for seed in range(200)]
    assert 40 < fates.count(GONE) < 80
    assert fates == [Box(rule(Drop(), share=0.3), seed=seed).connect(0, 1)[1] for seed in range(200)]


def test_losses_are_drawn_for_each_packet() -> None:
    box = Box(rule(Lose(probability=0.25), Trigger()))
    fates = [box.down(0, 1) for _ in range(1000)]
    assert 200 < fates.count(GONE) < 300


def test_unless_spares_a_name() -> None:
    box = Box(rule(Drop(), Trigger(ports=(80,)), packets="data", unless=Trigger(host=("open.test",))))
    assert box.connect(0, 1) == [PASSED, GONE]
    assert box.connect(0, 2, OPEN) == [PASSED, PASSED]


def test_a_packet_that_dies_before_the_box_is_not_seen() -> None:
    box = Box(rule(Drop(), Trigger(), hop=3))
    data = tcp(Ends(CLIENT, 1, SERVER, 80), 0, 0, SYN)
    assert [box.censor.process(0, True, data, ttl) for ttl in (2, 3)] == [None, []]


def test_a_reset_carries_the_numbers_that_both_ends_expect() -> None:
    box = Box(rule(Reset()))
    _, sent = box.connect(0, 1)
    to_client, to_server = (parse(emission.data) for emission in sent)
    assert to_client is not None
    assert to_server is not None
    assert (to_client.destination, to_client.sequence, to_client.acknowledgement) == (
        CLIENT,
        1,
        1 + len(BLOCKED),
    )
    assert (to_server.destination, to_server.sequence) == (SERVER, 1)


def test_acts_are_logged_once_for_each_flow_with_their_count() -> None:
    box = Box(rule(Drop()), epoch=1000.0)
    box.connect(1, 1)
    box.down(5, 1)
    box.connect(2, 2, OPEN)
    (act,) = box.censor.acts()
    assert act == {
        "type": "act",
        "rule": "test",
        "action": "drop",
        "hop": 3,
        "protocol": "tcp",
        "client": "10.0.0.1",
        "client_port": 1,
        "server": "192.0.2.7",
        "server_port": 80,
        "name": "blocked.test",
        "first": 1,
        "last": 5,
        "first_time": 1001.0,
        "packets": 2,
        "bytes": 40 + len(BLOCKED) + 1000,
    }


def test_a_policed_flow_that_conforms_is_no_act() -> None:
    box = Box(rule(Police(rate=1e6, burst=50_000), Trigger()))
    box.connect(0, 1)
    assert box.censor.acts() == []


def test_each_dns_question_of_one_socket_is_judged_by_itself() -> None:
    import dns.message

    box = Box(rule(Drop(), Trigger(dns=("blocked.test",), dns_types=("A",))))
    ends = Ends(CLIENT, 5, SERVER, 53)

    def ask(name: str, kind: str) -> Any:
        return box.send(0, udp(ends, dns.message.make_query(name, kind).to_wire()))

    asked = [("blocked.test", "A"), ("open.test", "A"), ("blocked.test", "AAAA"), ("blocked.test", "A")]
    assert [ask(*question) for question in asked] == [GONE, PASSED, PASSED, GONE]
