"""Block pages that were published, known by a few words each.

OONI keeps the pages that a probe got; our records do not. So the page is looked at while its measurement is read, only
where nothing else tells (clear text, and not like the page that the test helper got), and the row's id is what stays.
A row without a public source has no place here: a guess would call a site's own page a block. No page of Kazakhstan
stands here, since none was ever published: it lets connections time out instead (OONI 2024).
"""

import re
from base64 import b64decode
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from analysis.ooni.model import Loose, RequestLine
from measurements.bogons import is_bogon

# The words of known pages stand within the first 30 kB.
_LOOKED_AT: Final = 65_536
# Words that belong together stand within so many characters.
_NEAR: Final = 1_000


@dataclass(frozen=True)
class BlockPage:
    """A page's id, what it is known by (in lower case), and who published it."""

    id: str
    signs: tuple[str, ...]  # one of them stands in it
    source: str
    near: tuple[str, ...] = ()  # and one of these beside it, where the signs stand in other pages too


# A page that frames an address which is not on the Internet, or sends the visitor there: no public site does.
INNER_ADDRESS: Final = "inner-address"
_INNER: Final = re.compile(r"<(?:i?frame|meta)\b[^>]{1,200}?https?://(\d{1,3}(?:\.\d{1,3}){3})\b")

BLOCK_PAGES: Final = (
    BlockPage(
        INNER_ADDRESS,
        ("://10.", "://100.", "://127.", "://172.", "://192.168."),
        "Aryan, Aryan, Halderman: Internet Censorship in Iran, FOCI 2013; ooni/pipeline issue 121 (Ukraine)",
    ),
    BlockPage("netsweeper", ("/webadmin/deny/",), "ooni/backend issue 685"),
    BlockPage(
        "india-dot",
        ("airtel.in/dot", "department of telecommunications"),
        "CensorWatch of CIS India, ooni/pipeline issue 406",
        near=("<iframe", "has been blocked"),
    ),
    BlockPage(
        "indonesia-kominfo",
        ("diblokir oleh pemerintah indonesia", "lamanlabuh.aduankonten", "aduankonten@mail.kominfo"),
        "ooni/blocking-fingerprints issues 2 and 8",
    ),
    BlockPage(
        "pakistan-pta",
        ("prohibited for viewership from within pakistan",),
        "ooni/blocking-fingerprints issue 8",
    ),
    BlockPage("portugal-court", ("bloqueado por ordem judicial",), "ooni/pipeline issue 225"),
    BlockPage(
        "russia-149-fz",
        ("149-фз",),
        "Raman et al.: Measuring the Deployment of Network Censorship Filters, NDSS 2020: all 41 cite this law",
        near=("ограничен", "заблокирован"),
    ),
)


class _Response(Loose):
    body: Any = None  # text, or {"format": "base64", "data": ...}


class _Request(Loose):
    request: RequestLine | None = None
    response: _Response | None = None


class _Keys(Loose):
    requests: list[_Request] | None = None


class _Pages(Loose):
    test_keys: _Keys | None = None


def known_page(measurement: bytes) -> str | None:
    """Id of the block page among the pages that came in clear text, or None. Takes the measurement's JSON."""
    try:
        keys = msgspec.json.decode(measurement, type=_Pages).test_keys
    except msgspec.MsgspecError:  # read by `lenient`: its pages are as odd as the rest of it
        return None
    for each in (keys and keys.requests) or ():
        if each.response and each.request and (each.request.url or "").startswith("http://"):
            found = recognise(_text(each.response.body))
            if found is not None:
                return found
    return None


def recognise(page: str) -> str | None:
    """Id of the first row that knows the page, or None."""
    text = page[:_LOOKED_AT].lower()
    return next((row.id for row in BLOCK_PAGES if _matches(row, text)), None)


def _matches(row: BlockPage, text: str) -> bool:
    found = [sign for sign in row.signs if sign in text]
    if found and row.id == INNER_ADDRESS:
        return any(map(is_bogon, _INNER.findall(text)))
    return any(not row.near or _beside(sign, row.near, text) for sign in found)


def _beside(sign: str, words: tuple[str, ...], text: str) -> bool:
    """True if one of the words stands near the sign. (A pattern with a gap takes ten times as long.)"""
    at = text.find(sign)
    while at >= 0:
        around = text[max(0, at - _NEAR) : at + _NEAR]
        if any(word in around for word in words):
            return True
        at = text.find(sign, at + 1)
    return False


def _text(body: Any) -> str:
    if isinstance(body, str):
        return body
    if not isinstance(body, dict) or not isinstance(body.get("data"), str):
        return ""
    try:
        raw = b64decode(body["data"])
    except ValueError:
        return ""
    try:
        return raw.decode()
    except UnicodeDecodeError:  # what else providers of the region write in
        return raw.decode("cp1251", "replace")
