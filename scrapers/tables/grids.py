"""Rows of text cells out of CSV, XLSX and XLS: the ground on which files are read.

Every cell arrives as text. What it means (a year, a figure, a postcode with a leading zero) is
for the reader to say who knows the table.
"""

from __future__ import annotations

import io
import re
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from cityflux.core.model.document import Document, read_file, read_json
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.foreign import blamed
from cityflux.scrapers.tables.apart import Grid
from cityflux.scrapers.tables.delimited import delimiter_of, read_delimited
from cityflux.scrapers.tables.html import page_instead
from cityflux.scrapers.tables.opendocument import read_opendocument
from cityflux.scrapers.tables.workbook import Sheet, read_sheets

Format = Literal["csv", "tsv", "xlsx", "xls", "ods", "parquet", "json", "jsonl"]


# What could not be decoded, and what stands for nothing in Unicode: Big5 that is read as GB18030.
_STRANGE = re.compile("[\ufffd\ue000-\uf8ff]")


def as_document(source: Document | Path | str) -> Document:
    """A path as a document; a document as it is.

    Raises:
        Unexpected: when the file cannot be read.
    """
    return source if isinstance(source, Document) else read_file(Path(source))


def sniff(document: Document) -> Format:
    """What a file is by its content; its name does not count, it lies too often.

    Raises:
        Refused: when it is a page that asks for a login.
        Unexpected: when it is empty, a web page, or nothing that can be read as a table.
    """
    body = document.body
    if not body.strip():
        raise Unexpected(f"{document.address}: the file is empty", address=document.address)
    if body.startswith(b"PK\x03\x04"):
        return _inside_zip(document)
    if body.startswith(b"\xd0\xcf\x11\xe0"):
        return "xls"
    if body.startswith(b"PAR1"):
        return "parquet"
    if error := page_instead(document, "a table file"):
        hint = "; a table of a page is read with cityflux.scrapers.page"
        error.args = (f"{error}{hint}",) if isinstance(error, Unexpected) else error.args
        raise error
    if b"\0" in body and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unexpected(
            f"{document.address}: expected CSV, XLSX, XLS, Parquet or JSON, got binary data",
            address=document.address,
        )
    return _text_format(document.text.lstrip("\ufeff \t\r\n"))


def read_grid(
    document: Document, form: Format, *, sheet: str | None = None, encoding: str | None = None
) -> Grid:
    """Read all cells of a CSV, TSV, XLSX or XLS file as stripped text, row by row.

    An Excel number comes to nine decimals; a share (``61.5%``), a month and an error come as Excel
    shows them, and a formula that was never computed as a text that is no number.

    Args:
        document: the file.
        form: ``csv``, ``tsv``, ``xlsx`` or ``xls``.
        sheet: the name of the sheet; may be left out where only one holds anything.
        encoding: the charset of a text file that fools `core.model.charset`.

    Raises:
        Unexpected: when the file cannot be read, or has no sheet of that name.
    """
    if form in ("xlsx", "xls", "ods"):
        return _excel(document, form, sheet)
    text = decoded(document, encoding)
    with blamed(document.address, "delimited text"):
        rows = read_delimited(text, "\t" if form == "tsv" else delimiter_of(text))
    return [[cell.strip() for cell in row] for row in rows]


def decoded(document: Document, encoding: str | None = None) -> str:
    """The text of a file, never with a character that could not be decoded.

    Raises:
        Unexpected: when the charset is wrong or unknown.
    """
    try:
        text = document.body.decode(encoding) if encoding else document.text
    except (UnicodeDecodeError, LookupError) as error:
        raise Unexpected(
            f"{document.address}: is not in the charset {encoding} ({error})",
            address=document.address,
        ) from error
    if strange := _STRANGE.search(text):
        line = text[: strange.start()].count("\n") + 1
        raise Unexpected(
            f"{document.address}: line {line} is in no charset that is known here; "
            "name it with encoding=",
            address=document.address,
        )
    return text.removeprefix("\ufeff")


def _inside_zip(document: Document) -> Format:
    with (
        blamed(document.address, "XLSX or ZIP"),
        zipfile.ZipFile(io.BytesIO(document.body)) as archive,
    ):
        names = archive.namelist()
    if "xl/workbook.xml" in names or "xl/workbook.bin" in names:
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    raise Unexpected(
        f"{document.address}: expected XLSX, got a ZIP archive with {', '.join(names[:3])}; "
        "unpack it first",
        address=document.address,
    )


def _text_format(text: str) -> Format:
    if text[:1] not in ("{", "["):
        return "csv"
    try:
        read_json(text)
    except ValueError:
        first = text.split("\n", 1)[0]
        return "jsonl" if first.startswith("{") and first.rstrip().endswith("}") else "json"
    return "json"


def read_book(document: Document, form: Format) -> dict[str, Sheet]:
    """The sheets of a workbook by name; those that are hidden are none.

    Raises:
        Unexpected: when it cannot be read, or the library for it is missing.
    """
    if form == "ods":
        return {name: Sheet(grid) for name, grid in read_opendocument(document).items()}
    if find_spec("fastexcel") is None:
        raise Unexpected(
            f"{document.address}: reading Excel files needs one more package; "
            "install it with: pip install 'cityflux[excel]'",
            address=document.address,
        )
    sheets = read_sheets(document, form)
    return {name: each for name, each in sheets.items() if not each.look.concealed} or sheets


def _excel(document: Document, form: Format, sheet: str | None) -> Grid:
    sheets = {name: each.grid for name, each in read_book(document, form).items()}
    if sheet is not None and sheet not in sheets:
        raise Unexpected(
            f"{document.address}: no sheet {sheet!r}; it has {', '.join(sheets)}",
            address=document.address,
        )
    filled = {name: grid for name, grid in sheets.items() if any(map(any, grid))}
    if sheet is not None:
        filled = {name: grid for name, grid in filled.items() if name == sheet}
    if len(filled) != 1:
        raise Unexpected(
            f"{document.address}: {len(filled)} sheets hold something"
            + (f" ({', '.join(filled)}); name one with sheet=" if filled else ""),
            address=document.address,
        )
    return next(iter(filled.values()))
