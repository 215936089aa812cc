"""`efir serve --data`: from an imported flat table to the metrics of networks."""

import csv
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from measurements.formats.flat import NAMES
from tests.commands import listening, page
from tests.rounds import Who, one_session

ENV = dict(os.environ, EFIR_LANG="en")
TOKEN = "0123456789abcdef0123456789abcdef"


def rows(vantage: str, time: datetime, ratio: float) -> Iterator[dict[str, object]]:
    """Two good controls, VK that answers, and one pair in which YouTube moves `ratio` of its control."""
    own = {"time": time.isoformat(), "vantage": vantage, "asn": 9198, "country": "KZ", "access": "mobile"}
    for control in ("wikipedia", "mozilla"):
        for probe in ("dns", "tcp", "tls", "http"):
            yield own | {
                "platform": control,
                "endpoint": "web",
                "role": "control",
                "probe": probe,
                "seconds": 0.1,
            }
    for probe in ("dns", "tcp", "tls", "http"):
        yield own | {"platform": "vk", "endpoint": "web", "role": "target", "probe": probe, "seconds": 0.1}
    flow = own | {
        "probe": "transfer",
        "pair": f"p-{vantage}",
        "arm": "foreign",
        "endpoint": "web",
        "seconds": 1,
    }
    yield flow | {"platform": "youtube", "role": "target", "goodput_bytes_per_second": 1_000_000 * ratio}
    yield flow | {"platform": "wikipedia", "role": "control", "goodput_bytes_per_second": 1_000_000}


def import_rows(folder: Path, name: str, table: list[dict[str, object]]) -> None:
    file = folder.with_name(name)
    with file.open("w", newline="") as out:
        writer = csv.DictWriter(out, NAMES)
        writer.writeheader()
        writer.writerows(table)
    subprocess.run(
        [sys.executable, "-m", "efir", "import", str(file), "--into", str(folder), "--quiet"],
        check=True,
        env=ENV,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three fresh vantages of one network, one of another, and an old row."""
    now = datetime.now(UTC) - timedelta(minutes=1)
    table = [row for name in ("a", "b", "c") for row in rows(name, now, 0.2)]
    table += [row | {"asn": 21299} for row in rows("alone", now, 0.2)]
    table += list(rows("old", now - timedelta(days=400), 0.2))
    import_rows(tmp_path / "data", "first.csv", table)
    return tmp_path / "data"


def test_networks_of_three_are_shown_and_no_single_vantage(folder: Path, tmp_path: Path):
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "events.yaml").write_text(
        "version: 1\ntimezone: UTC\nevents:\n"
        f"  - {{id: s-01, start: {datetime.now(UTC) - timedelta(hours=1):%Y-%m-%dT%H:%M}, "
        f"end: {datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M}, platforms: [youtube]}}\n"
    )
    with listening(
        "serve", "--data", folder, "--token-file", tmp_path / "token", "--schedule", tmp_path / "events.yaml"
    ) as (base, _):
        public = page(f"{base}/metrics")
        assert 'efir_network_vantages{asn="9198",country="KZ"} 3.0' in public
        assert 'efir_network_throttle_ratio{asn="9198",country="KZ",platform="youtube"} 0.2' in public
        assert 'efir_network_control_success_ratio{asn="9198",country="KZ"} 1.0' in public
        assert 'verdict="accessible"' in public
        assert 'efir_event_window_active{platform="youtube",window="s-01"} 1.0' in public
        assert "21299" not in public
        assert "vantage=" not in public

        import_rows(folder, "second.csv", list(rows("later", datetime.now(UTC), 0.2)))
        private = page(f"{base}/metrics/vantages", Authorization=f"Bearer {TOKEN}")
        assert 'asn="21299"' in private
        assert 'vantage="alone"' in private
        assert 'vantage="later"' in private
        assert 'vantage="old"' not in private


def test_an_imported_session_is_shown(tmp_path: Path):
    (tmp_path / "token").write_text(TOKEN)
    now = datetime.now(UTC) - timedelta(minutes=40)  # a session takes half an hour
    slow, _line, _run = one_session(Who("a"), "youtube", now, 0.05)
    fast, _line, _run = one_session(Who("a"), "facebook", now, 0.95)
    file = tmp_path / "export.jsonl"
    file.write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in (*slow, *fast)))
    subprocess.run(
        [sys.executable, "-m", "efir", "import", str(file), "--into", str(tmp_path / "data"), "--quiet"],
        check=True,
        env=ENV,
    )
    with listening("serve", "--data", tmp_path / "data", "--token-file", tmp_path / "token") as (base, _):
        private = page(f"{base}/metrics/vantages", Authorization=f"Bearer {TOKEN}")
    verdicts = re.findall(r'efir_platform_verdict{.*platform="(\w+)".*verdict="throttled".*} 1.0', private)
    assert verdicts == ["youtube"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["--data", "nowhere"], 3, "no such folder", id="no folder"),
        pytest.param(["--collector", "nowhere"], 3, "cannot be opened", id="no collector"),
        pytest.param(["--data", "a", "--collector", "b"], 2, "follows one store", id="two stores"),
        pytest.param(
            ["--schedule", "events.yaml"], 2, "never reaches a volunteer's device", id="schedule on a device"
        ),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, arguments, code, words):
    command = [
        sys.executable,
        "-m",
        "efir",
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--state",
        str(tmp_path),
        *arguments,
    ]
    done = subprocess.run(command, capture_output=True, text=True, env=ENV, cwd=tmp_path, check=False)
    assert done.returncode == code
    assert words in " ".join(done.stderr.split())
