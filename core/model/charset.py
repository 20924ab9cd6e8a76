"""Charsets as they come: GBK pages that say latin-1, files with a BOM, headers that lie."""

from __future__ import annotations

import codecs
import re

# UTF-32 before UTF-16: the mark of the one begins with that of the other.
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_META = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?([\w-]+)""", re.I)
# GB2312 and GBK are subsets of GB18030, and pages that declare them often use the larger set.
_WIDER = dict.fromkeys(("gb2312", "gb_2312-80", "gbk", "x-gbk", "cp936"), "gb18030")
# A server's default that says nothing about the page.
_MEANINGLESS = {"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"}


def decode(body: bytes, declared: str = "") -> str:
    """Turn bytes into text.

    A byte order mark decides; then the first of UTF-8, the charset that the document names in
    itself, the declared one and GB18030 that decodes without an error. Latin-1 is what servers
    say who do not know, so that it comes last, as Windows-1252 (WHATWG Encoding Standard). Text
    that none of them can read keeps replacement characters, so that nothing is lost silently.

    Args:
        body: the bytes.
        declared: the charset of the HTTP header, or ``""``.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body.decode(encoding, errors="replace")
    for encoding in _candidates(body, declared.lower()):
        try:
            return body.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return body.decode("gb18030", errors="replace")


def _candidates(body: bytes, declared: str) -> list[str]:
    # Zero bytes are valid UTF-8, but they stand in a text only if it is UTF-16 or UTF-32.
    first = [declared] if b"\0" in body and declared.startswith(("utf-16", "utf-32")) else []
    inside = _META.search(body[:2048])
    named = [inside.group(1).decode("ascii", "replace").lower() if inside else "", declared]
    usable = [_WIDER.get(name, name) for name in named if name and name not in _MEANINGLESS]
    last = ["windows-1252"] if _MEANINGLESS.intersection(named) else []
    return [*first, "utf-8", *usable, "gb18030", *last]
