"""What each path answers. No sockets here: a request goes in, an answer comes out."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from helper.control import Control
from helper.corpus import stream
from helper.flows import Flows
from helper.http1 import Request
from helper.limits import Accounts, Limits


@dataclass(frozen=True)
class Answer:
    """A status and a body; `body` is never copied on its way out."""

    status: int
    body: bytes | memoryview = b""
    content_type: str = "application/octet-stream"


@dataclass
class State:
    """What all connections of one helper share."""

    limits: Limits
    accounts: Accounts
    clock: Callable[[], float]  # steady seconds
    control: Control | None = None  # None = control questions are not answered
    flows: Flows = field(default_factory=Flows)
    corpus: memoryview = field(init=False)

    def __post_init__(self) -> None:
        self.corpus = memoryview(stream(self.limits.largest_object))


Handler = Callable[[State, Request, bytes], Awaitable[Answer]]


def text(status: int, message: str) -> Answer:
    """A short answer for people."""
    return Answer(status, (message + "\n").encode(), "text/plain; charset=utf-8")


def as_json(value: object) -> Answer:
    """An answer for programs."""
    return Answer(200, json.dumps(value).encode(), "application/json")


async def root(state: State, request: Request, client: bytes) -> Answer:
    """`GET /`: alive."""
    return Answer(204)


async def some_bytes(state: State, request: Request, client: bytes) -> Answer:
    """`GET /bytes/N`: the first N bytes of the stream."""
    wanted = request.path.removeprefix("/bytes/")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 16):
        return text(404, "not a number of bytes")
    length = int(wanted)
    if length > state.limits.largest_object:
        return text(403, f"at most {state.limits.largest_object} bytes")
    if not state.accounts.take(client, length, state.clock()):
        return text(429, "this client has had its share; try again in an hour")
    return Answer(200, state.corpus[:length])


async def upload(state: State, request: Request, client: bytes) -> Answer:
    """`POST /upload`: called once the body has been read and dropped."""
    return as_json({"received": request.content_length})


async def flow(state: State, request: Request, client: bytes) -> Answer:
    """`GET /flow/TOKEN`: what the kernel said about an earlier flow as its sender."""
    info = state.flows.get(request.path.removeprefix("/flow/"), state.clock())
    return text(404, "no such flow") if info is None else as_json(info)


async def resolve(state: State, request: Request, client: bytes) -> Answer:
    """`GET /control/resolve?name=`: what a name resolves to from here."""
    return await _question(state, client, request.query.get("name"), lambda c, name: c.resolve(name))


async def fetch(state: State, request: Request, client: bytes) -> Answer:
    """`GET /control/fetch?url=`: whether a URL answers from here; never its content."""
    return await _question(state, client, request.query.get("url"), lambda c, url: c.fetch(url))


async def _question(
    state: State,
    client: bytes,
    about: str | None,
    ask: Callable[[Control, str], Awaitable[dict[str, object]]],
) -> Answer:
    if state.control is None:
        return text(404, "control questions are not answered here")
    if about is None:
        return text(400, "the question lacks its name or url")
    if not state.control.allowed(about):
        return text(403, "only hosts of the targets file")
    if not state.accounts.ask(client, state.clock()):
        return text(429, "this client has asked enough; try again in an hour")
    return as_json(await ask(state.control, about))


# (method, path or its beginning, handler); the first that fits answers.
ROUTES: Final[tuple[tuple[str, str, Handler], ...]] = (
    ("GET", "/bytes/", some_bytes),
    ("GET", "/flow/", flow),
    ("GET", "/control/resolve", resolve),
    ("GET", "/control/fetch", fetch),
    ("POST", "/upload", upload),
)


async def answer(state: State, request: Request, client: bytes) -> Answer:
    """The answer to `request`."""
    if request.path == "/":
        return await root(state, request, client) if request.method == "GET" else text(405, "GET only")
    for method, path, handler in ROUTES:
        if request.path == path or (path.endswith("/") and request.path.startswith(path)):
            return (
                await handler(state, request, client)
                if request.method == method
                else text(405, f"{method} only")
            )
    return text(404, "not here")


def refusal_of_upload(state: State, request: Request, client: bytes) -> Answer | None:
    """Why a request's body must not even be read; None = read it."""
    length = request.content_length
    if request.method == "POST" and length is None:
        return text(411, "an upload needs a Content-Length")
    if not length:
        return None
    if request.path != "/upload" or length > state.limits.largest_upload:
        return text(413, f"at most {state.limits.largest_upload} bytes, to /upload")
    if not state.accounts.take(client, length, state.clock()):
        return text(429, "this client has had its share; try again in an hour")
    return None
