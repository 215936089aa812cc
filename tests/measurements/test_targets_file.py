"""A broken targets file: one small file per mistake, its last line the exact message expected after the file's name."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.records import PROBES
from measurements.targets import Targets
from measurements.targets_file import TargetsError, load_targets, packaged_path, parse_targets

BAD = sorted((Path(__file__).parent / "bad_targets").glob("*.yaml"))
SEVEN = ["youtube", "facebook", "vk", "odnoklassniki", "twitter", "instagram", "telegram"]

GOOD = """
version: 1
platforms:
  one:
    name: One
    endpoints:
      - {id: web, url: "https://a.example/x?y=1", probes: [dns, tcp, tls, http, quic], expect: {status: [200, 301]}}
      - {id: plain, url: "http://a.example/", probes: [dns, tcp, http]}
      - {id: lab, url: "https://192.0.2.9:8443/", probes: [tcp, tls]}
      - {id: dc2, address: "2001:db8::1", port: 443, probes: [tcp, telegram]}
    transfer:
      - {family: image, url: "https://i.a.example/x.jpg", neutral_sni: b.example}
      - {family: video, discover: {page: "https://a.example/", pattern: "v[0-9]+"}}
controls:
  - {id: c, name: C, scope: foreign, url: "https://c.example/", probes: [dns], transfer: {url: "https://c.example/o"}}
resolvers:
  - {id: system}
  - {id: plain, address: 192.0.2.53}
  - {id: quad9, doh: "https://9.9.9.9/dns-query", tls_name: dns.quad9.net}
helper: {addresses: [192.0.2.10], port: 443, sha256: "%s"}
updated: 2026-01-02
""" % ("0a" * 32)


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_a_mistake_is_named_with_its_line_and_how_to_mend_it(path: Path) -> None:
    expected = path.read_text("utf-8").splitlines()[-1].removeprefix("# expect ")
    with pytest.raises(TargetsError) as caught:
        load_targets(path)
    assert str(caught.value) == f"{path}{expected}"


def test_every_form_of_entry_that_the_format_allows_is_read() -> None:
    targets = parse_targets(GOOD)
    one = targets.platforms["one"]
    assert [(each.host, each.target_port) for each in one.endpoints] == [
        ("a.example", 443),
        ("a.example", 80),
        ("192.0.2.9", 8443),
        (None, 443),
    ]
    assert [transfer.family for transfer in one.transfers] == ["image", "video"]
    assert one.endpoints[0].expect
    assert one.endpoints[0].expect.status == (200, 301)
    assert targets.updated == "2026-01-02"


def test_all_mistakes_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = GOOD.replace("version: 1", "version: 3").replace("scope: foreign", "scope: forein")
    with pytest.raises(TargetsError) as caught:
        parse_targets(text, "f.yaml")
    assert [line.split(": ")[0] for line in str(caught.value).splitlines()] == ["f.yaml:2", "f.yaml:15"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"none\.yaml: cannot be read \(No such file or directory\); give another with --targets FILE"),
        (b"\xff\xfe\x00", r"none\.yaml: is not UTF-8 text"),
        (b"[" * 50_000, r"none\.yaml: nested too deeply"),
        (b"a" * 2_000_001, r"none\.yaml: more than 2000000 characters; is this the file\?"),
    ],
    ids=["missing", "not text", "a bomb of brackets", "too large"],
)
def test_a_file_that_is_no_such_file(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "none.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TargetsError, match=message):
        load_targets(path)


def mistakes(text: str) -> list[str] | None:
    """None if the text is a targets file, else what is wrong with it."""
    try:
        parse_targets(text)
    except TargetsError as error:
        return str(error).splitlines()
    return None


@given(st.text(alphabet="{}[]:,-&*!|>'\"# \n\tabv1", max_size=60))
def test_no_text_raises_anything_but_the_error_for_people(text: str) -> None:
    assert mistakes(text), "no text of these letters holds the required keys"


@given(st.sampled_from(sorted(re.findall(r"[\w.:/-]+", GOOD))), st.text(max_size=8))
def test_a_changed_word_is_read_or_refused_with_a_reason(word: str, other: str) -> None:
    assert mistakes(GOOD.replace(word, other, 1)) != []


def test_the_file_in_the_current_folder_is_never_picked_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "targets.yaml").write_text("version: 1\nplatforms: {}\n")
    monkeypatch.chdir(tmp_path)
    assert load_targets().platforms
    assert packaged_path().parent != tmp_path


# The shipped file --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Targets:
    return load_targets()


def test_the_shipped_file_has_the_seven_platforms_with_web_and_more(shipped: Targets) -> None:
    assert list(shipped.platforms) == SEVEN
    for platform in shipped.platforms.values():
        kinds = {endpoint.kind for endpoint in platform.endpoints}
        assert "web" in kinds
        assert kinds & {"api", "messaging"}
        assert "media" in kinds
        assert platform.notices == ("kz-2018-03-27",)


def test_the_shipped_file_reaches_telegrams_data_centres_on_each_port(shipped: Targets) -> None:
    centres = [each for each in shipped.platforms["telegram"].endpoints if each.address]
    ports = {
        each.address: {other.port for other in centres if other.address == each.address} for each in centres
    }
    assert len(ports) >= 5
    assert set(map(frozenset, ports.values())) == {frozenset({80, 443, 5222})}


def test_the_shipped_file_exposes_no_helper(shipped: Targets) -> None:
    assert shipped.helper is None


def test_entries_that_could_not_be_tried_say_why(shipped: Targets) -> None:
    for platform in shipped.platforms.values():
        for entry in (*platform.endpoints, *platform.transfers):
            assert entry.verified or entry.note


def test_every_probe_for_hosts_is_used_in_the_shipped_file(shipped: Targets) -> None:
    used = {
        probe
        for platform in shipped.platforms.values()
        for each in platform.endpoints
        for probe in each.probes
    }
    assert used == set(PROBES) - {"transfer"}
