"""Real Prometheus and Alertmanager over `efir serve`'s application: what rises, what is held back, what ends."""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from aiohttp import ClientError, ClientSession, web

from exporter.reading import Reader
from exporter.rules.render import rendered, thresholds
from exporter.server import make_app
from exporter.source import VantageFacts
from measurements.targets import Targets
from tests.exporter.conftest import names
from tests.exporter.serving import asking, listening
from tests.many_vantages import MemorySource, batch
from tests.ports import free_port
from tests.rounds import Who, one_round, one_session

ROOT = Path(__file__).parents[2]
TOKEN = "0123456789abcdef0123456789abcdef"
# The shipped rules with a faster clock; every other threshold is the shipped one.
FAST = {
    "evaluation": "300ms",
    "suspected_for": "1s",
    "confirmed_for": "1s",
    "suspected_keep": "1s",
    "confirmed_keep": "1s",
}
VANTAGES = (Who("v1", 9198, access="wired"), Who("v2", 29355), Who("v3", 21299))
pytestmark = [pytest.mark.system, pytest.mark.timeout(100)]


@dataclass
class Received:
    """What the webhook got: status by (alert, operator)."""

    status: dict[tuple[str, str], str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)  # every alert that ever fired

    async def take(self, request: web.Request) -> web.Response:
        for alert in (await request.json())["alerts"]:
            name = alert["labels"]["alertname"]
            self.status[name, alert["labels"].get("operator", "")] = alert["status"]
            if alert["status"] == "firing":
                self.seen.add(name)
        return web.Response()

    def is_now(self, name: str, status: str) -> bool:
        found = {each for (alert, _operator), each in self.status.items() if alert == name}
        return found == {status}


@dataclass
class World:
    """The running pieces."""

    source: MemorySource
    received: Received
    alertmanager: str
    prometheus: str
    session: ClientSession

    def tell(self, targets: Targets, *vantages: Who, ratio: float, control: float = 1_000_000.0) -> None:
        """These vantages upload an open round each, and a session on YouTube."""
        now = datetime.now(UTC)
        sessions = [
            (who, now, one_session(who, "youtube", now, ratio, control=control)[1]) for who in vantages
        ]
        self.source.batches.append(batch([one_round(targets, who, now) for who in vantages], sessions))

    async def inhibited(self, name: str) -> bool:
        """Whether Alertmanager holds every alert of this name back because of another one."""
        async with self.session.get(f"{self.alertmanager}/api/v2/alerts") as answer:
            mine = [alert for alert in await answer.json() if alert["labels"]["alertname"] == name]
        return bool(mine) and all(alert["status"]["inhibitedBy"] for alert in mine)

    async def evaluated_since(self, moment: datetime) -> bool:
        """Whether every rule was evaluated after `moment`."""
        async with self.session.get(f"{self.prometheus}/api/v1/rules") as answer:
            groups = (await answer.json())["data"]["groups"]
        return all(
            datetime.fromisoformat(rule["lastEvaluation"][:26].rstrip("Z") + "+00:00") > moment
            for group in groups
            for rule in group["rules"]
        )

    async def value(self, query: str) -> float | None:
        async with self.session.get(f"{self.prometheus}/api/v1/query", params={"query": query}) as answer:
            result = (await answer.json())["data"]["result"]
        return float(result[0]["value"][1]) if result else None


