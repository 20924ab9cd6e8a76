"""Mutations of samples: what bad copies, cut transfers and bad wills make of them.

Everything comes from a `random.Random`, so that an input is made again from its number.
"""

from __future__ import annotations

import io
import random
import re
import zipfile
from collections.abc import Sequence

#: Longer inputs are cut: what is slow in length alone is found by the bombs.
LONGEST = 40_000

_NUMBER = re.compile(rb"\d+")
_NUMBERS = (
    b"0", b"-1", b"1e999", b"1e308", b"9" * 30, b"9" * 5000, b"1048576", b"4294967296", b"NaN",
    b"Infinity", b"0x10", b"1_000", "١٢".encode(), "２０".encode(), "²".encode(), "一百".encode(),
    b"1e-400", b"-0.0", b"1.5", b"99999", b"0e99999999",
)  # fmt: skip
_TOKENS = (
    b"\0", b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\\ud800", b"\\u0000", b"\r",
    b"\n", b"\t", b'"', b"'", b",", b";", b"<", b">", b"</", b"<!--", b"-->", b"<!", b"<![",
    b"<![CDATA[", b"]]>", b"<?", b"&", b"&#", b"&#xD800;", b"&#0;", b"&#99999999999;", b"&amp;",
    b"<td>", b"</td>", b"<tr>", b"<table>", b"</table>", b"<th rowspan=0>", b"<td colspan=1000>",
    b"<td rowspan=99999>", b"<sup>", b"<p>", b"<br>", b"<script>", b"{", b"}", b"[", b"]", b":",
    b"null", b"true", b"{}", b"[]", b'""', b"(", b")", b"%", b"-", b"/", b"\\", b"\\N",
    "，".encode(), "。".encode(), "；".encode(), "：".encode(), "、".encode(), "和".encode(),
    "其中".encode(), "分别".encode(), "比上年增长".encode(), "亿元".encode(), "单位：".encode(),
    "年".encode(), "　".encode(), "（".encode(), "）".encode(), "\ue000".encode(), "至".encode(),
    "\u2028".encode(), "\u202e".encode(), "🏙".encode(), "续表".encode(), "\ufffd".encode(),
)  # fmt: skip


def mutated(rng: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One of the samples, changed in one to eight places; archives are changed inside."""
    data = rng.choice(seeds)
    if data.startswith(b"PK\x03\x04") and rng.random() < 0.9:
        return _archive(rng, data)
    return _changed(rng, data, seeds)


def _changed(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5, 8))):
        data = rng.choice(_CHANGES)(rng, data, seeds)[:LONGEST]
    return data


def _archive(rng: random.Random, data: bytes) -> bytes:
    """A ZIP file with one of its members changed, or left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        names = old.namelist()
        chosen = rng.choice([name for name in names if "sheet1" in name] * 4 + names)
        gone = rng.random() < 0.03
        for name in names:
            member = old.read(name)
            if name == chosen:
                if gone:
                    continue
                member = _changed(rng, member, [member])
            new.writestr(name, member)
    return buffer.getvalue()


def _place(rng: random.Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + int(rng.expovariate(1 / 12)))


def _flip(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) or 1)
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def _cut(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _place(rng, data)
    return data[:start] + data[end:]


def _end(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _insert(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(_TOKENS) * rng.choice((1, 1, 1, 2, 30)) + data[at:]


def _replace(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _place(rng, data)
    return data[:start] + rng.choice(_TOKENS) + data[end:]


def _number(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    found = [match.span() for match in _NUMBER.finditer(data)]
    if not found:
        return rng.choice(_NUMBERS)
    start, end = rng.choice(found)
    return data[:start] + rng.choice(_NUMBERS) + data[end:]


def _repeat(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _place(rng, data)
    return data[:start] + data[start:end] * rng.choice((2, 3, 10, 300)) + data[end:]


def _move(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    start, end = _place(rng, data)
    rest, piece = data[:start] + data[end:], data[start:end]
    at = rng.randrange(len(rest) + 1)
    return rest[:at] + piece + rest[at:]


def _splice(rng: random.Random, data: bytes, seeds: Sequence[bytes]) -> bytes:
    other = rng.choice(seeds)
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


_CHANGES = (_flip, _flip, _cut, _cut, _end, _insert, _insert, _replace, _replace, _number, _number,
            _repeat, _move, _splice)  # fmt: skip
