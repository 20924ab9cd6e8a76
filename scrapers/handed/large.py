"""Delimited text with more cells than are read one by one: its first rows, and columns of text."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from cityflux.core.model.charset import decode
from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.foreign import bounded
from cityflux.scrapers.tables.apart import Grid
from cityflux.scrapers.tables.delimited import DELIMITERS, MOST_CELLS, delimiter_of

if TYPE_CHECKING:
    import polars as pl

#: Of one file; reading it takes some ten times as much memory.
MOST_BYTES = 256 * 2**20

_SAMPLE_BYTES, _SAMPLE_ROWS = 2**16, 200
_MOST_COLUMNS = 2**14
# Bytes of UTF-8 that stand for no character, or for private ones: Big5 that was read as GB18030.
_STRANGE = re.compile(rb"\xef\xbf\xbd|\xee|\xef[\x80-\xa3]")
_NO_TEXT = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1", b"{", b"[", b"<")


def is_large(document: Document) -> bool:
    """Whether a file is text with more cells than are read one by one."""
    body = document.body
    if len(body) < MOST_CELLS or body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(_NO_TEXT):
        return False
    sample = body[:_SAMPLE_BYTES]
    mark = max((each.encode() for each in DELIMITERS), key=sample.count)
    return body.count(mark) + body.count(b"\n") > MOST_CELLS


class LargeText:
    """Such a file.

    Attributes:
        charset: in words.
        separator: of the cells.
        grid: the first rows.

    Raises:
        Unexpected: it is larger than any file that is read, or in no charset.
    """

    def __init__(self, document: Document) -> None:
        bounded(document, "bytes", len(document.body), MOST_BYTES)
        self._address = document.address
        self.charset, self._body = _in_utf_8(document)
        text = self._body[:_SAMPLE_BYTES].decode(errors="ignore")
        sample = io.StringIO(text[: text.rfind("\n") + 1] or text, newline="")
        self.separator = delimiter_of(text)
        rows = csv.reader(sample, delimiter=self.separator)
        self.grid: Grid = [[cell.strip() for cell in row] for row in rows][:_SAMPLE_ROWS]
        self._width = max(map(len, self.grid))
        bounded(document, "columns", self._width, _MOST_COLUMNS)

    def rows(self, first: int) -> pl.DataFrame:
        """All rows from a line on, as columns of text ``c0``, ``c1`` …, empty cells as null.

        Raises:
            Unexpected: a row has more cells than the first ones, or a quote is not closed.
        """
        import polars as pl  # small files do without

        if any("\n" in cell for row in self.grid[: first - 1] for cell in row):
            raise self._refused("the head holds a line break; write it without")
        names = [f"c{at}" for at in range(self._width)]
        body, skipped = self._body, first - 1
        is_whole = skipped < len(self.grid) and len(self.grid[skipped]) == self._width
        if not is_whole:  # the first row would say how many columns there are
            head = self.separator.join(names).encode()
            body, skipped = b"\n".join([head, *body.split(b"\n", skipped)[skipped:]]), 0
        try:
            return pl.read_csv(
                body,
                separator=self.separator,
                infer_schema=False,
                has_header=not is_whole,
                skip_lines=skipped,
                new_columns=names,
            )
        except pl.exceptions.ComputeError as error:
            raise self._refused(self._malformed(error)) from None

    def _malformed(self, error: Exception) -> str:
        """What is wrong with the first row that is: the library names no line."""
        lines = io.TextIOWrapper(io.BytesIO(self._body), encoding="utf-8", newline="")
        rows = csv.reader(lines, delimiter=self.separator, strict=True)
        try:
            for row in rows:
                if len(row) > self._width:
                    return (
                        f"line {rows.line_num}: {len(row)} cells under {self._width} headings; put "
                        'what holds a comma between quotes: "1,234"'
                    )
        except csv.Error as wrong:
            return f"line {rows.line_num}: {wrong}"
        return " ".join(str(error).split())[:80]

    def _refused(self, why: str) -> Unexpected:
        return Unexpected(f"{self._address}: {why}", address=self._address)


def _in_utf_8(document: Document) -> tuple[str, bytes]:
    """The charset, and the text in UTF-8."""
    charset, body = "UTF-8", document.body.removeprefix(b"\xef\xbb\xbf")
    if not _is_utf_8(body):
        text = decode(document.body).removeprefix("\ufeff")
        charset, body = "another charset than UTF-8", text.encode()
    if not body.isascii() and (strange := _STRANGE.search(body)):
        line = body.count(b"\n", 0, strange.start()) + 1
        raise Unexpected(
            f"{document.address}: line {line} is in no charset that is known here",
            address=document.address,
        )
    return charset, body


def _is_utf_8(body: bytes) -> bool:
    try:
        return b"\0" not in body and body.decode() is not None
    except UnicodeDecodeError:
        return False
