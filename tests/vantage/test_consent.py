"""Consent is on record or it is not; nothing between counts as a yes."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from measurements.state import StateError, StateFolder
from vantage.consent import (
    TEXT_VERSION,
    Consent,
    NoConsent,
    read_consent,
    require_consent,
    withdraw,
    write_consent,
)

GIVEN = Consent(
    time=datetime(2026, 3, 1, tzinfo=UTC), text_version=TEXT_VERSION, interactive=True, helper=True
)


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def test_without_a_record_nothing_may_be_measured_and_nothing_is_created(folder: StateFolder) -> None:
    with pytest.raises(NoConsent, match=r"efir consent --accept"):
        require_consent(folder)
    assert not folder.root.exists()


def test_a_recorded_consent_comes_back_with_its_lines(folder: StateFolder) -> None:
    write_consent(folder, GIVEN)
    assert require_consent(folder) == GIVEN
    assert not require_consent(folder).upload
    assert folder.consent.stat().st_mode & 0o777 == 0o600


def test_consent_to_an_older_text_is_asked_again(folder: StateFolder) -> None:
    write_consent(folder, Consent(time=GIVEN.time, text_version=TEXT_VERSION - 1, interactive=True))
    assert read_consent(folder) is None


def test_withdrawing_forgets_it(folder: StateFolder) -> None:
    write_consent(folder, GIVEN)
    assert withdraw(folder)
    assert not withdraw(folder)
    assert read_consent(folder) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"yes", b'{"time": 1}', b"\xff\xff"], ids=repr)
def test_a_damaged_record_is_no_consent(folder: StateFolder, content: bytes) -> None:
    folder.create()
    folder.consent.write_bytes(content)
    with pytest.raises(StateError, match="damaged, so nothing is measured; answer again: efir consent"):
        require_consent(folder)
