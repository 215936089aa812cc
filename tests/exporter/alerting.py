"""Real Prometheus and Alertmanager over an exporter, and a webhook that receives what they say."""

import asyncio
import re
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml
from aiohttp import ClientError, ClientSession, web

from exporter.rules.render import rendered, thresholds
from tests.exporter.serving import listening
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
# The shipped rules with a faster clock; every other threshold is the shipped one.
FAST = {
    "evaluation": "300ms",
    "suspected_for": "1s",
    "confirmed_for": "1s",
    "suspected_keep": "1s",
    "confirmed_keep": "1s",
}


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
class Watch:
    """The running pieces."""

    received: Received
    alertmanager: str
    prometheus: str
    session: ClientSession

    async def inhibited(self, name: str) -> bool:
        """Whether Alertmanager holds every alert of this name back because of another one."""
        async with self.session.get(f"{self.alertmanager}/api/v2/alerts") as answer:
            mine = [alert for alert in await answer.json() if alert["labels"]["alertname"] == name]
        return bool(mine) and all(alert["status"]["inhibitedBy"] for alert in mine)

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


def alertmanager_config(folder: Path, webhook: int) -> Path:
    """The shipped example, with our webhook and without its patience."""
    text = (ROOT / "exporter" / "alertmanager" / "alertmanager.yml").read_text()
    text = re.sub(r"127\.0\.0\.1:\d+", f"127.0.0.1:{webhook}", text)
    text = re.sub(r"(group_wait|group_interval): \w+", r"\1: 300ms", text)
    (folder / "alertmanager.yml").write_text(text)
    return folder / "alertmanager.yml"


def prometheus_config(folder: Path, exporter: int, token: str, alertmanager: int) -> Path:
    """The shipped rules on a fast clock."""
    for name, text in rendered(thresholds() | FAST).items():
        (folder / name).write_text(text)
    (folder / "token").write_text(token)
    config = {
        "global": {"scrape_interval": "300ms", "scrape_timeout": "300ms", "evaluation_interval": "300ms"},
        "rule_files": list(rendered(thresholds())),
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
        "scrape_configs": [
            {
                "job_name": "efir",
                "metrics_path": "/metrics/vantages",
                "authorization": {"credentials_file": "token"},
                "static_configs": [{"targets": [f"127.0.0.1:{exporter}"]}],
            }
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    return folder / "prometheus.yml"


@asynccontextmanager
async def watching(folder: Path, exporter: int, token: str) -> AsyncIterator[Watch]:
    """Prometheus that scrapes the exporter on this port, Alertmanager and a webhook, all on loopback and ready."""
    for program in ("prometheus", "prometheus-alertmanager"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed")
    received, hook = Received(), web.Application()
    hook.router.add_post("/{receiver}", received.take)
    manager, prom = free_port(), free_port()
    async with listening(hook) as webhook, ClientSession() as session:
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
                f"--config.file={prometheus_config(folder, exporter, token, manager)}",
                f"--storage.tsdb.path={folder / 'tsdb'}",
                f"--web.listen-address=127.0.0.1:{prom}",
            ),
        ):
            made = Watch(received, f"http://127.0.0.1:{manager}", f"http://127.0.0.1:{prom}", session)
            await until(lambda: made.value("up"), 60, "Prometheus scrapes the exporter")
            yield made
