"""What a flow is evidence of, as a table."""

from collections.abc import Callable
from typing import Any

import pytest

from measurements.failures import FAILURES
from measurements.throttle.flow import Flow
from measurements.throttle.usable import CUT, DEADLINE, same_object, use_of

Flows = Callable[..., Flow]
TIMEOUT = {"failure": "generic_timeout_error", "complete": False}

CASES: dict[str, tuple[dict[str, Any], str]] = {
    "a whole object counts": ({}, "counts"),
    "a deadline with progress is slowness": (TIMEOUT, "counts"),
    "a handshake that drips is slowness": ({**TIMEOUT, "sizes": (), "times": (), "stage": "tls"}, "counts"),
    "a handshake without a byte is silence": (
        {**TIMEOUT, "sizes": (), "times": (), "handshake_bytes": 0, "stage": "tls"},
        "blocked",
    ),
    "an answer that never begins is silence": (
        {**TIMEOUT, "sizes": (), "times": (), "stage": "first_byte", "status": None},
        "blocked",
    ),
    "a reset after half the object is no slowness": ({"failure": "connection_reset"}, "blocked"),
    "a FIN before the end is no slowness": ({"failure": "eof_error"}, "blocked"),
    "a forged certificate is interception": ({"certificate_valid": False}, "intercepted"),
    "a forged certificate outranks its reset": (
        {"certificate_valid": False, "failure": "connection_reset"},
        "intercepted",
    ),
    "421 is another answer": ({"status": 421}, "unavailable"),
    "429 is another answer": ({"status": 429}, "unavailable"),
    "a redirect is another answer": ({"status": 302}, "unavailable"),
    "an alert is another answer": ({"failure": "ssl_failed_handshake", "status": None}, "unavailable"),
    "a changed network spoils the flow": ({"flags": ("network_changed",)}, "flagged"),
    "no buffers here says nothing": ({"failure": "no_buffer_space"}, "broken"),
    "an empty body says nothing": ({"sizes": (), "times": (), "handshake_bytes": 0}, "broken"),
}


@pytest.mark.parametrize("name", CASES)
def test_use(name: str, flow: Flows) -> None:
    changes, expected = CASES[name]
    assert use_of(flow("target", **changes)) == expected


def test_every_word_used_is_of_the_vocabulary() -> None:
    assert set(FAILURES) >= CUT | DEADLINE


def test_objects_are_compared_as_far_as_both_came(flow: Flows) -> None:
    whole = flow(prefixes=((1024, "a"), (2048, "b"), (4096, "c")))
    assert same_object(whole, flow(prefixes=((1024, "a"),)))
    assert not same_object(whole, flow(prefixes=((1024, "a"), (2048, "x"))))
    assert not same_object(whole, flow(length=5))
    assert same_object(whole, flow(status=None))
