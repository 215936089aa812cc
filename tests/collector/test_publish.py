"""What may be published: numbers with enough people behind them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from collector.invites import Selection, retract
from collector.publish import Cell, Vote, cells, votes
from collector.store import Store, storing
from tests.collector.emulated import NOW, invite, stored_batch, verdict


def said(
    invites: Iterable[int], asn: int | None = 1, verdict: str = "accessible", platform: str = "vk"
) -> list[Vote]:
    return [Vote(10, asn, "KZ", platform, each, verdict) for each in invites]


def shown(*groups: list[Vote]) -> list[tuple[int | None, int, dict[str, int]]]:
    found = cells(vote for group in groups for vote in group)
    return [(cell.asn, cell.invites, cell.verdicts) for cell in found]


def test_five_invites_are_shown_and_four_are_not() -> None:
    assert shown(said(range(5))) == [(1, 5, {"accessible": 5})]
    assert shown(said(range(4))) == []


def test_one_invite_has_one_vote_its_worst_however_often_it_speaks() -> None:
    assert shown(said([1] * 9)) == []
    assert shown(said(range(5)), said([0, 1], verdict="blocked"), said([0], verdict="down")) == [
        (1, 5, {"blocked": 2, "accessible": 3})
    ]


def test_small_networks_are_put_together_and_published_ones_are_not_in_the_sum() -> None:
    assert shown(said(range(5)), said(range(10, 13), asn=2), said(range(20, 22), asn=3)) == [
        (None, 5, {"accessible": 5}),
        (1, 5, {"accessible": 5}),
    ]


def test_small_networks_that_are_still_few_stay_out() -> None:
    assert shown(said(range(5)), said(range(10, 12), asn=2), said(range(20, 22), asn=3)) == [
        (1, 5, {"accessible": 5})
    ]


def test_a_roaming_invite_counts_once_in_the_sum() -> None:
    assert shown(said(range(4), asn=2), said(range(4), asn=3)) == []


def test_an_unknown_network_is_never_shown_as_one() -> None:
    assert shown(said(range(5), asn=None)) == [(None, 5, {"accessible": 5})]


def test_times_are_hours_and_retracted_verdicts_are_out(tmp_path: Path) -> None:
    with Store(tmp_path) as store:
        for _ in range(6):
            made = invite(store)
            records = [
                verdict(country="KZ", asn=1),
                verdict(country="KZ", asn=1, endpoint="web", verdict="down"),
            ]
            store.submit(storing(stored_batch(store, made, records))).result()
        span = (NOW - timedelta(days=1), NOW + timedelta(days=1))
        retract(store, Selection(invite=made.id))
        hour = datetime(2026, 3, 1, 19, tzinfo=UTC)
        assert list(cells(votes(store, *span))) == [Cell(hour, "KZ", 1, "youtube", 5, {"blocked": 5})]
        assert votes(store, NOW, span[1]) == []
