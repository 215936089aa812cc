"""Where the system's resolvers are found."""

from pathlib import Path

import pytest

from probes import nameservers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("nameserver 192.0.2.1\n", ("192.0.2.1",), id="one"),
        pytest.param(
            "search x.test\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # second\n",
            ("192.0.2.1", "2001:db8::1"),
            id="two among other lines",
        ),
        pytest.param("# nameserver 192.0.2.1\n", ("127.0.0.1",), id="none: this machine itself"),
        pytest.param("nameserver\n", ("127.0.0.1",), id="a line that names none"),
    ],
)
def test_resolv_conf(
    text: str, found: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text(text)
    monkeypatch.setattr(nameservers, "RESOLV_CONF", file)
    assert nameservers.system_nameservers() == found


def test_without_the_file_the_system_is_asked_in_its_own_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dnspython reads the registry on Windows; here it finds the same file missing and says so."""
    monkeypatch.setattr(nameservers, "RESOLV_CONF", tmp_path / "missing")
    monkeypatch.setattr("dns.resolver.Resolver.read_resolv_conf", _no_configuration)
    assert nameservers.system_nameservers() == ()


def _no_configuration(self: object, file: object) -> None:
    import dns.resolver

    raise dns.resolver.NoResolverConfiguration
