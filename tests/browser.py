"""Chromium, driven as a person would: a small client of its DevTools protocol, by aiohttp alone."""

import asyncio
import base64
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium")
# Silent about everything but the page; no name but loopback resolves.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_PATIENCE = 30.0  # seconds; a machine with two cores may be busy


class Tab:
    """One page in the browser. `complaints`: what the console said; `asked`: every address that was requested."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, session: str) -> None:
        self._socket = socket
        self._session = session
        self._numbers = itertools.count(1000)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._loaded = asyncio.Event()
        self.complaints: list[str] = []
        self.asked: list[str] = []

    async def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        number = next(self._numbers)
        self._answers[number] = answer = asyncio.get_running_loop().create_future()
        await self._socket.send_json(
            {"id": number, "method": method, "params": params, "sessionId": self._session}
        )
        return await asyncio.wait_for(answer, _PATIENCE)

    async def listen(self) -> None:
        """Take answers and events until the browser ends."""
        async for message in self._socket:
            heard = json.loads(message.data)
            if "id" in heard:
                waiting = self._answers.pop(heard["id"])
                if not waiting.done():
                    waiting.set_result(heard.get("result", heard))
            else:
                self._event(heard["method"], heard["params"])

    def _event(self, method: str, params: dict[str, Any]) -> None:
        match method:
            case "Page.loadEventFired":
                self._loaded.set()
            case "Network.requestWillBeSent":
                self.asked.append(params["request"]["url"])
            case "Log.entryAdded":
                self.complaints.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
            case "Runtime.consoleAPICalled" | "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(params)[:500])

    async def open(self, url: str) -> None:
        """Go to an address and wait until it is loaded."""
        async with self.loading():
            await self.send("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        """Value of a JavaScript expression in the page."""
        found = await self.send(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise AssertionError(f"{expression}: {found['exceptionDetails']}")
        return found["result"].get("value")

    async def click(self, selector: str) -> None:
        """Click what a CSS selector finds; the page stays."""
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    @asynccontextmanager
    async def loading(self, patience: float = _PATIENCE) -> AsyncIterator[None]:
        """What is done inside leads to another page; it is waited for."""
        self._loaded.clear()
        yield
        await asyncio.wait_for(self._loaded.wait(), patience)

    async def follow(self, selector: str) -> None:
        """Click what leads to another page, and wait for it."""
        async with self.loading():
            await self.click(selector)

    async def key(self, key: str, code: int, text: str = "") -> None:
        """Press and release a key."""
        about = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        await self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **about)
        await self.send("Input.dispatchKeyEvent", type="keyUp", **about)

    async def text(self) -> str:
        """What a person reads."""
        return str(await self.evaluate("document.body.innerText"))

    async def size(self, width: int, height: int = 900) -> None:
        """Be a phone (below 600) or a desk."""
        await self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    async def picture(self, path: Path) -> None:
        """Keep a picture of the whole page."""
        shot = await self.send("Page.captureScreenshot", captureBeyondViewport=True)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(shot["data"]))


@asynccontextmanager
async def tab(profile: Path) -> AsyncIterator[Tab]:
    """A browser with one empty page; `profile` is a folder of its own."""
    assert CHROMIUM
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *FLAGS,
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr
    drain = None
    try:
        address = await asyncio.wait_for(_address(process.stderr), _PATIENCE)
        drain = asyncio.create_task(process.stderr.read())  # a full pipe would stop the browser
        async with aiohttp.ClientSession() as client, client.ws_connect(address, max_msg_size=0) as socket:
            opened = await _attach(socket)
            listening = asyncio.create_task(opened.listen())
            for domain in ("Page", "Runtime", "Network", "Log"):
                await opened.send(f"{domain}.enable")
            yield opened
            listening.cancel()
    finally:
        process.terminate()
        await process.wait()
        if drain:
            await drain


async def _address(errors: asyncio.StreamReader) -> str:
    async for line in errors:
        _, found, address = line.decode().partition("DevTools listening on ")
        if found:
            return address.strip()
    raise AssertionError("the browser did not start")


async def _attach(socket: aiohttp.ClientWebSocketResponse) -> Tab:
    """A new page, and a session with it; nothing else is heard before."""

    async def call(number: int, method: str, **params: Any) -> dict[str, Any]:
        await socket.send_json({"id": number, "method": method, "params": params})
        while (heard := json.loads((await socket.receive()).data)).get("id") != number:
            pass
        result: dict[str, Any] = heard["result"]
        return result

    target = await call(1, "Target.createTarget", url="about:blank")
    attached = await call(2, "Target.attachToTarget", targetId=target["targetId"], flatten=True)
    return Tab(socket, attached["sessionId"])
