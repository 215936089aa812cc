"""The list of roots: what is accepted, and what a person is told when it is not."""

from pathlib import Path

import pytest

from probes.roots import HTTP1_ALPN, Roots, RootsError, bundled
from tests.certificates import Authority


def test_the_bundled_list_loads() -> None:
    context = Roots(bundled()).verifying(HTTP1_ALPN)
    assert len(context.get_ca_certs()) > 100


def test_a_context_is_made_once_for_each_set_of_names(authority: Authority) -> None:
    roots = Roots(authority.pem)
    assert roots.verifying(("h2",)) is roots.verifying(("h2",))
    assert roots.verifying(("h2",)) is not roots.verifying(("http/1.1",))


def test_comments_may_be_in_any_language(authority: Authority, tmp_path: Path) -> None:
    noted = tmp_path / "noted.pem"
    noted.write_text("# Менің түбірім\n" + authority.pem.read_text(), encoding="utf-8")
    assert len(Roots(noted).verifying(HTTP1_ALPN).get_ca_certs()) == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(None, "cannot read the roots in {path}: No such file or directory", id="no file"),
        pytest.param("", "{path} holds no readable PEM certificates", id="an empty file"),
        pytest.param("hello", "{path} holds no readable PEM certificates", id="no certificates"),
    ],
)
def test_a_bad_file_is_told_at_once(content: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "roots.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(RootsError, match="PEM file") as caught:
        Roots(path)
    assert str(caught.value).startswith(told.format(path=path))
