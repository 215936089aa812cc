"""Control questions: is a host down for everybody, or only on the line that asks?

Only hosts of the targets file are resolved or fetched, a page's content is never passed on, and an answer is kept
for a minute, so that the helper is neither a proxy nor a lever against others (DESIGN section 2, rule 8).
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

_KEPT: Final = 60.0  # seconds an answer stands for all who ask
_DEADLINE: Final = 10.0  # seconds, like the client's own probes
_READ: Final = 65_536  # bytes of a body counted before we stop


@dataclass
class Control:
    """Answers about `hosts`. `contact` is the URL by which the helper identifies itself."""

    hosts: frozenset[str]
    contact: str
    clock: Callable[[], float]
    _answers: dict[tuple[str, str], tuple[float, dict[str, object]]] = field(default_factory=dict)
    _busy: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(8))

    def allowed(self, about: str) -> bool:
        """True for a host of the targets file, or an http(s) URL on its usual port at one."""
        if "/" not in about:
            return about.lower() in self.hosts
        try:
            url = urlsplit(about)
            port = url.port
        except ValueError:
            return False
        usual = {"http": 80, "https": 443}.get(url.scheme)
        return usual is not None and port in (None, usual) and (url.hostname or "") in self.hosts

    async def resolve(self, name: str) -> dict[str, object]:
        """`{"addresses": [...], "failure": null | word}`."""
        return await self._once("resolve", name.lower(), _resolve)

    async def fetch(self, url: str) -> dict[str, object]:
        """`{"status": 200 | null, "length": bytes | null, "failure": null | word}`; redirects are not followed."""
        return await self._once("fetch", url, lambda about: _fetch(about, self.contact))

    async def _once(
        self, kind: str, about: str, ask: Callable[[str], Awaitable[dict[str, object]]]
    ) -> dict[str, object]:
        now = self.clock()
        self._answers = {key: value for key, value in self._answers.items() if now - value[0] < _KEPT}
        if (kind, about) not in self._answers:
            async with self._busy:
                found = await ask(about)
            self._answers[kind, about] = (now, found)
        return self._answers[kind, about][1]


async def _resolve(name: str) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_DEADLINE):
            found = await loop.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    except TimeoutError:
        return {"addresses": [], "failure": "generic_timeout_error"}
    except OSError:
        return {"addresses": [], "failure": "dns_no_answer"}
    return {"addresses": sorted({str(entry[4][0]) for entry in found}), "failure": None}


async def _fetch(url: str, contact: str) -> dict[str, object]:
    import aiohttp

    from measurements.failures import of_exception

    timeout = aiohttp.ClientTimeout(total=_DEADLINE)
    try:
        async with (
            aiohttp.ClientSession(
                timeout=timeout, headers={"User-Agent": f"efir-helper (+{contact})"}
            ) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            length = len(await answer.content.read(_READ))
            return {"status": answer.status, "length": length, "failure": None}
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        return {"status": None, "length": None, "failure": of_exception(_cause(error))}


def _cause(error: BaseException) -> BaseException:
    return getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error


def hosts_of(targets: Any) -> frozenset[str]:
    """Host names that a `measurements.targets.Targets` lists: those of endpoints, controls and transfer objects."""
    urls = [endpoint.url for platform in targets.platforms.values() for endpoint in platform.endpoints]
    urls += [transfer.url for platform in targets.platforms.values() for transfer in platform.transfers]
    urls += [control.url for control in targets.controls]
    return frozenset(host for url in urls if url and (host := urlsplit(url).hostname))
