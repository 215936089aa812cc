"""No address of the vantage survives in stored text, however it is spelt."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.records import DnsAnswer, DnsFacts, HttpFacts, TlsFacts
from measurements.scrub import MARK, nameless, redactor, scrubber
from tests.records import observation

scrub = scrubber(["aigerim-laptop", "ab"])


@pytest.mark.parametrize(
    "text",
    ["203.0.113.7", "203.000.113.007", "203-0-113-7", "203_0_113_7", "2001:db8::1", "2001:DB8:0:0:0:0:0:1",
     "::ffff:203.0.113.7", "fe80::1", "2a00:1450:4010:c0e:0:0:0:8b", "2001-db8-0-0-0-0-0-1",
     "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "00:1a:2B:3c:4d:5e", "00-1a-2b-3c-4d-5e",
     "001a.2b3c.4d5e", "AIGERIM-laptop", "203%2E0%2E113%2E7", "203%252E0%252E113%252E7", "2001%3Adb8%3A%3A1",
     "00%3A1a%3A2b%3A3c%3A4d%3A5e", "203&#46;0&#x2e;113&period;7",
     "MjAzLjAuMTEzLjc=", "MjAzLjAuMTEzLjc", "aXA9MjAzLjAuMTEzLjcmbWFjPTAwOjFhOjJiOjNjOjRkOjVl"],
)  # fmt: skip
@pytest.mark.parametrize(
    "around", ["your address is {}, dear {}", "{}.", "IP:{}", "?ip={}&id=1", "/{}/", '"{}"', "{}"]
)
def test_scrubbed(text: str, around: str) -> None:
    assert text not in scrub(around.format(text, text))
    assert MARK in scrub(around.format(text, text))


@pytest.mark.parametrize(
    "text",
    ["HTTP/1.1 200 OK", "12:30:45", "version 1.2.3", "std::vector", "Mon, 05 Jan 2026", "abstract ab", "100%",
     "a &amp; b", "serialNumber=7,2.5.4.15=Private Organization,1.3.6.1.4.1.311.60.2.1.3=KZ",
     "max-age=2592000", "Cloudflare", "iso-8859-1"],
)  # fmt: skip
def test_left_alone(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize(
    "text",
    ["87011234567", "+7 (701) 123-45-67", "3405803783", "0xcb007107", "001a2b3c4d5e",
     "20010db8000000000000000000000001", "550e8400-e29b-41d4-a716-446655440000", "eyJzdWIiOiJhYmMiLCJpZCI6"],
)  # fmt: skip
def test_what_a_provider_looks_a_subscriber_up_by(text: str) -> None:
    assert text not in nameless(f"Dear subscriber {text}, this page is closed")
    assert text not in nameless(f"https://block.example/{text}/page.html")


@pytest.mark.parametrize(
    "text", ["Access denied: error 1020", "AnonymizerAndVpnServicesAreClosed", "22:30", "2019"]
)
def test_words_and_short_numbers_stay(text: str) -> None:
    assert nameless(text) == text


@given(st.ip_addresses(), st.text(max_size=5), st.sampled_from([" ", "=", "/", '"', ">", "?ip="]))
def test_no_address_survives_between_others_text(address: object, before: str, mark: str) -> None:
    if str(address) != "::":
        assert str(address) not in scrub(f"{before}{mark}{address} {before}").replace(MARK, "")
        assert MARK in scrub(base64.b64encode(str(address).encode()).decode()) or len(str(address)) < 7


@given(st.text())
def test_any_text_can_be_scrubbed(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)
    nameless(text)


GATEWAY, HELPER, OTHER = "192.0.2.1", "198.51.100.9", "203.0.113.80"
redact = redactor({GATEWAY: MARK, HELPER: "helper-1"})


def test_no_record_holds_the_gateway_that_answers_for_a_platform() -> None:
    answer = DnsAnswer(after=0.1, rcode="NOERROR", addresses=(OTHER, GATEWAY))
    row = redact(observation(address=None, dns=DnsFacts(question="A", transport="udp", answers=(answer,))))
    assert row.dns is not None
    assert row.dns.answers[0].addresses == (OTHER, MARK)


def test_nor_what_such_a_server_shows_of_itself() -> None:
    tls = TlsFacts(
        chain_sha256=("ab" * 32,), chain_der=(b"0",), subject="CN=router", issuer="CN=router", names=("r",)
    )
    row = redact(
        observation(address=HELPER, tls=tls, http=HttpFacts(status=200, title="Router", body_start="Log in"))
    )
    assert row.address == "helper-1"
    assert row.tls == TlsFacts(chain_sha256=(MARK,))
    assert row.http == HttpFacts(status=200)


def test_other_servers_records_stay_as_they_are() -> None:
    row = observation(address=OTHER, tls=TlsFacts(chain_sha256=("ab" * 32,)))
    assert redact(row) is row
