"""A volunteer's whole day on an emulated open line, every packet captured: what the line shows, what stays behind."""

import ipaddress
import json
import re
import socket
import subprocess
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from lab.addresses import CLIENT_IPV4, CLIENT_IPV6, SERVER_IPV4
from lab.running import running
from lab.scenario_file import load, packaged
from lab.world.plan import HELPER, Plan, make_plan
from lab.world.samples import discovered
from measurements.arrivals import Cursor
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.targets import Targets
from measurements.targets_file import load_targets
from tests.lab.volunteer import COLLECTOR_PORT, EFIR, collecting, live
from tests.lab.wire import End, Seen, packets, seen_of
from vantage.cadence import DAY, Every, shape

# On a busy machine flows look slowed by chance, and three of four would start a session in real time.
pytestmark = [pytest.mark.lab, pytest.mark.alone]

ROOT = Path(__file__).parents[2]
COLLECTOR: End = (socket.IPPROTO_TCP, SERVER_IPV4, COLLECTOR_PORT)
# Fast enough for a day in half a minute, and slow enough that a busy computer makes no flow look slowed.
LINE = {"one_way_delay": 0.001, "rate_up": 40e6, "rate_down": 40e6}
# What goes on for less than this is one sweep or one round, in seconds of the day.
TOGETHER = 30.0
# The day's clock is looked at so often (tests.lab.fast_day).
LATE = 65.0


@dataclass(frozen=True)
class Day:
    """What is known of the day afterwards."""

    targets: Targets
    plan: Plan
    state: Path
    seen: Seen
    jumps: list[tuple[float, float]]  # Unix seconds, seconds of the day
    stored: bytes  # every record, as it lies in the spool
    waiting: int  # results that the collector has not acknowledged

    def moments(self, times: list[float]) -> list[float]:
        """Seconds of the day at which these began, packets of one round or sweep taken together."""
        found: list[float] = []
        for at in sorted(times):
            real, day = self.jumps[bisect_right(self.jumps, (at, 0.0)) - 1]
            moment = day + at - real
            if not found or moment - found[-1] > TOGETHER:
                found.append(moment)
        return found


@pytest.fixture(scope="module")
def day(require_lab: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    targets, folder = load_targets(), tmp_path_factory.mktemp("day")
    scenario = load(packaged()["open"], targets)
    scenario = replace(scenario, link=replace(scenario.link, **LINE))
    with running(scenario, targets) as lab, collecting(lab):
        with lab.session.capturing(folder / "day.pcap"):
            said = live(lab, hours=24)
        assert said["written"], (
            "a usual run has its spool open; tests/lab/test_keep_nothing.py relies on seeing that"
        )
        with Spool(StateFolder(lab.state).spool) as spool:
            stored, waiting = msgspec.json.encode(spool.arrivals(Cursor())), len(spool.waiting())
        yield Day(
            targets=targets,
            plan=make_plan(targets),
            state=lab.state,
            seen=seen_of(packets(folder / "day.pcap"), (CLIENT_IPV4, CLIENT_IPV6)),
            jumps=[(real, moment) for real, moment in said["jumps"]],
            stored=stored,
            waiting=waiting,
        )


def listed(targets: Targets) -> set[str]:
    """Hosts that `efir targets list` names, and the one that a listed page leads to."""
    run = subprocess.run([*EFIR, "targets", "list", "--json"], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    places = [line["where"] for line in lines if line["type"] == "target" and line["id"] != "pattern"]
    transfers = [each for one in targets.platforms.values() for each in one.transfers]
    places += [discovered(each.discover)[1] for each in transfers if each.discover]
    return {urlsplit(where).hostname or where for where in places}


def test_only_listed_names_are_asked_for_and_greeted(day: Day) -> None:
    names = listed(day.targets)
    assert day.seen.asked <= names
    assert set(day.seen.greeted) <= names
    assert day.seen.clear <= names | {COLLECTOR[1], "None"}
    platforms = {each.host for one in day.targets.platforms.values() for each in one.endpoints}
    assert platforms - {None} <= day.seen.asked, "it is a whole day of all platforms"


def test_only_addresses_of_listed_hosts_are_contacted_and_the_collector_and_never_our_own_server(
    day: Day,
) -> None:
    plan = day.plan
    known = {address for name in listed(day.targets) for address in plan.names.get(name, ())}
    known |= {address for network in plan.networks.values() for address in network.regional}
    known |= {address for address, _ in plan.telegram} | set(plan.doh) | set(plan.resolver) | {COLLECTOR[1]}
    assert {address for _, address, _ in day.seen.ends} <= known
    assert known.isdisjoint(plan.networks[HELPER].addresses)
    assert COLLECTOR in day.seen.opened
    assert day.waiting < 1000, "results went out during the day"


def not_in_slots(moments: list[float], every: Every) -> list[float]:
    """Moments that have no slot of the day to themselves, and starts of slots without a moment.

    One slot may be without: a moment drawn at a slot's end is seen in the next, whose own is then left out. So may the
    last, whose moment may come after the last look.
    """
    slots, start = [], 0.0
    while start < DAY:
        start, length = every.slot(start)
        slots.append((start, start + length + LATE))
        start += length
    alone, empty = [], []
    for at in moments:
        while slots and slots[0][1] < at:
            empty.append(slots.pop(0)[0])
        if not slots or at < slots.pop(0)[0]:
            alone.append(at)
    return alone + empty[1:] + [start for start, _ in slots[1:]]


def test_the_line_shows_one_sweep_and_one_round_for_each_slot_of_any_day_and_nothing_of_an_event(
    day: Day,
) -> None:
    every = shape(metered=True)
    # Only pairs use the neutral name, and only rounds knock at a data centre.
    assert not_in_slots(day.moments(day.seen.greeted["fonts.gstatic.com"]), every["sentinels"]) == []
    centre, port = day.plan.telegram[0]
    assert not_in_slots(day.moments(day.seen.opened[socket.IPPROTO_TCP, centre, port]), every["round"]) == []


def test_nothing_on_the_device_names_it_or_an_event_and_after_a_wipe_nothing_is_left(day: Day) -> None:
    files = b"".join(path.read_bytes() for path in day.state.iterdir())
    texts = day.stored + day.state.joinpath("identity.json").read_bytes()
    assert b"www.youtube.com" in texts, "these are the results"
    nearest = ("10.99.0.1", "2001:db8:99::1")
    for own in (CLIENT_IPV4, CLIENT_IPV6, *nearest):
        assert own.encode() not in files + texts, own
        assert ipaddress.ip_address(own).packed not in texts, own
    assert not re.search(rf"\b{re.escape(socket.gethostname())}\b".encode(), texts)
    words = (ROOT / "tests/packaging/denied-words.txt").read_text("utf-8").splitlines()
    denied = re.compile(
        rf"\b({'|'.join(re.escape(each) for each in words if each[:1] not in ('', '#'))})\b", re.I
    )
    assert denied.findall(day.stored.decode()) == []
    subprocess.run([*EFIR, "wipe", "--yes", "--quiet", "--state", day.state], check=True)
    assert not day.state.exists()
