"""Reading requests of strangers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helper.http1 import BadRequest, answer_head, parse_request


@given(st.binary(max_size=300))
def test_any_bytes_give_a_request_or_bad_request(head):
    try:
        request = parse_request(head)
        request.content_length  # noqa: B018 - reading it may raise as well
    except BadRequest:
        return
    assert request.path.startswith("/")


@given(st.text(max_size=100))
def test_any_path_gives_a_request_or_bad_request(path):
    try:
        parse_request(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode("latin-1", "replace"))
    except BadRequest:
        return


def test_query_and_headers_are_read():
    request = parse_request(
        b"GET /control/resolve?name=a.example&x= HTTP/1.1\r\nHost: b\r\nX-Request-ID:  77 \r\n\r\n"
    )
    assert (request.path, request.query) == ("/control/resolve", {"name": "a.example"})
    assert request.headers["x-request-id"] == "77"


@pytest.mark.parametrize(("status", "has_length"), [(204, False), (200, True), (403, True)])
def test_an_answer_tells_its_length_unless_it_can_have_none(status, has_length):
    assert (b"Content-Length: 5" in answer_head(status, 5, "text/plain", True)) is has_length
