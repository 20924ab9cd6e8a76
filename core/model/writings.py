"""The writings in which a text may hide: it is looked for where they are undone.

A writing is undone in a whole text at once, and what is looked for is looked for in what comes of
it. Only where it is found there is it traced back to where it stood.
"""

from __future__ import annotations

import base64
import html
import re
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass

#: Upper and lower case count as one, and so do the two alphabets of Base64.
_FOLD = bytes(range(256)).translate(
    bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", b"abcdefghijklmnopqrstuvwxyz+/")
)
#: Bytes that are traced at a time, and by which a piece and the next one overlap.
_PIECE = 2**20
_OVERLAP = 2**16
#: The charsets in which what is no ASCII may stand in the bytes of an answer.
_CHARSETS = ("gb18030", "utf-16-le", "utf-16-be")
_DROPPED = (rb"[\s\x00]+", rb"[\s\x00+]+", rb"[\s:,;\-\[\](){}]+")


@dataclass(frozen=True)
class Writing:
    """A way to write, and how it is undone.

    Attributes:
        signs: bytes of which one is in each text that is written like this.
        token: what stands for something else.
        means: what that is.
        dropped: bytes that the tokens are made of, where they stand for nothing.
    """

    signs: bytes
    token: re.Pattern[bytes]
    means: Callable[[re.Match[bytes]], bytes]
    dropped: bytes = b""

    def undo(self, text: bytes) -> bytes:
        """The text as it was."""
        if self.dropped:
            return text.translate(None, self.dropped)
        if not any(sign in text for sign in self.signs):
            return text
        return self.token.sub(self.means, text)

    def trace(self, text: bytes, places: Places) -> tuple[bytes, Places]:
        """The same as `undo`, and where each byte of what comes of it stood."""
        parts: list[bytes] = []
        starts, ends = array("Q"), array("Q")
        done = 0
        for found in self.token.finditer(text):
            first, last = found.span()
            meant = self.means(found)
            parts += [text[done:first], meant]
            starts += places[0][done:first]
            ends += places[1][done:first]
            starts.extend([places[0][first]] * len(meant))
            ends.extend([places[1][last - 1]] * len(meant))
            done = last
        parts.append(text[done:])
        return b"".join(parts), (starts + places[0][done:], ends + places[1][done:])


#: For each byte where it stood: from, and to.
Places = tuple["array[int]", "array[int]"]


def _nothing(found: re.Match[bytes]) -> bytes:
    return b""


def _byte(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])


def _escaped(found: re.Match[bytes]) -> bytes:
    """What stands behind a backslash: the number of a character, or itself."""
    *numbers, octal, itself = found.groups()
    if octal:
        return bytes([int(octal, 8)])
    return (
        bytes([int(number, 16)]) if (number := next(filter(None, numbers), None)) else itself or b""
    )


def _entity(found: re.Match[bytes]) -> bytes:
    decimal, hexadecimal = found.groups()
    with suppress(ValueError, OverflowError):  # no character has that number
        return chr(int(decimal) if decimal else int(hexadecimal, 16)).encode()
    return found[0]


def _named(found: re.Match[bytes]) -> bytes:
    return html.unescape(found[0].decode()).encode()


def _writing(signs: bytes, pattern: bytes, means: Callable[..., bytes] = _nothing) -> Writing:
    return Writing(signs, re.compile(pattern, re.X), means)


def _dropping(signs: bytes) -> Writing:
    return Writing(signs, re.compile(b"[%b]+" % re.escape(signs)), _nothing, signs)


_PERCENT = _writing(b"%", rb"%([0-9a-fA-F]{2})", _byte)
_QUOTED_PRINTABLE = _writing(b"=", rb"=([0-9a-fA-F]{2})", _byte)
#: Escapes of what is no ASCII are looked for as they are: a page of Chinese may be full of them.
_BACKSLASH = _writing(
    b"\\",
    rb"""\\(?: x([0-9a-fA-F]{2}) | (?:u00|U000000)([0-7][0-9a-fA-F])
    | u\{0*([0-7]?[0-9a-fA-F])\} | ([01][0-7]{2}) | [\r\nnrt] | ([^\w\s]) )""",
    _escaped,
)
_NUMBERED = _writing(b"&", rb"&\#(?: 0*([0-9]{1,7}) | [xX]0*([0-9a-fA-F]{1,6}) );?", _entity)
_NAMED = _writing(b"&", rb"&[A-Za-z][A-Za-z0-9]{1,30};", _named)
#: What stands where a text is cut into lines, or into pieces.
_SOFT = _writing(
    b"=\\<\xc2\xe2\xef>#|\"'",
    rb"""=\r?\n | \\\r?\n | \\[nrt] | <[wW]?[bB][rR][^<>]{0,40}>
    | \xc2\xad | \xe2\x80[\x8b-\x8f] | \xe2\x81\xa0 | \xef\xbb\xbf
    | \n[ \t]*[>\#|*]+ | ["']\s{0,200}+(?:[+,.]\s{0,200}+)?b?["']""",
)
_BLANK = _dropping(b" \t\r\n\x0b\x0c\x00")
_PLUS = _dropping(b"+")
_HEX = _writing(b"xX", rb"0[xX]")
_PUNCTUATION = _dropping(b" \t\r\n:,;-[](){}")
_ESCAPES = (_NUMBERED, _NAMED, _BACKSLASH, _PERCENT)

