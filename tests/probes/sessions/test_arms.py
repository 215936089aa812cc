"""Who is compared with whom, and at which addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.targets import Helper
from probes.sessions.addresses import Split, of_one_family, split
from probes.sessions.arms import helper_arm, of_like_length, own_side, same_address_arms

ADDRESSES = ("192.0.2.3", "192.0.2.1", "192.0.2.2", "192.0.2.4")
HELPER = Helper(addresses=ADDRESSES, sha256="ab" * 32, neutral_sni="n.example")


@given(st.sets(st.ip_addresses(v=4).map(str), min_size=2, max_size=9))
def test_target_and_control_share_no_address_where_there_are_two(addresses):
    halves = split(of_one_family(addresses))
    assert not halves.shared
    assert set(halves.target) | set(halves.control) == addresses


def test_a_single_address_is_shared():
    assert split(("192.0.2.1",)).shared


def test_ipv4_is_taken_where_there_is_any_and_the_order_does_not_depend_on_the_resolver():
    assert of_one_family(["2001:db8::1", "192.0.2.10", "192.0.2.9"]) == ("192.0.2.9", "192.0.2.10")
    assert of_one_family(["2001:db8::2", "2001:db8::1"]) == ("2001:db8::1", "2001:db8::2")


def test_the_addresses_of_a_role_take_turns():
    halves = Split(("a", "b"), ("c",))
    assert [halves.next("target") for _ in range(3)] == ["a", "b", "a"]
    assert [halves.next("control") for _ in range(2)] == ["c", "c"]


@pytest.mark.parametrize(
    "host", ["i.ytimg.com", "www.youtube.com", "scontent.xx.fbcdn.net", "a" * 60 + ".example.com"]
)
def test_a_neutral_name_is_made_as_long_as_the_target_s(host):
    assert len(of_like_length("n.example", host)) == len(host)


def test_a_neutral_name_that_is_longer_stays_as_it_is():
    assert of_like_length("neutral.example", "t.co") == "neutral.example"


def test_the_helper_s_sides_differ_in_name_and_address_only():
    arm = helper_arm(HELPER, "youtube", "image", "i.ytimg.com")
    target, control = arm.target.target("192.0.2.1", 1000), arm.control.target("192.0.2.3", 1000)
    assert (target.sni, target.endpoint.url) == ("i.ytimg.com", "https://i.ytimg.com/bytes/1000")
    assert target.endpoint.port == control.endpoint.port == 443
    assert control.endpoint.url.endswith("/bytes/1000")
    assert len(control.sni) == len(target.sni)
    assert arm.addresses.target == ("192.0.2.1", "192.0.2.2")


def test_the_platform_s_servers_are_asked_under_the_neutral_name_with_either_host_inside():
    own = own_side("youtube", "image", "https://i.ytimg.com:8443/a?b=c")
    arms = same_address_arms(own, "neutral.example", Split(("a",), ("b",)))
    assert [arm.control.sni for arm in arms] == ["neutral.example"] * 2
    assert [arm.control.url for arm in arms] == [
        "https://i.ytimg.com:8443/a?b=c",
        "https://neutral.example:8443/a?b=c",
    ]
    assert {arm.control.port for arm in arms} == {8443}
