"""The kept bytes: shown as text, and to be had as they are."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from cityflux.core.reading.provenance import fetches_of_snapshot, snapshot_of
from cityflux.core.web.asked import Asked, NotHere
from cityflux.core.web.page import Page, read, understand
from cityflux.core.web.queries import here
from cityflux.core.words.catalogue import text
from cityflux.storage.fetches import read_snapshot

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request, Response

#: Characters of a text that the page shows; the rest is in the file.
SHOWN = 50_000
#: A browser that opens the bytes all the same runs nothing in them.
SANDBOX = "default-src 'none'; sandbox"


class Kept(NamedTuple):
    """A snapshot; text is None where the bytes are none."""

    sha256: str
    content: bytes
    text: str | None
    about: sqlite3.Row


def snapshot_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Show a snapshot: what it is, who brought it, and the beginning of its text.

    Raises:
        NotHere: there is no such snapshot.
    """
    kept = load(connection, asked)
    return Page(
        "snapshot.html",
        text(asked.language, "web.snapshot"),
        {
            "snapshot": kept.about,
            "genuine": hashlib.sha256(kept.content).hexdigest() == kept.sha256,
            "text": kept.text and kept.text[:SHOWN],
            "longer": kept.text is not None and len(kept.text) > SHOWN,
            "shown": SHOWN,
            "fetches": fetches_of_snapshot(connection, kept.sha256),
        },
    )


def load(connection: sqlite3.Connection, asked: Asked) -> Kept:
    """The bytes of a snapshot, and their text if they are one.

    Raises:
        NotHere: there is no such snapshot.
    """
    sha256 = asked.place("id")
    about = here(snapshot_of(connection, sha256), sha256)
    content = read_snapshot(connection, sha256)
    return Kept(sha256, content, _decoded(content, about["charset"]), about)


def _decoded(content: bytes, charset: str) -> str | None:
    """Bytes as text; None where they are none, such as a workbook."""
    for each in (charset, "utf-8", "gb18030"):
        try:
            decoded = content.decode(each)
        except (UnicodeError, LookupError):
            continue
        return None if "\0" in decoded else decoded
    return None


def as_text(kept: Kept) -> Response:
    """The whole text, for a browser to show and never to interpret.

    Raises:
        NotHere: the bytes are no text.
    """
    from datasette.utils.asgi import Response

    if kept.text is None:
        raise NotHere(kept.sha256)
    return Response.text(kept.text)


def as_file(kept: Kept) -> Response:
    """The bytes as they are, for a browser to save and never to open."""
    from datasette.utils.asgi import Response

    name = f'attachment; filename="{kept.sha256[:16]}"'
    return Response(
        kept.content,
        content_type="application/octet-stream",
        headers={"content-disposition": name},
    )


def sender(name: str, respond: Callable[[Kept], Response]) -> Callable[..., Any]:
    """The view that sends a snapshot of the database ``name`` by itself."""

    async def send(datasette: Datasette, request: Request) -> Response:
        from datasette.utils.asgi import Response

        asked = understand(datasette, request)
        try:
            response = respond(await read(datasette, name, lambda found: load(found, asked)))
        except NotHere as missing:
            said = f"{text(asked.language, 'web.not_here')}: {missing}"
            response = Response.text(said, status=int(HTTPStatus.NOT_FOUND))
        response.headers["content-security-policy"] = SANDBOX
        return response

    return send
