"""From a volunteer's spool to the collector, by the commands as people give them."""

import asyncio
import re
import time
from pathlib import Path

import msgspec
import pytest

from efir.exits import Exit
from efir.measuring import make_context, measured_targets
from efir.options import Shared
from efir.output import Output
from efir.uploading import send_if_due
from measurements.state import StateFolder
from measurements.store import Spool
from tests.collector.emulated import observation
from tests.commands import efir, lines
from tests.efir.conftest import Operator, measured
from vantage.consent import Consent, require_consent
from vantage.upload.sending import Sent


@pytest.fixture
def state(tmp_path: Path, operator: Operator) -> Path:
    """A volunteer who agreed, took an invite and measured."""
    folder = tmp_path / "state"
    measured(folder, 5)
    taken = tmp_path / "invite.json"
    assert (
        efir("collect", "invite", "--store", operator.folder, "--collector", operator.url, "--out", taken)
        == 0
    )
    assert efir("invite", taken, "--state", folder) == 0
    assert efir("consent", "--accept", "--with-upload", "--quiet", "--state", folder) == 0
    return folder


def test_what_waits_is_sent_once_and_then_nothing_waits(
    state: Path, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    with Spool(StateFolder(state).spool) as spool:
        waiting = {item.id for item in spool.waiting()}
    code, [sent] = lines(capsys, "upload", "--state", state)
    assert (code, sent["acknowledged"], sent["waiting"]) == (Exit.OK, 6, 0)
    assert operator.stored() == waiting
    code, [sent] = lines(capsys, "upload", "--state", state)
    assert (code, sent["acknowledged"], sent["batches"]) == (Exit.OK, 0, 0)


def test_the_collector_tells_whose_network_it_is_and_later_results_say_so(
    state: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shared = Shared(None, state, None, Output(quiet=True))
    assert make_context(shared).vantage.asn is None
    lines(capsys, "upload", "--state", state)
    vantage = make_context(shared).vantage
    assert (vantage.asn, vantage.country) == (64500, "KZ")
    _code, [stands] = lines(capsys, "status", "--state", state)
    assert (stands["asn"], stands["country"]) == (64500, "KZ")


def test_through_a_proxy_nothing_is_learnt_of_a_network(
    state: Path, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    # which takes the proxy's part
    code, [sent] = lines(capsys, "upload", "--proxy", operator.url, "--state", state)
    assert (code, sent["acknowledged"]) == (Exit.OK, 6)
    assert make_context(Shared(None, state, None, Output(quiet=True))).vantage.asn is None


def test_a_continuous_run_sends_at_the_drawn_time_and_not_before(state: Path, operator: Operator) -> None:
    efir("consent", "--accept", "--with-upload", "--quiet", "--state", state)
    shared = Shared(None, state, None, Output(quiet=True))
    now = time.time()
    with Spool(StateFolder(state).spool) as spool:

        def look(consent: Consent, later: float) -> Sent | None:
            return asyncio.run(send_if_due(shared, consent, spool, lambda: now + later))

        consent = require_consent(StateFolder(state))
        assert [look(consent, later) for later in (0.0, 3599.0)] == [None, None]
        live = msgspec.structs.replace(consent, live=True)
        assert look(live, 0.0) is None  # drawn anew, sooner
        sent = look(live, 600.0)
        assert sent is not None
        assert (sent.acknowledged, sent.waiting) == (6, 0)
        assert look(live, 700.0) is None
        withdrawn = msgspec.structs.replace(consent, upload=False)
        spool.add([observation()])
        assert [look(withdrawn, later) for later in (0.0, 200_000.0)] == [None, None]
    assert len(operator.stored()) == 6


def test_the_test_server_of_an_invite_is_measured_with_unless_the_targets_file_names_one(state: Path) -> None:
    shared = Shared(None, state, None, Output(quiet=True))
    assert measured_targets(shared).helper is None
    path = StateFolder(state).invite
    helper = {"addresses": ["192.0.2.10"], "sha256": "ab" * 32}
    path.write_bytes(msgspec.json.encode({**msgspec.json.decode(path.read_bytes()), "helper": helper}))
    found = measured_targets(shared).helper
    assert found is not None
    assert found.addresses == ("192.0.2.10",)


def test_a_bundle_carried_by_hand_counts_each_result_once_beside_an_upload(
    state: Path, operator: Operator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "by-hand.efir"
    assert efir("bundle", "--out", bundle, "--state", state) == Exit.OK
    code, [taken] = lines(capsys, "collect", "take", bundle, "--store", operator.folder)
    assert (code, taken["accepted"], taken["duplicate"]) == (Exit.OK, 6, 0)
    code, [taken] = lines(capsys, "collect", "take", bundle, "--store", operator.folder)
    assert (code, taken["accepted"], taken["duplicate"]) == (Exit.OK, 0, 6)
    code, [sent] = lines(capsys, "upload", "--state", state)
    assert (code, sent["acknowledged"]) == (Exit.OK, 6)
    assert len(operator.stored()) == 6


def test_a_preview_shows_every_record_and_sends_none(
    state: Path, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    code, shown = lines(capsys, "upload", "--preview", "--state", state)
    assert code == Exit.OK
    assert [line["kind"] for line in shown] == ["observation"] * 5 + ["verdict"]
    assert shown[0]["record"]["platform"] == "youtube"
    assert operator.stored() == set()


def test_without_consent_or_invite_nothing_is_sent(
    state: Path, tmp_path: Path, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    efir("consent", "--accept", "--quiet", "--state", state)
    assert efir("upload", "--state", state) == Exit.CONFIGURATION
    assert "--with-upload" in capsys.readouterr().err
    efir("consent", "--accept", "--with-upload", "--quiet", "--state", tmp_path / "other")
    assert efir("upload", "--state", tmp_path / "other") == Exit.CONFIGURATION
    assert "efir invite FILE" in capsys.readouterr().err
    assert operator.stored() == set()


def test_results_wait_while_the_collector_cannot_be_reached(
    state: Path, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    path = StateFolder(state).invite
    path.write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:1", path.read_text()))
    code, [sent] = lines(capsys, "upload", "--state", state)
    assert (code, sent["acknowledged"], sent["waiting"]) == (Exit.UPLOAD_PENDING, 0, 6)
    assert "127.0.0.1" not in sent["problem"]
    code, [status] = lines(capsys, "status", "--state", state)
    assert (code, status["invite"], status["upload"]["failures"]) == (Exit.OK, True, 1)
    assert status["upload"]["due"] > time.time()
    assert status["upload"]["problem"] == sent["problem"]


def test_a_revoked_invite_sends_nothing_and_loses_nothing(
    state: Path, operator: Operator, capsys: pytest.CaptureFixture[str]
) -> None:
    _code, [vantage] = lines(capsys, "collect", "vantages", "--store", operator.folder)
    assert efir("collect", "revoke", vantage["id"], "--store", operator.folder) == Exit.OK
    code, [sent] = lines(capsys, "upload", "--state", state)
    assert (code, sent["waiting"], sent["problem"]) == (Exit.UPLOAD_PENDING, 6, "answer 403: unknown_token")
    assert operator.stored() == set()


def test_a_withdrawal_deletes_all_that_was_sent_and_ends_the_consent_to_send(
    state: Path, operator: Operator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tmp_path / "earlier.efir"
    efir("bundle", "--out", bundle, "--state", state)
    efir("upload", "--state", state)
    code, [gone] = lines(capsys, "upload", "--withdraw", "--state", state)
    assert (code, gone["deleted"]) == (Exit.OK, 6)
    assert operator.stored() == set()
    assert efir("upload", "--state", state) == Exit.CONFIGURATION
    code, [taken] = lines(capsys, "collect", "take", bundle, "--store", operator.folder)
    assert (code, taken["reasons"]) == (Exit.PARTIAL, {"withdrawn": 6})
    assert operator.stored() == set()
