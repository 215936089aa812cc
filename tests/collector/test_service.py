"""What the collector does with honest batches."""

import json
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import msgspec
import pytest

from collector.invites import Selection, retract
from collector.networks import Network
from measurements.batch import Item
from measurements.microseconds import microseconds
from tests.collector.client import KZ, OTHER, contents, statuses, vantage
from tests.collector.emulated import NOW, VANTAGE, header, item, observation, verdict


async def test_each_result_counts_once_whatever_is_sent_again(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        items = [item(observation(number)) for number in range(3)] + [item(verdict())]
        assert statuses(await client.send(*items)) == [("accepted", None)] * 4
        sealed = client.sealed(items)
        replayed = await client.post(sealed)
        assert replayed[:2] == (await client.post(sealed))[:2]
        assert statuses(await client.send(items[0], item(observation()))) == [
            ("duplicate", None),
            ("accepted", None),
        ]
        assert len(client.kept()) == 5


async def test_one_bad_item_does_not_harm_the_rest(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        good = item(observation())
        bad = Item(kind="observation", id="bad", time=NOW, record=msgspec.Raw(b'{"id":"bad"}'))
        assert statuses(await client.send(bad, good)) == [("accepted", None), ("rejected", "bad_record")]
        assert client.kept() == [(good.id,)]


async def test_a_wrong_clock_is_corrected_and_the_raw_time_kept(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        hours = timedelta(hours=8)
        record = observation(time=NOW - hours - timedelta(minutes=5))
        await client.send(item(record), head=header(sent_at=NOW - hours))
        [(time, raw, flags, stored)] = client.kept("time, raw_time, flags, record")
        assert (time, raw) == (microseconds(NOW - timedelta(minutes=5)), microseconds(record.time))
        assert flags == "clock_corrected"
        assert json.loads(stored)["time"] == "2026-03-01T19:55:00Z"
        assert json.loads(stored)["flags"] == ["clock_corrected"]


async def test_what_was_measured_in_the_future_is_kept_apart(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        answer = await client.send(item(observation(time=NOW + timedelta(hours=1))))
        assert statuses(answer) == [("accepted", "quarantined")]
        assert client.store.rows("SELECT id FROM observations") == []


async def test_the_network_of_a_direct_upload_is_credited_to_results_of_that_network_alone(
    tmp_path: Path,
) -> None:
    async with vantage(tmp_path, lookup=lambda _address: KZ) as client:
        here, elsewhere = observation(), observation(vantage=OTHER)
        answer = await client.send(item(here), item(elsewhere), head=header(vantage=VANTAGE))
        assert (answer.asn, answer.country) == KZ
        assert client.kept("asn, country") == [KZ, (None, None)]
        await client.send(item(observation()), head=header())  # later, through a proxy
        assert client.kept("asn, country")[2] == KZ
        assert json.loads(client.kept("record")[2][0])["asn"] == 64500


async def test_a_device_that_says_another_network_is_flagged(tmp_path: Path) -> None:
    async with vantage(tmp_path, lookup=lambda _address: KZ) as client:
        record = observation(asn=64999, country="US")
        await client.send(item(record), head=header(vantage=VANTAGE))
        assert client.kept("asn, country, flags") == [(*KZ, "asn_mismatch country_mismatch")]


@pytest.mark.parametrize(
    ("proxy", "forwarded", "seen"),
    [
        pytest.param(None, "198.51.100.7", "127.0.0.1", id="without a proxy the header is not believed"),
        pytest.param("127.0.0.1", "198.51.100.7", "198.51.100.7", id="our proxy's entry is"),
        pytest.param(
            "127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7", id="the last one, not the client's"
        ),
        pytest.param("127.0.0.1", "nonsense", "127.0.0.1", id="nonsense is not an address"),
        pytest.param("192.0.2.1", "198.51.100.7", "127.0.0.1", id="another hop is not our proxy"),
    ],
)
async def test_whose_address_counts(tmp_path: Path, proxy: str | None, forwarded: str, seen: str) -> None:
    asked: list[str] = []

    def lookup(address: str) -> Network:
        asked.append(address)
        return Network()

    hop = ip_network(proxy) if proxy else None
    async with vantage(tmp_path, lookup=lookup, proxy=hop) as client:
        await client.post(client.sealed([]), **{"X-Forwarded-For": forwarded})
        assert asked == [seen]


async def test_no_file_of_the_collector_holds_an_address(tmp_path: Path) -> None:
    async with vantage(tmp_path, lookup=lambda _address: KZ, proxy=ip_network("127.0.0.1")) as client:
        sealed = client.sealed([item(observation())], header(vantage=VANTAGE))
        await client.post(sealed, **{"X-Forwarded-For": "198.51.100.7"})
        assert all(b"198.51.100.7" not in content for content in contents(tmp_path))


async def test_a_withdrawal_leaves_ids_alone_and_a_replay_brings_nothing_back(tmp_path: Path) -> None:
    async with vantage(tmp_path, lookup=lambda _address: KZ) as client:
        seen = item(observation())
        await client.send(seen, head=header(vantage=VANTAGE))
        unseen = client.sealed([item(observation())], header(sent_at=NOW - timedelta(hours=1)))
        answer = await client.send(head=header(purpose="withdraw"))
        assert answer.withdrawn == 1
        assert client.kept("id, record, vantage, platform, asn, time") == [
            (seen.id, None, None, None, None, 0)
        ]
        assert client.store.rows("SELECT * FROM networks") == []
        assert statuses(await client.send(seen, head=header(sent_at=NOW + timedelta(minutes=1)))) == [
            ("duplicate", None)
        ]
        _status, held_back, _headers = await client.post(unseen)
        assert held_back["items"][0]["reason"] == "withdrawn"
        assert len(client.kept()) == 1


async def test_retracted_results_leave_the_views_and_come_back(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        await client.send(item(observation()), item(observation(platform="vk")), item(verdict()))
        wrong = Selection(
            invite=client.invite.id, platform="youtube", since=NOW - timedelta(hours=1), until=NOW
        )
        assert retract(client.store, wrong) == 2
        assert [row[0] for row in client.store.rows("SELECT platform FROM observations")] == ["vk"]
        assert client.store.rows("SELECT id FROM lines") == []
        assert retract(client.store, wrong, undo=True) == 2
        assert len(client.store.rows("SELECT id FROM observations")) == 2


async def test_the_collector_counts_its_own_work(tmp_path: Path) -> None:
    async with vantage(tmp_path) as client:
        twice = item(observation())
        await client.send(twice)
        await client.send(twice, Item(kind="observation", id="b", time=NOW, record=msgspec.Raw(b"{}")))
        await client.post(b"nonsense")
        text = await client.get("/metrics")
        for line in (
            "efir_ingest_batches_total 2.0",
            "efir_ingest_results_total 1.0",
            "efir_ingest_duplicates_total 1.0",
            'efir_ingest_rejected_total{reason="bad_record"} 1.0',
            'efir_ingest_refused_total{reason="not_a_batch"} 1.0',
        ):
            assert line in text
        assert "_created" not in text
        assert await client.get("/-/healthy") == "ok\n"
