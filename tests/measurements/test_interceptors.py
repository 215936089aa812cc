"""Naming interceptors, and telling a forgery from a stranger's certificate."""

import re

import pytest

from measurements.interceptors import forged_for, known, recognise
from measurements.records import TlsFacts


def test_every_row_has_provenance_and_well_formed_fingerprints() -> None:
    for row in known():
        assert row.source
        assert row.names
        assert all(re.fullmatch("[0-9a-f]{64}", value) for value in row.sha256)
        assert all(re.fullmatch("[0-9a-f]{40}", value) for value in row.key_ids)


@pytest.mark.parametrize(
    ("tls", "wanted"),
    [
        (TlsFacts(issuer="CN=Qaznet Trust Network,C=KZ"), "kz-qaznet"),
        (TlsFacts(issuer="CN=x", issuer_key_ids=("c51d3270968c19997cf2e4e3b97708efe276f318",)), "kz-isca"),
        (TlsFacts(issuer="CN=ESET SSL Filter CA"), "eset"),
        (TlsFacts(issuer="CN=Some Company Proxy"), None),
        (TlsFacts(), None),
    ],
    ids=["by name", "by key id", "local software", "unknown", "nothing known"],
)
def test_recognised(tls: TlsFacts, wanted: str | None) -> None:
    row = recognise(tls)
    assert (row.id if row else None) == wanted


@pytest.mark.parametrize(
    ("names", "covers"),
    [
        (["www.video.example"], True),
        (["*.video.example"], True),
        (["WWW.Video.Example."], True),
        (["*.example"], False),
        (["video.example"], False),
        ([], False),
    ],
)
def test_forged_for(names: list[str], covers: bool) -> None:
    assert forged_for("www.video.example", names) is covers
