"""What a fetch brings home: the raw bytes of one answer and where they came from."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from cityflux.core.model.charset import decode
from cityflux.core.model.errors import Unexpected

_MOST_VALUES = 2_000_000
_HALF = re.compile(r"\\u[dD][89a-fA-F]..")


@dataclass(frozen=True)
class Document:
    """The raw answer of a source.

    Attributes:
        address: where it came from (a URL, or ``file:`` and ``bundled:`` addresses).
        content: the bytes, or a function that loads them when they are first read
            (an answer "304 Not Modified" is served from its snapshot that way).
        media_type: as declared by the source, without parameters: ``text/html``.
        charset: as declared by the source, or ``""``.
        status: the HTTP status, 200 for files.
        etag: the validator of the answer, if any.
        last_modified: the date that the source gives the answer, as sent.
        unchanged: whether the source said that nothing is new (304), or the bytes equal the
            last ones.
        known_sha256: the hash, where it is known without reading the bytes.
        source_id: the source for which the document was fetched; filled in by the refresh.
        period: the period that the document is about, if its address tells.
        final_address: where redirects led, if they led elsewhere; links in a page are relative
            to it (see `link`).
    """

    address: str
    content: bytes | Callable[[], bytes] = field(repr=False)
    media_type: str = ""
    charset: str = ""
    status: int = 200
    etag: str | None = None
    last_modified: str | None = None
    unchanged: bool = False
    known_sha256: str | None = None
    source_id: str = ""
    period: str = ""
    final_address: str = ""

    @cached_property
    def body(self) -> bytes:
        """The bytes, after any transfer or content encoding was undone."""
        return self.content if isinstance(self.content, bytes) else self.content()

    @cached_property
    def sha256(self) -> str:
        """The hash of the bytes, in hexadecimal: the key of the snapshot."""
        return self.known_sha256 or hashlib.sha256(self.body).hexdigest()

    @cached_property
    def text(self) -> str:
        """The bytes as text, whatever the charset really is (see `core.model.charset`)."""
        return decode(self.body, declared=self.charset)

    def json(self) -> Any:
        """The bytes as JSON.

        Raises:
            Unexpected: when the bytes are something else, such as a login page.
        """
        try:
            try:
                text = self.body.decode(json.detect_encoding(self.body))
            except UnicodeDecodeError:  # JSON in GBK, which the standard does not know
                text = self.text
            return read_json(text)
        except ValueError as error:
            start = self.text[:60].replace("\n", " ")
            raise Unexpected(
                f"{self.address}: expected JSON, got {self.media_type or 'bytes'} "
                f"that starts with {start!r} ({error})",
                address=self.address,
                status=self.status,
            ) from error

    def link(self, reference: str) -> str:
        """The whole address of a link that stands in the document."""
        return urljoin(self.final_address or self.address, reference)

    def for_source(self, source_id: str) -> Document:
        """The same document, marked with the source that it was fetched for."""
        return replace(self, source_id=source_id)


def read_json(text: str) -> Any:
    """Read JSON that somebody else wrote.

    Raises:
        ValueError: when it is none, is nested too deeply, holds more values than are ever read,
            or half of a character (a lone surrogate), which nothing can store.
    """
    if (values := sum(map(text.count, ",[{"))) > _MOST_VALUES:
        raise ValueError(f"some {values:,} values, more than the {_MOST_VALUES:,} that are read")
    try:
        read = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if escaped := _HALF.search(text):
        try:
            json.dumps(read, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError(f"half of a character, {escaped.group()!r}") from None
    return read


def read_file(path: Path, address: str | None = None) -> Document:
    """Read a file as a document.

    Args:
        path: the file.
        address: how the file is named in provenance; its ``file:`` URL if left out.

    Raises:
        Unexpected: when the file cannot be read.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise Unexpected(f"{path}: cannot be read ({error.strerror})", address=str(path)) from error
    return Document(address=address or path.resolve().as_uri(), content=body)
