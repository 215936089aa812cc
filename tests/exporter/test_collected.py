"""The store of a collector as the exporter's source."""

from datetime import timedelta
from pathlib import Path

import pytest

from collector.invites import Selection, retract
from collector.store import Store, storing
from exporter.collected import CollectedSource
from exporter.source import SourceError, VantageFacts
from measurements.invite import Invite
from measurements.records import Observation, VerdictLine
from tests.collector.emulated import NOW, VANTAGE, invite, observation, stored_batch, verdict

SINCE = NOW - timedelta(hours=1)
KEPT = NOW - timedelta(days=30)
OTHER = "cd" * 16


def take(store: Store, made: Invite, *records: Observation | VerdictLine) -> None:
    store.submit(storing(stored_batch(store, made, records))).result()


def test_records_arrive_once_in_the_order_they_came(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        made = invite(store)
        old, new, later = observation(time=NOW - timedelta(days=3)), observation(), observation()
        take(store, made, old, new, verdict())
        source = CollectedSource(tmp_path)
        first = source.arrivals(KEPT, SINCE)
        assert [row.id for row in first.observations] == [new.id]
        assert [line.platform for line in first.verdicts] == ["youtube"]
        late = observation(time=NOW - timedelta(days=2))
        take(store, made, later, late)
        assert [row.id for row in source.arrivals(KEPT, SINCE).observations] == [later.id, late.id]
        assert source.arrivals(KEPT, SINCE).observations == []
        source.close()


def test_pseudonyms_of_one_invite_are_known_as_one(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        made = invite(store)
        take(store, made, observation(), observation(vantage=OTHER))
    source = CollectedSource(tmp_path)  # also while no collector runs
    source.arrivals(KEPT, SINCE)
    assert source.facts() == {VANTAGE: VantageFacts(invite=made.id), OTHER: VantageFacts(invite=made.id)}
    assert not source.own
    source.close()


def test_what_was_taken_back_or_set_aside_does_not_arrive(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        made = invite(store)
        take(
            store, made, observation(), observation(time=NOW + timedelta(hours=2)), observation(platform="vk")
        )
        retract(store, Selection(platform="vk"))
        source = CollectedSource(tmp_path)
        assert [row.platform for row in source.arrivals(KEPT, SINCE).observations] == ["youtube"]
        assert source.state().values["efir_ingest_results_total"] == 3
        source.close()


def test_a_folder_without_a_store_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"made by efir collect"):
        CollectedSource(tmp_path)


def test_the_past_comes_in_pieces_newest_first_with_what_hours_are_made_of(tmp_path: Path) -> None:
    times = [timedelta(minutes=5), timedelta(minutes=80), timedelta(hours=30), timedelta(days=31)]
    with Store(tmp_path) as store:
        made = invite(store)
        take(store, made, *(verdict(time=NOW - ago) for ago in times))
        take(
            store, made, observation(time=NOW - times[2]), observation(probe="transfer", time=NOW - times[2])
        )
        source = CollectedSource(tmp_path)
        assert source.past() is None  # before anything else was read
        assert [line.time for line in source.arrivals(KEPT, SINCE).verdicts] == [NOW - times[0]]
        take(store, made, verdict(time=NOW - times[2]))  # late: it is in the next arrivals, not in the past
        pieces = list(iter(source.past, None))
        assert [line.time for piece in pieces for line in piece.arrivals.verdicts] == [
            NOW - times[1],
            NOW - times[2],
        ]
        assert [row.probe for piece in pieces for row in piece.arrivals.observations] == ["transfer"]
        assert len(pieces) == 30 * 24 - 1
        assert pieces[-1].begin == KEPT
        assert [line.time for line in source.arrivals(KEPT, SINCE).verdicts] == [NOW - times[2]]
        source.close()