#: What is undone, one after the other, before a text is looked for. The second part is done only
#: where the first has found something, or is empty.
WAYS: tuple[tuple[tuple[Writing, ...], tuple[Writing, ...]], ...] = (
    ((), ()),
    ((), (_SOFT, _BLANK)),
    ((), (_HEX, _PUNCTUATION)),
    ((_PERCENT,), (_SOFT, _PLUS, _BLANK)),
    ((_QUOTED_PRINTABLE,), (_SOFT, _BLANK)),
    (_ESCAPES, (_SOFT, _BLANK)),
    ((*_ESCAPES, *_ESCAPES), (_SOFT, _BLANK)),
)


def fold(text: bytes) -> bytes:
    """The text as it is looked for, byte by byte."""
    return text.translate(_FOLD)


def needles(text: str) -> frozenset[bytes]:
    """What to look for where a writing is undone: the text, and whole alphabets of its own."""
    plain = text.encode("utf-8", "surrogatepass")
    as_hex = plain.hex().encode()
    found = {as_hex, b",".join(str(byte).encode() for byte in plain)}
    for turned in (text, text[::-1]):
        found.add(turned.encode("utf-8", "surrogatepass"))
        found.add("".join(x if x.isascii() else f"\\u{ord(x):04x}" for x in turned).encode())
        for charset in _CHARSETS:
            with suppress(UnicodeEncodeError):
                found.add(turned.encode(charset))
    found |= {*_shifted(plain, base64.b64encode, 3, 6), *_shifted(plain, base64.b32encode, 5, 5)}
    found |= {*_shifted(as_hex, base64.b64encode, 3, 6)}
    whole = {*map(fold, found)}
    # Blanks are dropped on the way, and so are those that a form writes as a plus.
    return frozenset(whole | {re.sub(pattern, b"", each) for pattern in _DROPPED for each in whole})


def _shifted(
    plain: bytes, encode: Callable[[bytes], bytes], group: int, bits: int
) -> Iterator[bytes]:
    """What a text always is in an alphabet of so many bits, at each place within a longer one."""
    for offset in range(group):
        first, last = -(-8 * offset // bits), 8 * (offset + len(plain)) // bits
        yield encode(bytes(offset) + plain)[first:last]


def spans(text: bytes, wanted: Collection[bytes]) -> list[tuple[int, int]]:
    """Where something stands in a text, in whatever writing.

    Args:
        text: however long it is, it is gone through a few times and no more.
        wanted: from `needles`.
    """
    found: list[tuple[int, int]] = []
    before = text
    for first, then in WAYS:
        undone = _undone(text, first)
        if first and undone in (text, before):
            continue
        before = undone
        folded = fold(_undone(undone, then))
        if here := [each for each in wanted if each in folded]:
            # In pieces that lie far apart: nothing of the text is kept.
            found += [*_traced(text, (*first, *then), here)] or [(0, len(text))]
    return found


def _undone(text: bytes, way: Iterable[Writing]) -> bytes:
    for writing in way:
        text = writing.undo(text)
    return text


def _traced(
    text: bytes, way: Iterable[Writing], wanted: Iterable[bytes]
) -> Iterator[tuple[int, int]]:
    """Where it stood, piece by piece: the places of all bytes at once would take gigabytes."""
    way = [*way]
    for begin in range(0, len(text), _PIECE):
        piece = text[begin : begin + _PIECE + _OVERLAP]
        quick = fold(_undone(piece, way))
        if not (here := [each for each in wanted if each in quick]):
            continue
        end = begin + len(piece)
        places: Places = array("Q", range(begin, end)), array("Q", range(begin + 1, end + 1))
        for writing in way:
            piece, places = writing.trace(piece, places)
        folded = fold(piece)
        for each in here:
            place = folded.find(each)
            while place >= 0:
                yield places[0][place], places[1][place + len(each) - 1]
                place = folded.find(each, place + len(each))
