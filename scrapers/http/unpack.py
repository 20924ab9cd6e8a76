"""Undo a content encoding piece by piece, so that a decompression bomb stops where it passes.

The decoders of httpx give all that a chunk unpacks to at once, and a chunk of 64 KiB holds 64 MiB
in gzip, gigabytes in zstd or Brotli. Here no piece is longer than a few megabytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator

import brotli
import zstandard

from cityflux.core.model.errors import Unexpected, Unreachable

#: What the client says that it accepts.
ACCEPTED = "gzip, deflate, br, zstd"

# The other codings of IANA's registry (HTTP Content Coding Registry).
_NOT_OFFERED = frozenset(
    {"aes128gcm", "compress", "dcb", "dcz", "exi", "pack200-gzip", "x-compress"}
)
_MOST_CODINGS = 3

_GZIP_START = b"\x1f\x8b"
_PIECE = 256 * 2**10  # bytes unpacked at once
# A block of zstd takes at least 4 bytes and unpacks to at most 128 KiB (RFC 8878, section 3.1.1.2):
# 2 MiB at once.
_ZSTD_SLICE = 64
_ZSTD_WINDOW = 8 * 2**20  # bytes; no more may be asked of a browser either (RFC 9659)

Chunks = Iterable[bytes]


def codings(encoding: str) -> list[str]:
    """What a Content-Encoding says was done to a body, the last first.

    What names no coding (``UTF-8``, ``none``) says nothing: the body is taken as it is, as
    browsers do.

    Raises:
        Unexpected: when a coding is one that was not offered, or there are too many.
    """
    named = [each for part in encoding.split(",") if (each := part.strip().lower())]
    if other := next((each for each in named if each in _NOT_OFFERED), None):
        raise Unexpected(f"the answer is encoded as {other!r}, but only {ACCEPTED} was offered")
    found = [each for each in named if each in _DECODERS]
    if len(found) > _MOST_CODINGS:
        raise Unexpected(f"the answer is encoded {len(found)} times over; look at the address")
    return found[::-1]


def unpack(chunks: Chunks, coding: str) -> Iterator[bytes]:
    """Undo one coding, in pieces of bounded length.

    Args:
        chunks: the body as it comes.
        coding: one of `codings`.

    Raises:
        Unreachable: when the bytes are damaged, or there should be more.
    """
    try:
        yield from _DECODERS[coding](filter(None, chunks))
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise Unreachable(f"the compressed answer is damaged ({error}); try later") from None
    except EOFError:
        raise Unreachable("the compressed answer was cut short; try later") from None


def _gunzip(chunks: Chunks) -> Iterator[bytes]:
    """One member after the other; what follows them is padding."""
    member = None
    for chunk in chunks:
        while chunk:
            if member is None or member.eof:
                if member and not _GZIP_START.startswith(chunk[:2]):
                    break
                member = zlib.decompressobj(16 + zlib.MAX_WBITS)
            yield from _inflate(member, chunk)
            chunk = member.unused_data
    _expect_end(member is None or member.eof)


def _undo_deflate(chunks: Chunks) -> Iterator[bytes]:
    stream = None
    for chunk in chunks:
        if stream is None:
            # Many servers send "deflate" without the header that the standard asks for.
            stream = zlib.decompressobj(zlib.MAX_WBITS if _has_head(chunk) else -zlib.MAX_WBITS)
        yield from _inflate(stream, chunk)
    _expect_end(stream is None or stream.eof)


def _has_head(start: bytes) -> bool:
    """Whether this is the header of zlib (RFC 1950, section 2.2), as far as it is there."""
    return start[0] & 15 == 8 and (len(start) < 2 or int.from_bytes(start[:2], "big") % 31 == 0)


def _inflate(stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    while True:
        piece = stream.decompress(data, _PIECE)
        yield piece
        data = stream.unconsumed_tail
        if len(piece) < _PIECE and not data:
            break


def _undo_brotli(chunks: Chunks) -> Iterator[bytes]:
    stream = None
    for data in chunks:
        stream = stream or brotli.Decompressor()
        piece = b""
        while data or piece or not stream.can_accept_more_data():
            piece = stream.process(data, output_buffer_limit=_PIECE)
            yield piece
            data = b""
    _expect_end(stream is None or stream.is_finished())


def _undo_zstd(chunks: Chunks) -> Iterator[bytes]:
    frame = None
    for chunk in chunks:
        for start in range(0, len(chunk), _ZSTD_SLICE):
            data = chunk[start : start + _ZSTD_SLICE]
            while data:
                if frame is None or frame.eof:
                    decoder = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
                    frame = decoder.decompressobj()
                yield frame.decompress(data)
                data = frame.unused_data
    _expect_end(frame is None or frame.eof)


def _expect_end(is_there: bool) -> None:
    if not is_there:
        raise EOFError


_DECODERS: dict[str, Callable[[Chunks], Iterable[bytes]]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undo_deflate,
    "br": _undo_brotli,
    "zstd": _undo_zstd,
}
