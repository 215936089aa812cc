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

# Block pages are short; the words of longer ones stand at their beginning.
_LOOKED_AT: Final = 65_536


@dataclass(frozen=True)
class BlockPage:
    """A page's id, the words it is known by (in lower case), and who published it."""

    id: str
    words: re.Pattern[str]
    source: str


def _row(name: str, words: str, source: str) -> BlockPage:
    return BlockPage(name, re.compile(words, re.DOTALL), source)


# A page that frames an address which is not on the Internet, or sends the visitor there: no public site does.
INNER_ADDRESS: Final = _row(
    "inner-address",
    r"<(?:i?frame|meta)\b[^>]{1,200}?https?://(\d{1,3}(?:\.\d{1,3}){3})\b",
    "Aryan, Aryan, Halderman: Internet Censorship in Iran, FOCI 2013; ooni/pipeline issue 121 (Ukraine)",
)
BLOCK_PAGES: Final = (
    INNER_ADDRESS,
    _row(
        "netsweeper",
        r"https?://[^\s\"'<>]{1,200}/webadmin/deny\b",
        "ooni/backend issue 685",
    ),
    _row(
        "india-dot",
        r"<iframe[^>]{1,200}\bairtel\.in/dot\b|blocked[^<]{1,150}department of telecommunications",
        "CensorWatch of CIS India, ooni/pipeline issue 406",
    ),
    _row(
        "indonesia-kominfo",
        r"diblokir oleh pemerintah indonesia|lamanlabuh\.aduankonten|aduankonten@mail\.kominfo",
        "ooni/blocking-fingerprints issues 2 and 8",
    ),
    _row(
        "pakistan-pta",
        r"prohibited for viewership from within pakistan",
        "ooni/blocking-fingerprints issue 8",
    ),
    _row("portugal-court", r"bloqueado por ordem judicial", "ooni/pipeline issue 225"),
    _row(
        "russia-149-fz",
        r"ограничен.{1,400}149-фз|149-фз.{1,400}ограничен",
        "Raman et al.: Measuring the Deployment of Network Censorship Filters, NDSS 2020: all 41 cite this law",
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
    """Id of the first row whose words the page holds, or None."""
    text = page[:_LOOKED_AT].lower()
    return next((row.id for row in BLOCK_PAGES if _matches(row, text)), None)


def _matches(row: BlockPage, text: str) -> bool:
    if row is INNER_ADDRESS:
        return any(is_bogon(address) for address in row.words.findall(text))
    return row.words.search(text) is not None


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
