"""A targets file from afar may not lead into a volunteer's own network; one given by hand may."""

import pytest

from measurements.targets_file import TargetsError, load_targets, packaged_path, parse_targets

FILE = """version: 1
platforms:
  a: {{name: A, endpoints: [{{id: web, probes: [tcp], {where}}}]}}
{more}
"""


def taken(where: str = 'url: "https://a.test/"', more: str = "", *, received: bool) -> str:
    """What is said against such a file."""
    try:
        parse_targets(FILE.format(where=where, more=more), received=received)
    except TargetsError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://192.168.1.1:8443/",
        "https://169.254.169.254/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]/",
        "https://[fd00::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https://router/",
        "https://printer.local./",
        "https://nas.HOME.arpa/",
        "http://a.test/cgi-bin/reboot",
        "http://a.test/?reboot=1",
    ],
)
def test_no_private_place_is_taken_from_afar(url: str) -> None:
    said = taken(f'url: "{url}"', received=True)
    assert said.startswith("targets.yaml:3: platforms.a.endpoints[0].url: ")
    assert "from afar" in said or "clear text" in said
    assert taken(f'url: "{url}"', received=False) == ""


@pytest.mark.parametrize(
    "url", ["https://a.test/any?query", "http://a.test/", "http://a.test", "https://9.9.9.9/dns-query"]
)
def test_public_places_are(url: str) -> None:
    assert taken(f'url: "{url}"', received=True) == ""


CONTROL = '{id: c, name: C, scope: foreign, url: "https://c.test/", probes: [tls]'


@pytest.mark.parametrize(
    ("more", "place"),
    [
        (f'controls: [{CONTROL}, transfer: {{url: "https://10.0.0.1/x"}}}}]', "controls[0].transfer.url"),
        (f"controls: [{CONTROL}, transfer: {{discover: {{page: 'https://nas.lan/', pattern: x}}}}}}]",
         "controls[0].transfer.discover.page"),
        ("resolvers: [{id: x, doh: 'https://10.0.0.1/dns-query'}]", "resolvers[0].doh"),
        ("resolvers: [{id: x, address: 10.0.0.1}]", "resolvers[0].address"),
        (f"helper: {{addresses: [203.0.113.1], sha256: {'ab' * 32}}}", "helper"),
    ],
)  # fmt: skip
def test_nor_anywhere_else_in_the_file(more: str, place: str) -> None:
    assert f": {place}: " in taken(more=more, received=True)
    assert taken(more=more, received=False) == ""


def test_an_endpoint_without_a_name_is_looked_at_too() -> None:
    assert "address: '10.0.0.1' is no public address" in taken("address: 10.0.0.1, port: 443", received=True)


def test_the_shipped_file_could_have_come_from_afar() -> None:
    text = packaged_path().read_text("utf-8")
    assert parse_targets(text, received=True) == load_targets()
