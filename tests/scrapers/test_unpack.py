"""Content encodings are undone in pieces of bounded length, wherever the chunks are cut."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from functools import partial

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.errors import Unreachable
from cityflux.scrapers.http.unpack import unpack

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": partial(brotli.compress, quality=5),
    "zstd": zstandard.compress,
}
SEVERAL = {"gzip", "zstd"}  # those of which several make one body
bodies = st.binary(max_size=300) | st.integers(0, 50_000).map(bytes)
encodings = pytest.mark.parametrize("encoding", sorted(PACK))


def cut(packed: bytes, size: int) -> list[bytes]:
    return [packed[start : start + size] for start in range(0, len(packed), size)]


@given(st.lists(bodies, min_size=1, max_size=3), st.sampled_from(sorted(PACK)), st.integers(1, 200))
def test_any_chunks_make_the_body(parts: list[bytes], encoding: str, size: int) -> None:
    if encoding not in SEVERAL:
        parts = parts[:1]
    packed = b"".join(PACK[encoding](part) for part in parts)
    assert b"".join(unpack(cut(packed, size), encoding)) == b"".join(parts)


@given(st.binary(min_size=1, max_size=300), st.sampled_from(sorted(PACK)), st.data())
def test_every_cut_is_noticed(body: bytes, encoding: str, data: st.DataObject) -> None:
    packed = PACK[encoding](body)
    end = data.draw(st.integers(1, len(packed) - 1))
    with pytest.raises(Unreachable, match="was cut short"):
        list(unpack(cut(packed[:end], 7), encoding))


@encodings
def test_a_bomb_comes_in_pieces(encoding: str) -> None:
    packed = PACK[encoding](bytes(50_000_000))
    longest = total = 0
    for piece in unpack([packed], encoding):
        longest, total = max(longest, len(piece)), total + len(piece)
    assert total == 50_000_000
    assert longest <= 4 * 2**20


@encodings
def test_nothing_is_nothing(encoding: str) -> None:
    assert list(unpack([], encoding)) == []


def test_a_window_beyond_what_the_web_allows_is_refused() -> None:
    wide = zstandard.ZstdCompressionParameters.from_level(3, window_log=25)
    packer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    with pytest.raises(Unreachable, match="is damaged"):
        list(unpack([packer.compress(b"figures") + packer.flush()], "zstd"))
