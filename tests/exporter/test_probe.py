"""A round on demand: who may ask, how often, and what an impatient scraper gets."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from aiohttp import ClientSession
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from exporter.probe import REST, ProbeOnDemand, Run
from exporter.reading import Reader
from exporter.source import Arrivals, Round
from measurements.errors import ConfigurationError
from measurements.targets import Targets
from tests.exporter.conftest import NOW, names
from tests.exporter.serving import served
from tests.many_vantages import MemorySource, batch
from tests.rounds import Who, one_round

TOKEN = "0123456789abcdef0123456789abcdef"


class Clock:
    """Monotonic seconds that stand still unless told."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@asynccontextmanager
async def serving(
    targets: Targets, run: Run, clock: Clock, token: str | None = None
) -> AsyncIterator[ClientSession]:
    reader = Reader(MemorySource(own=True), platforms=names(targets), utc=lambda: NOW, monotonic=clock)
    probe = ProbeOnDemand(run, list(targets.platforms), utc=lambda: NOW, monotonic=clock)
    async with served(reader, token=token, monotonic=clock, probe=probe.handle) as session:
        yield session


def measuring(targets: Targets) -> Run:
    async def run(platform: str) -> Arrivals:
        return batch([one_round(targets, Who("v1"), NOW - timedelta(seconds=20))])

    return run


async def test_it_answers_with_metrics_and_on_demand_with_what_is_behind_them(targets: Targets):
    clock = Clock()
    async with serving(targets, measuring(targets), clock) as session:
        async with session.get("/probe", params={"platform": "vk"}) as answer:
            assert answer.status == 200
            assert 'platform="vk",probe="tls"' in await answer.text()
        clock.seconds = REST + 1
        async with session.get("/probe", params={"platform": "vk", "debug": "1"}) as answer:
            text = await answer.text()
    assert '{"type":"verdict","platform":"vk"' in text
    assert '"probe":"tls"' in text
    assert "efir_probe_run_complete 1.0" in text


async def test_one_at_a_time_and_a_minute_apart(targets: Targets):
    begun, go, clock = asyncio.Event(), asyncio.Event(), Clock()

    async def slow(platform: str) -> Arrivals:
        begun.set()
        await go.wait()
        return Arrivals()

    async with serving(targets, slow, clock) as session:
        first = asyncio.create_task(session.get("/probe", params={"platform": "vk"}))
        await begun.wait()
        async with session.get("/probe", params={"platform": "vk"}) as second:
            assert second.status == 429
        go.set()
        assert (await first).status == 200
        async with session.get("/probe", params={"platform": "vk"}) as third:
            assert third.status == 429
            assert 0 < int(third.headers["Retry-After"]) <= REST + 1
        clock.seconds = REST + 1
        async with session.get("/probe", params={"platform": "vk"}) as fourth:
            assert fourth.status == 200


async def test_an_impatient_scraper_gets_what_there_is(targets: Targets):
    stopped: list[str] = []

    async def until_cancelled(platform: str) -> Arrivals:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.append(platform)
            return batch([one_round(targets, Who("v1"), NOW)])
        raise AssertionError

    async with serving(targets, until_cancelled, Clock()) as session:
        patience = {"X-Prometheus-Scrape-Timeout-Seconds": "0.6"}
        async with session.get("/probe", params={"platform": "vk"}, headers=patience) as answer:
            text = await answer.text()
    assert stopped == ["vk"]
    assert 'efir_probe_success{asn="9198",country="KZ",platform="vk"' in text


async def test_a_run_that_gives_nothing_is_said_to_be_incomplete(targets: Targets):
    async def never(platform: str) -> Arrivals:
        await asyncio.Event().wait()
        raise AssertionError

    async with serving(targets, never, Clock()) as session:
        patience = {"X-Prometheus-Scrape-Timeout-Seconds": "0.6"}
        async with session.get("/probe", params={"platform": "vk"}, headers=patience) as answer:
            assert "efir_probe_run_complete 0.0" in await answer.text()


@pytest.mark.parametrize(
    ("query", "headers", "token", "status"),
    [
        pytest.param({}, {}, None, 400, id="no platform"),
        pytest.param({"platform": "<b>"}, {}, None, 400, id="an unknown one"),
        pytest.param({"platform": "vk"}, {}, TOKEN, 401, id="no token"),
        pytest.param({"platform": "vk"}, {"Authorization": f"Bearer {TOKEN}"}, TOKEN, 403, id="no consent"),
    ],
)
async def test_who_is_sent_away(targets: Targets, query, headers, token, status):
    async def no_consent(platform: str) -> Arrivals:
        raise ConfigurationError("nothing is measured before you agree")

    async with (
        serving(targets, no_consent, Clock(), token) as session,
        session.get("/probe", params=query, headers=headers) as answer,
    ):
        assert answer.status == status
        assert "<b>" not in await answer.text()


HOSTILE = '<script>alert(1)</script>"\n# EOF\nefir_evil 1\n\u202e'


async def test_hostile_words_stay_in_their_line_and_are_no_page(targets: Targets):
    async def run(platform: str) -> Arrivals:
        told = one_round(targets, Who(HOSTILE), NOW)
        rows = [
            replace(row, failure=f"unknown_failure: {HOSTILE}", resolver=HOSTILE) for row in told.observations
        ]
        lines = [replace(line, reason=HOSTILE, vantage=HOSTILE) for line in told.verdicts]
        return Arrivals(rows, lines, [Round(NOW, told.summary)])

    async with (
        serving(targets, run, Clock()) as session,
        session.get("/probe", params={"platform": "vk", "debug": "1"}) as answer,
    ):
        assert answer.content_type == "text/plain"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        debug, _, metrics = (await answer.text()).partition("\n# HELP")
    assert all(json.loads(line)["type"] for line in debug.splitlines() if "verdict" in line[:20])
    assert {json.loads(line)["vantage"] for line in debug.splitlines() if line} == {HOSTILE}
    samples = [
        sample for family in text_string_to_metric_families(f"# HELP{metrics}") for sample in family.samples
    ]
    assert samples
    assert not [sample for sample in samples if sample.name == "efir_evil"]
