"""An observation in the making: phases are timed, the first failure ends it, and what was seen until then is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any

from measurements import failures
from measurements.failures import Stage
from measurements.records import Observation, Phases, Probe, TlsFacts
from probes.base import Context, Target, blank
from probes.connect import Connection, Stream, connect
from probes.tls_stream import TlsStream, handshake


class Failed(Exception):
    """The probe is over: its draft holds stage and failure. Never leaves the draft's `with` block."""


class Draft:
    """Collects one observation; a context manager that closes its connections and swallows `Failed`.

        with Draft(target, context, "tls") as draft:
            connection = await draft.connect()
            await draft.handshake(connection, alpn)
        return draft.observation()

    Only a cancellation comes out of it; sockets are closed then too.
    """

    def __init__(self, target: Target, context: Context, probe: Probe) -> None:
        self.target = target
        self.context = context
        self.fields: dict[str, Any] = blank(target, context, probe)
        self.phases: dict[str, float] = {}
        self.stage: Stage | None = None
        self.failure: str | None = None
        self._streams: list[Stream] = []

    def __enter__(self) -> "Draft":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        for stream in self._streams:
            info = stream.tcp_info()
            self.fields["tcp_info"] = info or self.fields.get("tcp_info", {})
            self.count(stream.bytes_sent, stream.bytes_received)
            stream.close()
        return isinstance(error, Failed)

    @property
    def patience(self) -> float:
        """How many times longer this try waits for a server that has heard us."""
        return self.context.deadlines.second_try if self.target.attempt > 1 else 1.0

    def count(self, sent: int, received: int) -> None:
        """Add bytes to the observation's totals."""
        self.fields["bytes_sent"] = self.fields.get("bytes_sent", 0) + sent
        self.fields["bytes_received"] = self.fields.get("bytes_received", 0) + received

    def fail(self, stage: Stage, failure: str) -> Failed:
        """Note how it ended, for `raise draft.fail(...)`."""
        self.stage, self.failure = stage, failure
        return Failed(failure)

    def resume(self, phases: dict[str, float]) -> None:
        """Take back a failure that turned out to be none, with the phases as they were before it."""
        self.stage = self.failure = None
        self.phases = phases

    @asynccontextmanager
    async def phase(self, stage: Stage, seconds: float) -> AsyncIterator[None]:
        """Time a phase and hold it to its deadline; a network error in it is the observation's failure."""
        clock = self.context.clock.monotonic
        start = clock()
        try:
            async with asyncio.timeout(seconds):
                yield
        except (OSError, EOFError) as error:  # TimeoutError and ssl's errors are OSErrors
            raise self.fail(stage, failures.of_exception(error)) from None
        self.phases[stage] = clock() - start

    async def connect(self) -> Connection:
        """TCP to the target's address and port."""
        async with self.phase("connect", self.context.deadlines.connect):
            connection = await connect(self.fields["address"], self.fields["port"])
        self._streams.append(connection)
        return connection

    async def handshake(
        self,
        connection: Connection,
        alpn: tuple[str, ...],
        name: str | None = None,
        pin: str | None = None,
    ) -> TlsStream:
        """TLS for `name`, else the target's SNI, else its host, else its address (which sends no SNI).

        With `pin` (SHA-256 of the leaf's DER form) the server is judged by that alone.
        """
        known = name or self.target.sni or self.target.endpoint.host
        name = known or self.fields["address"]
        clock = self.context.clock.monotonic
        start = clock()
        shaken = await handshake(
            connection,
            name,
            roots=self.context.roots,
            seconds=self.context.deadlines.tls,
            clock=clock,
            alpn=alpn,
            pin=pin,
            patience=self.patience,
            scrub=self.context.scrub,
        )
        self.fields["tls"] = shaken.facts
        self.fields["sni"] = known
        if shaken.stream is None:
            raise self.fail("tls", shaken.failure or failures.UNKNOWN)
        self.phases["tls"] = clock() - start
        self.fields["alpn"] = shaken.stream.alpn
        return shaken.stream

    @property
    def tls(self) -> TlsFacts | None:
        """Facts of the last handshake."""
        found: TlsFacts | None = self.fields.get("tls")
        return found

    def observation(self, **facts: Any) -> Observation:
        """The finished record; `facts` are further fields of it."""
        return Observation(
            **self.fields, **facts, phases=Phases(**self.phases), stage=self.stage, failure=self.failure
        )
