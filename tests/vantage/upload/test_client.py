"""Whose answer counts, and where else to turn."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from measurements.batch import ANSWER_MAC, Answer, ItemAnswer
from measurements.invite import Invite
from measurements.sealing import key_text, mac, proof_of, token_text
from vantage.upload.client import PATH, Reply, Sender
from vantage.upload.rules import Outcome

TOKEN = token_text(bytes(range(32)))
ANSWER = Answer(batch="b", items=(ItemAnswer(id="i", status="accepted"),))
BODY = msgspec.json.encode(ANSWER)
PROOF = {ANSWER_MAC: mac(proof_of(TOKEN), BODY).hex()}
NOBODY = "http://127.0.0.1:1"


def answering(status: int, body: bytes = BODY, **headers: str) -> Callable[[], web.Response]:
    return lambda: web.Response(status=status, body=body, headers=headers)


@asynccontextmanager
async def server(answer: Callable[[], web.Response]) -> AsyncIterator[tuple[str, list[web.Request]]]:
    heard: list[web.Request] = []

    async def handle(request: web.Request) -> web.Response:
        await request.read()
        heard.append(request)
        return answer()

    app = web.Application(client_max_size=1 << 23)
    app.router.add_route("*", "/{path:.*}", handle)
    serving = TestServer(app)
    await serving.start_server()
    try:
        yield str(serving.make_url("")).rstrip("/"), heard
    finally:
        await serving.close()


async def send(*urls: str, proxy: str | None = None, size: int = 10) -> Reply:
    key = key_text(X25519PrivateKey.generate().public_key())
    invite = Invite(id="0", collectors=urls, key=key, token=TOKEN)
    async with Sender(invite, random.Random(1).random, proxy=proxy) as sender:
        return await sender.send(lambda: bytes(size), 1)


@pytest.mark.parametrize(
    ("answer", "outcome", "problem"),
    [
        pytest.param(answering(200, **PROOF), Outcome.DONE, "", id="the operator's"),
        pytest.param(answering(200), Outcome.AGAIN, "answer 200", id="the same words without the MAC"),
        pytest.param(
            answering(200, BODY + b" ", **PROOF), Outcome.AGAIN, "answer 200", id="changed on the way"
        ),
        pytest.param(
            answering(200, **{ANSWER_MAC: "no hex"}), Outcome.AGAIN, "answer 200", id="a MAC that is none"
        ),
        pytest.param(answering(200, b"<html>log in"), Outcome.AGAIN, "answer 200", id="a login page"),
        pytest.param(
            answering(302, b"", Location="/login"), Outcome.AGAIN, "answer 302", id="a redirect, not followed"
        ),
        pytest.param(
            answering(403, b'{"error":"unknown_token"}'),
            Outcome.REFUSED,
            "answer 403: unknown_token",
            id="refused",
        ),
        pytest.param(
            answering(403, b"<html>blocked"), Outcome.REFUSED, "answer 403", id="a page of somebody's"
        ),
        pytest.param(answering(200, bytes(5_000_001)), Outcome.AGAIN, "answer 200", id="an endless answer"),
    ],
)
async def test_whose_answer_counts(
    answer: Callable[[], web.Response], outcome: Outcome, problem: str
) -> None:
    async with server(answer) as (url, heard):
        reply = await send(url)
    assert (reply.next.outcome, reply.problem) == (outcome, problem)
    assert reply.answer == (ANSWER if outcome is Outcome.DONE else None)
    assert [request.path for request in heard] == [PATH]


async def test_the_next_address_is_tried_until_one_has_it() -> None:
    async with server(answering(503)) as (busy, _), server(answering(200, **PROOF)) as (good, heard):
        reply = await send(NOBODY, busy, good + "/", good)
    assert reply.next.outcome is Outcome.DONE
    assert len(heard) == 1


async def test_nobody_there_is_no_answer_and_names_no_address() -> None:
    reply = await send(NOBODY)
    assert reply.next.outcome is Outcome.AGAIN
    assert reply.problem == "no answer: ClientConnectorError"


async def test_the_request_tells_nothing_of_the_program_and_large_batches_go_whole() -> None:
    async with server(answering(200, **PROOF)) as (url, heard):
        await send(url, size=4_000_000)
    assert "User-Agent" not in heard[0].headers
    assert heard[0].headers["Content-Length"] == "4000000"


async def test_through_a_proxy_only_the_proxy_is_asked() -> None:
    async with server(answering(200, **PROOF)) as (proxy, heard):
        reply = await send("http://collector.example", proxy=proxy)
    assert reply.next.outcome is Outcome.DONE
    assert heard[0].headers["Host"] == "collector.example"
