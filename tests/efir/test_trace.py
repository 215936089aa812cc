"""`efir trace`: whose addresses are told, what people read."""

import subprocess
import sys
from pathlib import Path

import pytest

from efir.show.trace import sentence
from efir.tracing import lines_of, shown
from measurements.records import TraceLine
from probes.trace.evidence import Finding, Heard, Series
from probes.trace.runner import Trace


@pytest.mark.parametrize(
    ("ttl", "address", "told"),
    [
        pytest.param(1, "8.8.8.8", None, id="the first hop is the person's own"),
        pytest.param(2, "8.8.8.8", None, id="the second is the provider's nearest"),
        pytest.param(3, "10.1.1.1", None, id="a private address"),
        pytest.param(4, "100.64.0.9", None, id="an address of the provider's own translation"),
        pytest.param(3, "8.8.8.8", "8.8.8.8", id="a public router further on"),
        pytest.param(3, None, None, id="a hop that kept silent"),
    ],
)
def test_a_hop_near_the_person_is_not_told(ttl: int, address: str | None, told: str | None) -> None:
    assert shown(ttl, address) == told


def test_the_hops_of_a_hello_have_the_addresses_of_the_connection_attempts() -> None:
    syn, hello, control = Series(), Series(), Series()
    for ttl in (1, 2, 3):
        syn.add(ttl, [Heard("expired", f"8.8.8.{ttl}")])
        hello.add(ttl, [Heard("expired" if ttl < 3 else "reset")])
        control.add(ttl, [Heard("expired")])
    traces = [
        Trace("syn", syn, syn, Finding("none")),
        Trace("hello", hello, control, Finding("reset", 3, 3)),
    ]
    line = lines_of("youtube", "web", traces)[1]
    assert (line.hop_address, [hop.address for hop in line.hops]) == ("8.8.8.3", [None, None, "8.8.8.3"])
    assert [hop.inside for hop in line.hops] == [True, True, False]


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (Finding("none"), "no interference found"),
        (Finding("dropped", 3, 4), "swallowed at hop 3-4, where the neutral one passes"),
        (Finding("unclear", reason="other_way"), "not clear: silent from some hop on"),
    ],
)
def test_a_finding_is_said_in_words(finding: Finding, words: str) -> None:
    line = TraceLine(
        platform="p",
        endpoint="web",
        method="hello",
        finding=finding.what,
        hop_low=finding.hop_low,
        hop_high=finding.hop_high,
        reason=finding.reason,
    )
    assert sentence(line).startswith(words)


def efir(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "efir", *arguments, "--state", str(state)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_tracing_needs_its_own_consent(tmp_path: Path) -> None:
    efir(tmp_path, "consent", "--accept")
    refused = efir(tmp_path, "trace", "youtube")
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "efir consent --with-trace" in refused.stderr
