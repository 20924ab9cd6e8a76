"""Charsets as they come: GBK pages that say latin-1, files with a BOM, headers that lie."""

from __future__ import annotations

import codecs
import re
from collections import Counter

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
# Their names stand for Windows-1252 in pages (WHATWG Encoding Standard).
_LATIN = dict.fromkeys(("iso-8859-1", "latin-1", "latin1", "us-ascii", "ascii"), "windows-1252")
_HIGH = bytes(range(0xA0, 0x100))


def decode(body: bytes, declared: str = "") -> str:
    """Turn bytes into text.

    A byte order mark decides; then the first of UTF-8, the charset that the document names in
    itself, the declared one and GB18030 that decodes without an error. UTF-8 with a bad byte here
    and there stays UTF-8, as in browsers. A charset of one byte a character, such as Latin-1, reads
    whatever there is, and is what servers say who do not know: it counts only where GB18030 gives
    no Chinese; but bytes beyond ASCII that stand alone between letters (the ö of Köln) are none,
    whatever is declared. Text that none of them can read keeps replacement characters, so that
    nothing is lost silently.

    Args:
        body: the bytes.
        declared: the charset of the HTTP header, or ``""``.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body.decode(encoding, errors="replace")
    named = _named(body, declared.lower())
    # Zero bytes are valid UTF-8, but they stand in a text only if it is UTF-16 or UTF-32.
    wide = [name for name in named if b"\0" in body and name.startswith(("utf-16", "utf-32"))]
    if (text := _first([*wide, "utf-8"], body)) is not None:
        return text
    if _is_damaged_utf_8(body):
        return body.decode("utf-8", errors="replace")
    vague = [name for name in named if _reads_anything(name)]
    if (text := _first([name for name in named if name not in vague], body)) is not None:
        return text
    chinese = body.decode("gb18030", errors="replace")
    if "\ufffd" not in chinese and not _is_latin(body) and _is_chinese(chinese):
        return chinese
    last = [*vague, "windows-1252"] if _is_latin(body) else vague
    if (text := _first(last, body)) is not None:
        return text
    return chinese if _is_chinese(chinese) else body.decode("utf-8", errors="replace")


def _named(body: bytes, declared: str) -> list[str]:
    """The charsets that the document and the header name."""
    inside = _META.search(body[:2048])
    names = [inside.group(1).decode("ascii", "replace").lower() if inside else "", declared]
    return [_WIDER.get(name) or _LATIN.get(name, name) for name in names if name]


def _first(encodings: list[str], body: bytes) -> str | None:
    """The text by the first charset that reads the bytes without an error."""
    for encoding in encodings:
        try:
            return body.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return None


def _reads_anything(encoding: str) -> bool:
    """Whether a charset has one byte a character, so that hardly anything contradicts it."""
    try:
        return len(_HIGH.decode(encoding, errors="replace")) == len(_HIGH)
    except (UnicodeError, LookupError):
        return False


def _is_chinese(text: str) -> bool:
    """Whether what was read as GB18030 is Chinese, and no Western, Cyrillic or Big5 text.

    Of Chinese text at least half of all characters are among the 3,755 most common ones or the
    signs of GB 2312 (rows 1 to 3 and 16 to 55), and next to none is for private use.
    """
    counted = Counter(text)
    foreign = {each: n for each, n in counted.items() if each > "\x7f" and each != "\ufffd"}
    total = sum(foreign.values())
    common = sum(n for each, n in foreign.items() if _is_common(each))
    private = sum(n for each, n in foreign.items() if "\ue000" <= each <= "\uf8ff")
    return 2 * common >= total and 20 * private <= total


def _is_common(character: str) -> bool:
    lead = character.encode("gb2312", errors="ignore")[:1]
    return b"\xa1" <= lead <= b"\xa3" or b"\xb0" <= lead <= b"\xd7"


def _is_damaged_utf_8(body: bytes) -> bool:
    """Whether by far the most of what is beyond ASCII is UTF-8; in GBK hardly any of it is."""
    text = body.decode("utf-8", errors="replace")
    bad = text.count("\ufffd")
    return sum(char > "\x7f" for char in text) - bad > _GOOD_FOR_BAD * bad


def _is_latin(body: bytes) -> bool:
    """Whether bytes beyond ASCII stand alone between letters, where Chinese takes two at least."""
    alone, together = len(_ALONE.findall(body)), len(_TOGETHER.findall(body))
    return alone > _GOOD_FOR_BAD * together
