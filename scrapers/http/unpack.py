"""Undo a content encoding piece by piece, so that a decompression bomb stops where it passes."""

from __future__ import annotations

import zlib

from cityflux.core.model.errors import Unexpected, Unreachable

#: What the client says that it accepts.
ACCEPTED = "gzip, deflate"

_GZIP_START = b"\x1f\x8b"
_WINDOW = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Unpacker:
    """Undoes one content encoding.

    Args:
        encoding: the Content-Encoding: ``gzip``, ``deflate`` or nothing.

    Raises:
        Unexpected: when it is another one.
    """

    def __init__(self, encoding: str) -> None:
        encoding = encoding.strip().lower()
        self._inflater = None
        self._untouched = True
        if encoding in ("", "identity"):
            return
        if encoding not in _WINDOW:
            raise Unexpected(
                f"the answer is encoded as {encoding!r}, but only {ACCEPTED} was offered"
            )
        self._window = _WINDOW[encoding]
        self._inflater = zlib.decompressobj(self._window)

    def feed(self, data: bytes, room: int) -> bytes:
        """Unpack the next piece; what is longer than ``room`` has been cut off after one byte more.

        Raises:
            Unreachable: when the bytes are damaged.
        """
        if self._inflater is None:
            return data
        unpacked = b""
        while data and len(unpacked) <= room:
            unpacked += self._inflate(data, room + 1 - len(unpacked))
            data = self._inflater.unconsumed_tail
            if self._inflater.eof:
                data = self._inflater.unused_data
                if not data.startswith(_GZIP_START):
                    break  # padding
                self._inflater = zlib.decompressobj(self._window)
        return unpacked

    def finish(self) -> None:
        """Say that this was all.

        Raises:
            Unreachable: when there should be more.
        """
        if self._inflater and not self._untouched and not self._inflater.eof:
            raise Unreachable("the compressed answer was cut short; try later")

    def _inflate(self, data: bytes, most: int) -> bytes:
        assert self._inflater
        first, self._untouched = self._untouched, False
        try:
            return self._inflater.decompress(data, most)
        except zlib.error as error:
            if first and self._window == zlib.MAX_WBITS:
                # Many servers send "deflate" without the header that the standard asks for.
                self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
                return self._inflate(data, most)
            raise Unreachable(f"the compressed answer is damaged ({error}); try later") from None
