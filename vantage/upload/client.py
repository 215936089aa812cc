"""Sending sealed batches: to each collector address in turn, until one proves that it has them."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Final, Self

import aiohttp
import msgspec

from measurements.batch import ANSWER_MAC, Answer
from measurements.invite import Invite
from measurements.sealing import mac, proof_of, same
from vantage.upload.rules import Next, Outcome, after

PATH: Final = "/v1/batches"
# For the whole of one request: 200 kB at 16 kbit/s, and the collector's queue.
_SECONDS: Final = 180.0
# An answer to a thousand items has some 80 kB.
_LARGEST_ANSWER: Final = 5_000_000


@dataclass(frozen=True)
class Reply:
    """What one attempt at one batch came to; `answer` is the operator's, proven."""

    next: Next
    answer: Answer | None = None
    problem: str = ""  # in short words, without an address
    bytes_received: int = 0  # of the answer's body


class Sender:
    """Holds the connections of one sending. Use as an async context manager."""

    def __init__(
        self,
        invite: Invite,
        chance: Callable[[], float],
        *,
        tls: ssl.SSLContext | None = None,
        proxy: str | None = None,
    ) -> None:
        """`chance()` is uniform in [0, 1); `proxy` an http URL through which everything goes."""
        self._invite = invite
        self._proof = proof_of(invite.token)
        self._chance = chance
        self._tls = tls
        self._proxy = proxy

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=self._tls or True)
        # A cookie or our library's name would only tell more to the ones on the way.
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=_SECONDS),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent",),
        )
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self._session.close()

    async def send(self, seal: Callable[[], bytes], attempt: int) -> Reply:
        """Offer a batch to each address until one has it. `seal()` makes the batch anew for each."""
        last = Reply(Next(Outcome.AGAIN))
        for url in self._invite.collectors:
            last = await self._offer(url.rstrip("/") + PATH, seal(), attempt)
            if last.next.outcome is Outcome.DONE:
                break
        return last

    async def _offer(self, url: str, sealed: bytes, attempt: int) -> Reply:
        try:
            async with self._session.post(
                url, data=BytesIO(sealed), proxy=self._proxy, allow_redirects=False
            ) as response:
                body = await response.content.read(_LARGEST_ANSWER)
                while piece := await response.content.read(_LARGEST_ANSWER):
                    body += piece
                    if len(body) > _LARGEST_ANSWER:
                        return replace(
                            self._judge(response.status, None, attempt, None), bytes_received=len(body)
                        )
                answer = self._proven(body, response.headers.get(ANSWER_MAC, ""))
                wish, why = response.headers.get("Retry-After"), _reason(body)
                reply = self._judge(response.status, wish, attempt, answer, why)
                return replace(reply, bytes_received=len(body))
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError, OSError) as error:
            return self._judge(None, None, attempt, None, type(error).__name__)

    def _judge(
        self, status: int | None, retry_after: str | None, attempt: int, answer: Answer | None, why: str = ""
    ) -> Reply:
        step = after(status, retry_after, attempt, self._chance, answer is not None)
        if step.outcome is Outcome.DONE:
            return Reply(step, answer)
        named = "no answer" if status is None else f"answer {status}"
        return Reply(step, None, f"{named}: {why}" if why else named)

    def _proven(self, body: bytes, given_mac: str) -> Answer | None:
        """The answer, if it bears the MAC that only the operator can make."""
        try:
            if not same(bytes.fromhex(given_mac), mac(self._proof, body)):
                return None
            return msgspec.json.decode(body, type=Answer)
        except ValueError:  # no hex, or no answer; msgspec's errors are ValueErrors
            return None


def _reason(body: bytes) -> str:
    """The collector's word for a refusal; nothing of a page that somebody else sent."""
    try:
        return msgspec.json.decode(body, type=_Refusal).error[:40]
    except ValueError:
        return ""


class _Refusal(msgspec.Struct):
    error: str = ""
