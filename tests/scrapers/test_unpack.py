"""Content encodings are undone piece by piece, and never beyond the room there is."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from cityflux.scrapers.http.unpack import Unpacker

PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}
bodies = st.binary(max_size=300) | st.integers(0, 50_000).map(bytes)


@given(bodies, st.sampled_from(sorted(PACK)), st.integers(1, 200))
def test_any_pieces_make_the_body(body: bytes, encoding: str, piece: int) -> None:
    packed = PACK[encoding](body)
    unpacker = Unpacker(encoding)
    pieces = [packed[start : start + piece] for start in range(0, len(packed), piece)]
    assert b"".join(unpacker.feed(each, len(body)) for each in pieces) == body
    unpacker.finish()


@given(st.integers(1, 50_000), st.integers(0, 40_000), st.sampled_from(["gzip", "deflate"]))
def test_no_more_than_one_byte_beyond_the_room(size: int, room: int, encoding: str) -> None:
    unpacked = Unpacker(encoding).feed(PACK[encoding](bytes(size)), room)
    assert len(unpacked) == min(size, room + 1)
