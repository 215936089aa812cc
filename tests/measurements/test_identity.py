"""The pseudonym: one a network, another every 30 days, and the network never in clear."""

from pathlib import Path

import pytest

from measurements.identity import ROTATE_AFTER, Place, learn_place, place_of, pseudonym
from measurements.state import StateFolder

NOW = 1_772_000_000.0


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def test_it_stays_the_same_on_one_network_until_30_days_have_passed(folder: StateFolder) -> None:
    first = pseudonym(folder, b"home", NOW)
    assert len(bytes.fromhex(first)) == 16
    assert pseudonym(folder, b"home", NOW + ROTATE_AFTER - 1) == first
    assert pseudonym(folder, b"home", NOW + ROTATE_AFTER) != first


def test_another_network_has_another_one_and_the_first_is_known_again(folder: StateFolder) -> None:
    home, cafe = pseudonym(folder, b"home", NOW), pseudonym(folder, b"cafe", NOW)
    assert home != cafe
    assert pseudonym(folder, b"home", NOW + 10) == home


def test_what_is_learnt_of_a_network_stays_with_it_also_under_its_next_pseudonym(folder: StateFolder) -> None:
    home = pseudonym(folder, b"home", NOW)
    pseudonym(folder, b"cafe", NOW)
    learn_place(folder, home, Place(64500, "KZ"))
    learn_place(folder, "of another device", Place(1, "XX"))
    assert place_of(folder, b"home") == Place(64500, "KZ")
    assert place_of(folder, b"cafe") == Place()
    assert pseudonym(folder, b"home", NOW + ROTATE_AFTER) != home
    assert place_of(folder, b"home") == Place(64500, "KZ")


def test_looking_for_a_place_makes_nothing(folder: StateFolder) -> None:
    assert place_of(folder, b"home") == Place()
    assert not folder.root.exists()


def test_a_clock_set_far_back_counts_as_time_passed(folder: StateFolder) -> None:
    first = pseudonym(folder, b"home", NOW)
    assert pseudonym(folder, b"home", NOW - 1) == first
    assert pseudonym(folder, b"home", NOW - ROTATE_AFTER) != first


def test_neither_the_network_nor_an_old_pseudonym_is_kept(folder: StateFolder) -> None:
    network = b"192.168.1.1|192.168.1"
    old = pseudonym(folder, network, NOW)
    pseudonym(folder, b"elsewhere", NOW + 2 * ROTATE_AFTER)
    kept = folder.identity.read_bytes()
    assert network not in kept
    assert old.encode() not in kept
    assert folder.identity.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"{}", b'{"salt": "not hex"}', b"\xff"], ids=repr)
def test_a_damaged_file_gives_a_new_identity(folder: StateFolder, content: bytes) -> None:
    folder.create()
    folder.identity.write_bytes(content)
    first = pseudonym(folder, b"home", NOW)
    assert pseudonym(folder, b"home", NOW) == first
