"""What an answer must hold, and the complaint when it does not: expected, got, where."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.core.model.numerals import parse_number


def unexpected(document: Document, expected: str, got: object) -> Unexpected:
    """The complaint, in one line."""
    return Unexpected(
        f"{document.address}: expected {expected}, got {_short(got)}",
        address=document.address,
        status=document.status,
    )


def field(document: Document, node: Any, *path: str) -> Any:
    """Walk from an object of an answer to what it holds under the keys of ``path``.

    Raises:
        Unexpected: when a key is missing or renamed.
    """
    for depth, key in enumerate(path):
        if not isinstance(node, dict) or key not in node:
            got = f"the keys {', '.join(map(repr, node))}" if isinstance(node, dict) else node
            raise unexpected(document, f"the key {'.'.join(path[: depth + 1])!r}", got)
        node = node[key]
    return node


def rows(document: Document, node: Any, *path: str) -> list[Any]:
    """Like `field`, for what must be a list."""
    found = field(document, node, *path)
    if not isinstance(found, list):
        raise unexpected(document, f"a list under {'.'.join(path)!r}", found)
    return found


def number(document: Document, figure: Any) -> float | None:
    """Read a figure as published: a number, or a text as `core.model.numerals` reads it.

    Raises:
        Unexpected: when there is something else than a figure.
    """
    try:
        return parse_number("" if figure is None else str(figure))
    except ValueError:
        raise unexpected(document, "a number", figure) from None


def day(document: Document, text: Any) -> date:
    """Read a day: ``2020-07-14`` or ``20200714``.

    Raises:
        Unexpected: when there is something else than a day.
    """
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise unexpected(document, "a day such as 2020-07-14", text) from None


def parameter(document: Document, name: str) -> str:
    """Read from the address of a document what was asked for.

    Raises:
        Unexpected: when the address has no such parameter.
    """
    values = parse_qs(urlsplit(document.address).query).get(name)
    if not values:
        raise unexpected(document, f"the parameter {name!r} in the address", "none")
    return values[0]


def looks_like_html(document: Document) -> bool:
    """Whether a page came in place of data: a login, a captcha, an error, maintenance."""
    return document.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def _short(got: object) -> str:
    text = " ".join((got if isinstance(got, str) else repr(got)).split())
    return text if len(text) <= 200 else f"{text[:200]}…"
