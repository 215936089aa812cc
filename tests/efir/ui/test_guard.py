"""Who may ask the page anything, and who may not."""

import pytest

from efir.ui.guard import Guard

OWN = "127.0.0.1:4711"
PAGE = {"Host": OWN}
FORM = {"Host": OWN, "Origin": f"http://{OWN}"}


@pytest.fixture
def guard() -> Guard:
    return Guard(4711)


@pytest.mark.parametrize(
    ("method", "headers", "refused"),
    [
        ("GET", PAGE, None),
        ("GET", PAGE | {"Sec-Fetch-Site": "none"}, None),
        ("GET", PAGE | {"Sec-Fetch-Site": "same-origin"}, None),
        ("POST", FORM, None),
        ("GET", {}, "own address"),
        ("GET", {"Host": "rebound.example:4711"}, "own address"),
        ("GET", {"Host": "127.0.0.1"}, "own address"),
        ("GET", {"Host": "localhost:4711"}, "own address"),
        ("GET", PAGE | {"Sec-Fetch-Site": "cross-site"}, "Another site"),
        ("GET", PAGE | {"Sec-Fetch-Site": "same-site"}, "Another site"),
        ("POST", PAGE, "the page itself"),
        ("POST", PAGE | {"Origin": "null"}, "the page itself"),
        ("POST", PAGE | {"Origin": "http://evil.example"}, "the page itself"),
        ("POST", PAGE | {"Origin": "http://127.0.0.1:4712"}, "the page itself"),
        ("POST", PAGE | {"Origin": f"https://{OWN}"}, "the page itself"),
        ("DELETE", PAGE, "the page itself"),
    ],
    ids=[
        "a page by hand",
        "a page that a person opened",
        "a page by a link of ours",
        "a form of ours",
        "no host",
        "a stranger's name that leads to us",
        "another port",
        "another name of loopback",
        "a frame or picture of another site",
        "another port of this device",
        "a form from nowhere",
        "a form from a sandbox",
        "a form of another site",
        "a form of another program here",
        "a form of another scheme",
        "another method from nowhere",
    ],
)
def test_only_the_page_itself_is_served(
    guard: Guard, method: str, headers: dict[str, str], refused: str | None
) -> None:
    found = guard.refusal(method, headers)
    assert found is None if refused is None else refused in (found or "")


def test_the_ticket_is_good_for_one_use(guard: Guard) -> None:
    ticket = guard.ticket or ""
    assert not guard.admits("")
    assert not guard.admits(ticket[:-1])
    assert guard.admits(ticket)
    assert not guard.admits(ticket)


@pytest.mark.parametrize("guess", ["", "x", "ß\udcff"], ids=["nothing", "a guess", "no ASCII"])
def test_a_guess_is_no_token(guard: Guard, guess: str) -> None:
    assert not guard.knows(guess)
    assert not guard.knows(guard.token + guess + "x")
    assert guard.knows(guard.token)


def test_two_starts_share_no_secret(guard: Guard) -> None:
    other = Guard(4711)
    secrets = {guard.token, guard.ticket, other.token, other.ticket}
    assert len(secrets) == 4
    assert min(len(each or "") for each in secrets) >= 43  # 256 bits in base64
