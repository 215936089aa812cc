"""Published block pages are known by their words; pages about them are not."""

from base64 import b64encode
from typing import Any

import msgspec
import pytest

from analysis.ooni.block_pages import BLOCK_PAGES, known_page, recognise

KNOWN = {
    "inner-address": '<body><IFRAME width="100%" src="http://10.10.34.36?type=Invalid Site"></IFRAME></body>',
    "netsweeper": "<script>location='http://filter.example:8080/webadmin/deny/index.php?dpid=3'</script>",
    "india-dot": '<style>body{margin:0}</style><iframe src="http://www.airtel.in/dot/" width="100%"></iframe>',
    "indonesia-kominfo": "<h1>Maaf, akses ke situs ini DIBLOKIR oleh Pemerintah Indonesia</h1>",
    "pakistan-pta": "<p>It contains content that is prohibited for viewership from within Pakistan.</p>",
    "portugal-court": "<title>Bloqueado por ordem judicial</title>",
    "russia-149-fz": "<h1>Доступ ограничен</h1> <p>на основании Федерального закона от 27 июля 2006 г. № 149-ФЗ</p>",
}


@pytest.mark.parametrize(("name", "page"), KNOWN.items(), ids=KNOWN.keys())
def test_a_page_is_known_by_its_words(name: str, page: str) -> None:
    assert recognise(page) == name


def test_each_row_has_a_page_here_and_a_source() -> None:
    assert [row.id for row in BLOCK_PAGES] == list(KNOWN)
    assert all(row.source for row in BLOCK_PAGES)


OTHERS = {
    "an empty page": "",
    "a frame from a public address": '<iframe src="http://93.184.216.34/ad.html"></iframe>',
    "an inner address in the text": "<p>Open http://192.168.1.1/ to set up the router.</p>",
    "a law without a restriction": "<p>По закону 149-ФЗ о персональных данных</p>",
    "news of a department": "<p>The Department of Telecommunications opened an office.</p>",
    "a law far from a restriction": "149-ФЗ" + 1_000 * " " + "доступ ограничен",
    "words behind the part that is looked at": " " * 70_000 + KNOWN["portugal-court"],
}


@pytest.mark.parametrize("page", OTHERS.values(), ids=OTHERS.keys())
def test_other_pages_are_not(page: str) -> None:
    assert recognise(page) is None


def measurement(body: Any, url: str = "http://www.example.com/") -> bytes:
    """As OONI writes it, with one answer."""
    answer = {"request": {"url": url}, "response": {"body": body}}
    return msgspec.json.encode({"test_keys": {"requests": [{"failure": "eof_error"}, answer]}})


def base64(raw: bytes) -> dict[str, str]:
    return {"format": "base64", "data": b64encode(raw).decode()}


RUSSIA = KNOWN["russia-149-fz"]
BODIES = {
    "text": (measurement(RUSSIA), "russia-149-fz"),
    "UTF-8 as base64": (measurement(base64(RUSSIA.encode())), "russia-149-fz"),
    "the code page of older Russian sites": (measurement(base64(RUSSIA.encode("cp1251"))), "russia-149-fz"),
    "a page over TLS is the site's own": (measurement(RUSSIA, "https://www.example.com/"), None),
    "broken base64": (measurement({"format": "base64", "data": "no"}), None),
    "another shape": (measurement(["a"]), None),
    "no page": (measurement(None), None),
    "requests of another shape": (b'{"test_keys": {"requests": {"a": 1}}}', None),
    "no keys": (b"{}", None),
}


@pytest.mark.parametrize(("line", "expected"), BODIES.values(), ids=BODIES.keys())
def test_pages_of_a_measurement(line: bytes, expected: str | None) -> None:
    assert known_page(line) == expected
