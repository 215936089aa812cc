"""The whole chain: volunteers in the lab, a collector, `efir serve`, real Prometheus and Alertmanager, a webhook."""

import asyncio
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.running import running
from lab.scenario import Scenario
from lab.scenario_file import load
from measurements.targets import Targets
from tests.exporter.alerting import until, watching
from tests.exporter.volunteers import PLATFORM, Volunteer, at_once, collecting, few, find_throttling

TOKEN = "0123456789abcdef0123456789abcdef"
# Innocent: everybody's line is full, and everything on it is slow alike.
CONGESTED = """
title: An evening peak
link: {rate_down: 16 Mbit/s, rate_up: 4 Mbit/s, delay: 10 ms, queue: 64 kB, cross_traffic: {down: 8 Mbit/s}}
expect: {throttle: {"*": [not_throttled, inconclusive]}}
"""
THROTTLED = """
title: A policer on the platform's name
link: {rate: 50 Mbit/s, delay: 5 ms}
rules:
  - {name: police, when: {sni: "@youtube"}, do: {police: {rate: 64 kbit/s, burst: 12 kB}}}
expect: {throttle: {youtube: throttled}}
"""
OPEN = """
title: The policer is gone
link: {rate: 50 Mbit/s, delay: 5 ms}
expect: {throttle: {"*": [not_throttled, inconclusive]}}
"""


@contextmanager
def serving(store: Path, folder: Path) -> Iterator[int]:
    """The port of `efir serve` over a collector's store."""
    (folder / "token").write_text(TOKEN)
    arguments = ["--collector", store, "--token-file", folder / "token", "--listen", "127.0.0.1:0", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "efir", "serve", *map(str, arguments)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield json.loads(process.stdout.readline())["listen"][1]
        finally:
            process.send_signal(signal.SIGTERM)


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that the lab's ordinary user may write to."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def scenario(text: str, folder: Path, targets: Targets) -> Scenario:
    (folder / "scenario.yaml").write_text(text)
    return load(folder / "scenario.yaml", targets)


@pytest.mark.lab
@pytest.mark.system
@pytest.mark.timeout(300)
async def test_congestion_raises_nothing_and_throttling_is_suspected_confirmed_and_over(
    require_lab: None, tmp_path: Path, shared: Path, targets: Targets
):
    small = few(targets)
    with (
        running(scenario(CONGESTED, tmp_path, small), small) as lab,
        collecting(lab, shared) as volunteers,
        serving(shared / "store", tmp_path) as port,
    ):
        async with watching(tmp_path, port, TOKEN) as watch:
            await asyncio.to_thread(at_once, volunteers, Volunteer.round)
            assert "throttled" not in await asyncio.to_thread(at_once, volunteers, Volunteer.session)
            await asyncio.to_thread(at_once, volunteers, Volunteer.send)
            heard = f'count(vantage_platform:efir_heard:info{{platform="{PLATFORM}"}}) == 3'
            await until(lambda: watch.value(heard), 30, "the rules see all three")

            lab.session.load(scenario(THROTTLED, tmp_path, small))
            await asyncio.to_thread(find_throttling, volunteers)
            # The rules had all this time for the congestion.
            assert await watch.value('ALERTS{alertname!=""}') is None
            assert watch.received.seen == set()

            volunteers[0].send()
            await until(
                lambda: watch.received.is_now("ThrottlingSuspected", "firing"), 30, "one vantage: suspected"
            )
            assert "ThrottlingConfirmed" not in watch.received.seen
            await asyncio.to_thread(at_once, volunteers[1:], Volunteer.send)
            await until(
                lambda: watch.received.is_now("ThrottlingConfirmed", "firing"), 30, "three: confirmed"
            )
            await until(lambda: watch.inhibited("ThrottlingSuspected"), 30, "confirmed holds suspected back")

            lab.session.load(scenario(OPEN, tmp_path, small))
            assert "throttled" not in await asyncio.to_thread(at_once, volunteers, Volunteer.session)
            await asyncio.to_thread(at_once, volunteers, Volunteer.send)
            await until(
                lambda: watch.received.is_now("ThrottlingConfirmed", "resolved"), 30, "recovery resolves it"
            )
            assert watch.received.seen == {"ThrottlingSuspected", "ThrottlingConfirmed"}
