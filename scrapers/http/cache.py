"""What is known from earlier fetches, so that only what is new is sent."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import cache as keep
from functools import partial
from typing import Protocol

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.http.roundtrip import Answer

_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.I)


@dataclass(frozen=True, slots=True)
class Validators:
    """What an address answered last.

    Attributes:
        etag: the ETag, if it had one.
        last_modified: the Last-Modified date, if it had one.
        sha256: the hash of the body.
        media_type: the media type, for an answer 304, which need not repeat it.
        charset: the declared charset, likewise.
        handed_over: whether a scraper handed the answer over, rather than merely looked into it.
    """

    etag: str | None
    last_modified: str | None
    sha256: str
    media_type: str = ""
    charset: str = ""
    handed_over: bool = True


class Cache(Protocol):
    """Where earlier answers are kept. It is asked from several threads."""

    def validators(self, address: str) -> Validators | None:
        """The last good answer of an address, or None."""

    def body(self, sha256: str) -> bytes:
        """The bytes with this hash."""


def conditions(known: Validators | None) -> tuple[tuple[str, str], ...]:
    """The headers that ask for an answer only if it is another one (RFC 9110, section 13.1)."""
    if known is None:
        return ()
    fields = (("If-None-Match", known.etag), ("If-Modified-Since", known.last_modified))
    return tuple((name, value) for name, value in fields if value and value.isascii())


def to_document(
    address: str, answer: Answer, known: Validators | None, cache: Cache | None
) -> Document:
    """Make a document of an answer, which is unchanged when it brings the bytes that are known.

    Args:
        address: what was asked for.
        answer: what came.
        known: the last good answer, if there was one.
        cache: where its bytes are.

    Raises:
        Unexpected: when nothing is new, but nothing was known.
    """
    media_type, charset = _content_type(answer.headers.get("content-type", ""))
    document = Document(
        address=address,
        content=answer.body,
        media_type=media_type,
        charset=charset,
        status=answer.status,
        etag=answer.headers.get("etag"),
        last_modified=answer.headers.get("last-modified"),
    )
    if answer.status == 304:
        if known is None or cache is None:
            raise Unexpected("answered 304 Not Modified, but nothing was known; try later")
        return replace(
            document,
            content=keep(partial(cache.body, known.sha256)),
            media_type=media_type or known.media_type,
            charset=charset or known.charset,
            etag=document.etag or known.etag,
            last_modified=document.last_modified or known.last_modified,
            unchanged=True,
            known_sha256=known.sha256,
        )
    if known is None:
        return document
    sha256 = hashlib.sha256(answer.body).hexdigest()
    return replace(document, known_sha256=sha256, unchanged=sha256 == known.sha256)


def _content_type(value: str) -> tuple[str, str]:
    media_type, _, parameters = value.partition(";")
    charset = _CHARSET.search(parameters)
    return media_type.strip().lower(), charset.group(1) if charset else ""
