"""Chains as censors, old boxes and broken scripts make them."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from measurements.scrub import MARK, scrubber
from probes.wire.certificates import ChainFacts, describe
from tests.certificates import Authority, Key


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("issuer"), name="Security Certificate", country="KZ")


def test_a_chain_says_who_signed_what(issuer: Authority) -> None:
    leaf = issuer.issue("a.test", "b.test", "192.0.2.1", key_ids=True).certificate
    facts = describe((leaf.public_bytes(Encoding.DER), issuer.certificate.public_bytes(Encoding.DER)))
    assert facts.subject == "CN=a.test"
    assert facts.issuer == "CN=Security Certificate,C=KZ"
    assert facts.names == ("a.test", "b.test")
    assert len(facts.sha256) == 2
    assert [len(key_id) for key_id in facts.issuer_key_ids] == [40]


@pytest.mark.parametrize(
    "key",
    [
        # Leaves of the interception of 2019: exponent 3, 1024 bits.
        pytest.param(rsa.generate_private_key(3, 2048), id="exponent 3"),
        pytest.param(rsa.generate_private_key(65537, 1024), id="1024 bits"),
    ],
)
def test_odd_keys_are_read_all_the_same(key: Key, issuer: Authority) -> None:
    leaf = issuer.issue("a.test", key=key).certificate
    assert describe((leaf.public_bytes(Encoding.DER),)).names == ("a.test",)


def test_many_names_are_cut(issuer: Authority) -> None:
    leaf = issuer.issue(*(f"{number}.test" for number in range(100))).certificate
    assert len(describe((leaf.public_bytes(Encoding.DER),)).names) == 20


def test_what_is_no_certificate_keeps_its_hash(issuer: Authority) -> None:
    good = issuer.certificate.public_bytes(Encoding.DER)
    facts = describe((b"\x30\x03\x02\x01\x05", good))
    assert len(facts.sha256) == 2
    assert (facts.subject, facts.issuer, facts.names) == (None, None, ())


@pytest.mark.parametrize(
    "names", [("192.0.2.1",), ("ip-192-0-2-1.block.test",), ("87011234567.subscriber.test",)]
)
def test_a_certificate_that_names_the_subscriber_is_not_kept(
    issuer: Authority, names: tuple[str, ...]
) -> None:
    chain = tuple(
        each.public_bytes(Encoding.DER)
        for each in (issuer.issue("a.test", *names).certificate, issuer.certificate)
    )
    facts = describe(chain, scrubber())
    assert facts.sha256 == (MARK, describe(chain).sha256[1])
    assert facts.der == chain[1:]
    assert facts.subject == "CN=a.test"
    assert not any("192" in name or "8701" in name for name in facts.names)


def test_a_forged_chain_is_evidence_and_stays_whole(issuer: Authority) -> None:
    chain = (issuer.issue("www.youtube.com").certificate.public_bytes(Encoding.DER),)
    assert describe(chain, scrubber()) == describe(chain)


def test_no_chain_has_no_facts() -> None:
    assert describe(()) == ChainFacts()


def test_the_root_of_a_file_is_the_one_that_was_written(issuer: Authority) -> None:
    assert issuer.pem == Path(issuer.folder / "Security-Certificate.pem")