async def until(happens: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for a condition of other programs; there is nothing of theirs to be told by."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = happens()
        if asyncio.iscoroutine(result):
            try:
                result = await result
            except (ClientError, OSError):
                result = False
        if result:
            return
        await asyncio.sleep(0.2)
    pytest.fail(f"not within {seconds} s: {what}")


@contextmanager
def running(*command: object) -> Iterator[None]:
    """A program that is stopped at the end."""
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def exporter(source: MemorySource, targets: Targets) -> web.Application:
    reader = Reader(source, platforms=names(targets), utc=lambda: datetime.now(UTC), monotonic=time.monotonic)
    return make_app(asking(reader), time.monotonic, token=TOKEN, own=False)


def alertmanager_config(folder: Path, webhook: int) -> Path:
    """The shipped example, with our webhook and without its patience."""
    text = (ROOT / "exporter" / "alertmanager" / "alertmanager.yml").read_text()
    text = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{webhook}", text)
    text = re.sub(r"(group_wait|group_interval): \w+", r"\1: 300ms", text)
    (folder / "alertmanager.yml").write_text(text)
    return folder / "alertmanager.yml"


def prometheus_config(folder: Path, exporter_port: int, alertmanager_port: int) -> Path:
    for name, text in rendered(thresholds() | FAST).items():
        (folder / name).write_text(text)
    (folder / "token").write_text(TOKEN)
    config = {
        "global": {"scrape_interval": "300ms", "scrape_timeout": "300ms", "evaluation_interval": "300ms"},
        "rule_files": list(rendered(thresholds())),
        "alerting": {
            "alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager_port}"]}]}]
        },
        "scrape_configs": [
            {
                "job_name": "efir",
                "metrics_path": "/metrics/vantages",
                "authorization": {"credentials_file": "token"},
                "static_configs": [{"targets": [f"127.0.0.1:{exporter_port}"]}],
            }
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    return folder / "prometheus.yml"


@asynccontextmanager
async def world(folder: Path, targets: Targets) -> AsyncIterator[World]:
    """Exporter, Prometheus, Alertmanager and a webhook, all on the loopback address and ready."""
    for program in ("prometheus", "prometheus-alertmanager"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    source = MemorySource(known={who.name: VantageFacts(plan="plain") for who in VANTAGES})
    received, hook = Received(), web.Application()
    hook.router.add_post("/{receiver}", received.take)
    manager, prom = free_port(), free_port()
    async with (
        listening(hook) as webhook,
        listening(exporter(source, targets)) as port,
        ClientSession() as session,
    ):
        with (
            running(
                "prometheus-alertmanager",
                f"--config.file={alertmanager_config(folder, webhook)}",
                f"--storage.path={folder / 'alertmanager'}",
                f"--web.listen-address=127.0.0.1:{manager}",
                "--cluster.listen-address=",
            ),
            running(
                "prometheus",
                f"--config.file={prometheus_config(folder, port, manager)}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{prom}",
            ),
        ):
            made = World(source, received, f"http://127.0.0.1:{manager}", f"http://127.0.0.1:{prom}", session)
            await until(lambda: made.value("up"), 30, "Prometheus scrapes the exporter")
            yield made


async def test_throttling_is_suspected_then_confirmed_then_over(tmp_path: Path, targets: Targets):
    async with world(tmp_path, targets) as here:
        here.tell(targets, VANTAGES[0], ratio=0.05)
        await until(
            lambda: here.received.is_now("ThrottlingSuspected", "firing"), 15, "one vantage: suspected"
        )
        assert "ThrottlingConfirmed" not in here.received.seen

        here.tell(targets, *VANTAGES, ratio=0.05)
        await until(lambda: here.received.is_now("ThrottlingConfirmed", "firing"), 15, "three: confirmed")
        await until(lambda: here.inhibited("ThrottlingSuspected"), 15, "confirmed holds suspected back")

        here.tell(targets, *VANTAGES, ratio=0.95)
        await until(
            lambda: here.received.is_now("ThrottlingConfirmed", "resolved"), 20, "recovery resolves it"
        )
        assert here.received.seen == {"ThrottlingSuspected", "ThrottlingConfirmed"}


async def test_congestion_that_slows_everything_alike_raises_nothing(tmp_path: Path, targets: Targets):
    async with world(tmp_path, targets) as here:
        here.tell(targets, *VANTAGES, ratio=0.9, control=200_000.0)
        heard = 'count(vantage_platform:efir_heard:info{platform="youtube"}) == 3'
        await until(lambda: here.value(heard), 15, "the rules see all three")
        # Far longer than the shortened patience of the rules.
        later = datetime.now(UTC) + timedelta(seconds=4)
        await until(lambda: here.evaluated_since(later), 20, "the rules had time to fire")
        assert await here.value('ALERTS{alertname!=""}') is None
        assert here.received.seen == set()
