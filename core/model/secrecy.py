"""Secrets come from the environment and leave by no other way than the request itself.

Whatever comes out of somebody else's code, or out of an answer, passes `redact` where it becomes
ours: a secret in it is struck out in whatever writing it stands. A process has one environment,
so that what is known as a secret is known to all rooms. Where none is known, nothing is done.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urlsplit

MASK = b"***"

#: Characters of the shortest secret that is struck out, and of one that is looked for in other
#: writings too: what is shorter stands in many a text by chance.
SHORTEST = 4
LONG = 8

_LOOKS_LIKE_ONE = re.compile(
    r"(^|_)(api|access|auth|private)?"
    r"(key|token|secret|password|passwd|passphrase|cookie|credentials?)(_|$)",
    re.I,
)
_OF_A_COOKIE = re.compile(r"(?<==)[^;\s]+(?=;|$)")

#: What is struck out, the longest first: how each is written, as it is and in other ways.
_known: dict[str, tuple[frozenset[bytes], frozenset[bytes]]] = {}


def learn(variables: Iterable[str]) -> None:
    """Strike out what the environment holds as secrets.

    Args:
        variables: those that the configuration names; others count by their names.
    """
    named = {*variables}
    for name, value in os.environ.items():
        # A path leads to a secret, and is none.
        by_name = _LOOKS_LIKE_ONE.search(name) and len(value) >= LONG and value[0] not in "/.~"
        if name in named or by_name:
            know(value)


def know(*values: str) -> None:
    """Strike out these from now on, and the parts of a cookie or an address by themselves."""
    new = {each for value in values for each in _parts(value.strip())} - _known.keys()
    if not new:
        return
    together = {**_known, **{each: (_plain(each), _otherwise(each)) for each in new}}
    _known.clear()  # a secret may be a part of another one
    _known.update(sorted(together.items(), key=lambda each: len(each[0]), reverse=True))


def known() -> tuple[str, ...]:
    """All that is struck out."""
    return tuple(_known)


def forget() -> None:
    """Know no secret any more, as at the start of a process."""
    _known.clear()


def redact(text: str) -> str:
    """The text without any secret that is known."""
    if not _known or not text:
        return text
    body = text.encode("utf-8", "surrogatepass")
    redacted = redact_bytes(body)
    return text if redacted is body else redacted.decode("utf-8", "surrogatepass")


def redact_bytes(body: bytes) -> bytes:
    """The bytes without any secret, in whatever writing; the same object if there is none."""
    for plain, otherwise in _known.values():
        for each in plain:
            if each in body:
                body = body.replace(each, MASK)
        if otherwise:
            from cityflux.core.model.writings import spans  # who knows no secret does without

            body = _without(body, spans(body, otherwise))
    return body


def _without(body: bytes, places: list[tuple[int, int]]) -> bytes:
    if not places:
        return body
    kept, done = [], 0
    for first, last in sorted(places):
        if last > done:
            kept += [body[done:first], MASK] if first >= done else []
            done = last
    return b"".join([*kept, body[done:]])


def _parts(value: str) -> set[str]:
    """A secret, and what of it is one by itself."""
    parts = {value} if len(value) >= SHORTEST else set()
    found = _OF_A_COOKIE.findall(value) if "=" in value else []
    if value.startswith(("http://", "https://")):
        address = urlsplit(value)
        found = [f"{address.path}?{address.query}" if address.query else address.path]
    return parts | {each for each in found if len(each) >= LONG}


def _plain(value: str) -> frozenset[bytes]:
    """As it is, and as it stands in an address or in what Python says of it."""
    quoted = {quote(value), quote(value, safe=""), quote_plus(value)}
    said = {repr(value)[1:-1], repr(value.encode())[2:-1]}
    return frozenset(each.encode("utf-8", "surrogatepass") for each in {value, *quoted, *said})


def _otherwise(value: str) -> frozenset[bytes]:
    from cityflux.core.model.writings import needles

    # Digits with blanks between them may be figures.
    return needles(value) if len(value) >= LONG and not value.isdecimal() else frozenset()
