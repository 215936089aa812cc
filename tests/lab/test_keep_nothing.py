"""`--keep-nothing`: results are sent from memory, and no file ever holds one."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from collector.store import Store
from lab.running import running
from lab.scenario_file import load, packaged
from measurements.targets_file import load_targets
from tests.lab.volunteer import collecting, live

# Consent, pseudonyms and invite are needed before anything is measured; they hold no result.
ALLOWED = {"consent.json", "identity.json", "invite.json"}


@pytest.mark.lab
@pytest.mark.alone
def test_results_are_sent_from_memory_and_no_file_holds_one(
    require_lab: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o777)  # the lab's programs run as an ordinary user
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    targets = load_targets()
    scenario = load(packaged()["open"], targets)
    scenario = replace(scenario, link=replace(scenario.link, one_way_delay=0.001))
    with running(scenario, targets) as lab, collecting(lab) as folder:
        before = set(os.listdir(tmp_path))
        said = live(lab, 3, "--keep-nothing")
        names = {path.name for path in lab.state.iterdir()}
        kept = b"".join(path.read_bytes() for path in lab.state.iterdir())
        with Store(folder) as store:
            arrived = {row[0] for row in store.rows("SELECT id FROM items WHERE state = 'accepted'")}
        assert names <= ALLOWED
        assert said["written"] == []
        assert set(os.listdir(tmp_path)) == before
    assert len(arrived) > 100, "results of a round and of two sweeps were sent"
    assert b"youtube" not in kept
    assert not any(each.encode() in kept for each in arrived)
