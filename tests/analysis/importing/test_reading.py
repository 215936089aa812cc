"""Compressed, damaged and cut-off files: all that can be had is given, then the complaint comes."""

import gzip
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from analysis.importing.reading import Damaged, head, lines

TEXT = b"".join(b'{"n": %d}\n' % n for n in range(50_000))


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


PACKERS = {"plain": bytes, "gzip": gzip.compress, "zstd": zstd}


@pytest.mark.parametrize("name", PACKERS)
def test_lines_come_whole_whatever_the_compression(tmp_path: Path, name: str) -> None:
    file = tmp_path / "data"
    file.write_bytes(PACKERS[name](TEXT))
    assert list(lines(file)) == TEXT.splitlines()
    assert head(file, 5) == TEXT[:5]


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_several_compressed_members_in_a_row_are_one_file(tmp_path: Path, name: str) -> None:
    file = tmp_path / "data"
    file.write_bytes(PACKERS[name](b"a\nb") + PACKERS[name](b"c\n"))
    assert list(lines(file)) == [b"a", b"bc"]


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_a_cut_off_file_gives_its_whole_lines_then_complains(tmp_path: Path, name: str) -> None:
    file = tmp_path / "data"
    packed = PACKERS[name](TEXT)
    file.write_bytes(packed[: len(packed) * 2 // 3])
    got: list[bytes] = []
    with pytest.raises(Damaged, match=f"truncated {name}"):
        got += lines(file)
    assert len(got) > 1000
    assert got == TEXT.splitlines()[: len(got)]


def test_a_last_line_without_its_end_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_bytes(b"a\nb")
    assert list(lines(file)) == [b"a", b"b"]


@given(st.binary(max_size=2000), st.sampled_from([b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b""]))
def test_any_bytes_are_read_or_called_damaged(data: bytes, magic: bytes) -> None:
    with NamedTemporaryFile() as held:
        _read_or_damaged(Path(held.name), magic + data)


def _read_or_damaged(file: Path, data: bytes) -> None:
    file.write_bytes(data)
    with suppress(Damaged):
        got = list(lines(file))
        assert b"".join(got).count(b"\n") == 0
