"""Roots, contexts and targets that probe tests share."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from lab.loopback import RunningHelper, running_helper, running_relay
from measurements.targets import Endpoint, Expect
from probes.base import Context, Deadlines, Target, Vantage
from probes.flow import Flow
from probes.roots import Roots
from tests.certificates import Authority, Leaf

NAME = "good.test"


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The root that these tests trust."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def censor(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A root that nobody trusts."""
    return Authority(tmp_path_factory.mktemp("censor"), name="Information Security CA", country="KZ")


@pytest.fixture(scope="session")
def leaf(authority: Authority) -> Leaf:
    """A good certificate for `good.test` and loopback."""
    return authority.issue(NAME, "127.0.0.1", "::1")


@pytest.fixture(scope="session")
def roots(authority: Authority) -> Roots:
    return Roots(authority.pem)


@pytest.fixture
def context(roots: Roots) -> Context:
    """A round's context whose deadlines a busy machine can keep."""
    deadlines = Deadlines(resolve=1, late_answers=0.15, connect=3, tls=3, http=3, quic=3)
    return Context("run", Vantage("vantage"), roots, deadlines=deadlines)


@pytest.fixture
def hasty(context: Context) -> Context:
    """One for tests that wait for a deadline."""
    short = replace(context.deadlines, connect=0.4, tls=0.4, http=0.4, quic=0.4)
    return replace(context, deadlines=short)


@pytest.fixture
def target() -> Callable[..., Target]:
    """Makes a target on loopback."""

    def make(
        port: int,
        path: str = "/",
        *,
        scheme: str = "https",
        address: str = "127.0.0.1",
        expect: Expect | None = None,
        sni: str | None = None,
    ) -> Target:
        endpoint = Endpoint(id="web", probes=("tls",), url=f"{scheme}://{NAME}:{port}{path}", expect=expect)
        return Target("youtube", "target", endpoint, address=address, sni=sni)

    return make


@pytest.fixture(scope="module")
def helper() -> Iterator[RunningHelper]:
    """A real one on loopback, over TCP and QUIC."""
    with running_helper(quic=True) as running:
        yield running


@pytest.fixture(scope="module")
def port(helper: RunningHelper, request: pytest.FixtureRequest) -> Iterator[int]:
    """Of a relay before the helper that does to names what the module's `RULES` say."""
    with running_relay(("127.0.0.1", helper.port), request.module.RULES) as (port, _):
        yield port


@pytest.fixture
def patient(context: Context) -> Context:
    """A context that waits for slow flows."""
    return replace(context, deadlines=Deadlines(connect=2, tls=2, http=3, quic=3))


@pytest.fixture
def flow(helper: RunningHelper, port: int) -> Callable[..., Flow]:
    """Makes a flow to or from the helper, through the relay."""

    def make(
        name: str = "plain.example",
        path: str = "/bytes/200000",
        *,
        port: int = port,
        pin: str | None = helper.sha256,
        **changes: Any,
    ) -> Flow:
        endpoint = Endpoint(id="web", probes=("http",), url=f"https://{name}{path}", port=port)
        target = Target("youtube", "target", endpoint, address="127.0.0.1")
        return Flow(target=target, pin=pin, **{"cap_bytes": 200_000, "cap_seconds": 5.0, **changes})

    return make


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")
