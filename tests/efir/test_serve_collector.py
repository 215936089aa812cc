"""`efir serve --collector`: from uploads to a running collector to the metrics of networks."""

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from efir.exits import Exit
from measurements.state import StateFolder
from measurements.store import Spool
from measurements.targets_file import load_targets
from tests.commands import efir, listening, page
from tests.rounds import Who, new_id, one_round, one_session

EFIR = (sys.executable, "-m", "efir")
TOKEN = "0123456789abcdef0123456789abcdef"


def page_with(text: str, url: str, **headers: str) -> str:
    """The page, once it says this: a kept one may be given for some seconds."""
    deadline = time.monotonic() + 60
    while text not in (body := page(url, **headers)):
        assert time.monotonic() < deadline, body
        time.sleep(0.2)
    return body


def volunteer(folder: Path, store: Path, collector: str, who: Who, ratio: float) -> None:
    """Somebody with an invite whose round and session on YouTube have just been sent."""
    folder.mkdir()
    assert (
        efir(
            "collect",
            "invite",
            "--store",
            store,
            "--collector",
            collector,
            "--out",
            folder / "invite.json",
            "--quiet",
        )
        == Exit.OK
    )
    assert efir("invite", folder / "invite.json", "--state", folder / "state", "--quiet") == Exit.OK
    assert efir("consent", "--accept", "--with-upload", "--state", folder / "state", "--quiet") == Exit.OK
    send(folder, who, ratio)


def send(folder: Path, who: Who, ratio: float) -> None:
    now = datetime.now(UTC) - timedelta(seconds=5)
    told = one_round(load_targets(None), who, now)
    rows, line, run_id = one_session(who, "youtube", now, ratio)
    with Spool(StateFolder(folder / "state").spool) as spool:
        spool.add([*told.observations, *rows])
        spool.add_verdicts(told.verdicts)
        spool.add_round(told.summary, told.time)
        spool.add_throttle(line, new_id(), run_id, now)
    assert efir("upload", "--state", folder / "state", "--quiet") == 0


def test_what_was_uploaded_is_on_the_pages_and_what_is_uploaded_later_too(tmp_path: Path):
    store = tmp_path / "store"
    (tmp_path / "token").write_text(TOKEN)
    people = [Who(f"{number:032x}", 9198) for number in range(3)] + [Who("f" * 32, 21299)]
    with listening("collect", "--store", store) as (collector, _):
        for number, who in enumerate(people[:2]):
            volunteer(tmp_path / str(number), store, collector, who, 0.05)
        with listening("serve", "--collector", store, "--token-file", tmp_path / "token") as (base, _):
            assert "efir_network_vantages{" not in page(f"{base}/metrics")  # two of a network are too few
            private = page(f"{base}/metrics/vantages", Authorization=f"Bearer {TOKEN}")
            assert private.count("efir_vantage_info{") == 2

            for number, who in enumerate(people[2:], 2):
                volunteer(tmp_path / str(number), store, collector, who, 0.05)
            send(tmp_path / "0", people[0], 0.9)
            public = page_with('efir_network_vantages{asn="9198",country="KZ"} 3.0', f"{base}/metrics")
            batches = "efir_ingest_batches_total 5.0"
            private = page_with(batches, f"{base}/metrics/vantages", Authorization=f"Bearer {TOKEN}")
            state = json.loads(page(f"{base}/api/v1/state"))
    assert "21299" not in public
    assert "vantage=" not in public
    verdicts = 'efir_network_verdict_ratio{asn="9198",country="KZ",platform="youtube",verdict="throttled"} '
    (share,) = [line for line in public.splitlines() if line.startswith(verdicts)]
    assert float(share.removeprefix(verdicts)) == pytest.approx(2 / 3)
    assert private.count("efir_vantage_info{") == 4
    assert "efir_ingest_duplicates_total 0.0" in private
    (network,) = state["networks"]
    youtube = next(each for each in network["platforms"] if each["platform"] == "youtube")
    assert (youtube["state"], youtube["vantages"], youtube["agreeing"]) == ("throttled", 3, 2)


def test_a_reading_process_that_dies_is_told_and_started_again_and_the_pages_go_on(tmp_path: Path):
    store = tmp_path / "store"
    with listening("collect", "--store", store), listening("serve", "--collector", store) as (base, process):
        page(f"{base}/metrics")  # kept from now on
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        assert "efir_build_info{" in page(f"{base}/metrics")  # the old one, or already a new one
        page_with("efir_reader_restarts_total 1.0", f"{base}/metrics")
        process.send_signal(signal.SIGTERM)
        assert process.stderr
        assert "ended with -9; it is started again" in " ".join(process.stderr.read().split())
