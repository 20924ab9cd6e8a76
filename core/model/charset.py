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
_GOOD_FOR_BAD = 4
_ALONE = re.compile(rb"(?<=[A-Za-z])[\xc0-\xff](?=[A-Za-z \r\n,;<])")
_TOGETHER = re.compile(rb"[\x80-\xff]{2,}")
# A server's default that says nothing about the page.
_MEANINGLESS = {"iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"}


def decode(body: bytes, declared: str = "") -> str:
    """Turn bytes into text.

    A byte order mark decides; then the first of UTF-8, the charset that the document names in
    itself, the declared one and GB18030 that decodes without an error. UTF-8 with a bad byte here
    and there stays UTF-8, as in browsers. Latin-1 is what servers say who do not know, so that it
    comes last, as Windows-1252 (WHATWG Encoding Standard); but bytes beyond ASCII that stand alone
    between letters (the ö of Köln) are no Chinese, whatever is declared. Text that none of them can
    read keeps replacement characters, so that nothing is lost silently.

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
        except UnicodeError:
            if encoding == "utf-8" and _is_damaged_utf_8(body):
                return body.decode(encoding, errors="replace")
        except LookupError:
            continue
    return body.decode("gb18030", errors="replace")


def _is_damaged_utf_8(body: bytes) -> bool:
    """Whether by far the most of what is beyond ASCII is UTF-8; in GBK hardly any of it is."""
    text = body.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    return sum(char > "\x7f" for char in text) - bad > _GOOD_FOR_BAD * bad


def _is_latin(body: bytes) -> bool:
    """Whether bytes beyond ASCII stand alone between letters, where Chinese takes two at least."""
    alone, together = len(_ALONE.findall(body)), len(_TOGETHER.findall(body))
    return alone > _GOOD_FOR_BAD * together


def _candidates(body: bytes, declared: str) -> list[str]:
    # Zero bytes are valid UTF-8, but they stand in a text only if it is UTF-16 or UTF-32.
    first = [declared] if b"\0" in body and declared.startswith(("utf-16", "utf-32")) else []
    inside = _META.search(body[:2048])
    named = [inside.group(1).decode("ascii", "replace").lower() if inside else "", declared]
    usable = [_WIDER.get(name, name) for name in named if name and name not in _MEANINGLESS]
    latin = _is_latin(body)
    last = ["windows-1252"] if latin or _MEANINGLESS.intersection(named) else []
    return [*first, "utf-8", *usable, *(last if latin else ["gb18030", *last])]
