"""Tables that a person downloaded from data.stats.gov.cn: CSV and Excel.

A download has up to three parts: lines such as ``数据库：主要城市年度数据`` above, a table whose
first cell names what its rows are (地区, 指标 or 时间), and ``注：…`` and ``数据来源：…`` below.
Not every file has every part: some do not even name their indicator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.errors import BadCells
from cityflux.core.model.numerals import parse_number
from cityflux.core.model.written_period import period_of, refuse_fiscal
from cityflux.scrapers.foreign import reader
from cityflux.scrapers.nbs import rows
from cityflux.scrapers.nbs.answers import unexpected
from cityflux.scrapers.tables.apart import Grid
from cityflux.scrapers.tables.grids import as_document, read_grid, sniff
from cityflux.scrapers.tables.labels import key, same_unit, similar, split_unit

_ABOVE = re.compile(r"(数据库|指标|地区|时间)\s*[:：]\s*(.*)", re.DOTALL)
_BELOW = re.compile(r"(注|数据来源|资料来源|说明)\s*[:：]\s*(.*)", re.DOTALL)
_DIMENSIONS = ("地区", "指标", "时间")


@dataclass
class _Parts:
    """A download taken apart."""

    above: dict[str, str] = field(default_factory=dict)
    header: list[str] = field(default_factory=list)
    body: list[tuple[int, list[str]]] = field(default_factory=list)
    note: str = ""


@reader("a download of the National Bureau")
def read_download(
    source: Document | Path | str, *, indicator: str | None = None, unit: str | None = None
) -> pl.DataFrame:
    """Read a table downloaded by hand, in any of the shapes that the site has given.

    Args:
        source: a document or a path: CSV (GBK, GB18030 or UTF-8), XLS or XLSX.
        indicator: what the figures are, for a file that does not name its indicator. A file that
            names others is refused.
        unit: their unit, likewise.

    Returns:
        Tidy rows as in `scrapers.nbs.SCHEMA`, blank cells with a null value; ``note`` is the text
        after 注, which often says that revised and first figures stand side by side.

    Raises:
        BadCells: when cells cannot be read.
        Refused: when the document is a page that asks for a login.
        Unexpected: when the file is no such table, or is about something else.
    """
    document = as_document(source)
    form = sniff(document)
    if form not in ("csv", "tsv", "xlsx", "xls"):
        raise unexpected(document, f"expected a CSV or Excel download, got {form}")
    parts = _take_apart(document, read_grid(document, form))
    across = _column_dimension(document, parts)
    bad: list[str] = []
    found = [_row(cell, indicator, unit) for cell in _cells(parts, across, bad)]
    if bad:
        raise BadCells(document.address, bad, address=document.address)
    if not found:
        raise unexpected(document, "the table is empty: no row below its header")
    _check(document, found, indicator, unit)
    return rows.frame(
        {"database": parts.above.get("数据库"), "note": parts.note, **row} for row in found
    )


def _take_apart(document: Document, grid: Grid) -> _Parts:
    parts = _Parts()
    notes: list[str] = []
    below = ""
    for number, cells in enumerate(grid, start=1):
        if not any(cells):
            continue
        first = cells[0]
        text = ",".join(cell for cell in cells if cell)
        if not parts.header:
            if match := _ABOVE.fullmatch(text):
                parts.above[match[1]] = match[2].strip()
            elif first in _DIMENSIONS:
                parts.header = cells
            else:
                raise unexpected(
                    document,
                    f"row {number}: expected 数据库：, 指标：, 地区：, 时间： or the header "
                    f"(地区, 指标 or 时间), got {first[:30]!r}",
                )
        elif below or _BELOW.match(first):
            match = _BELOW.fullmatch(text)
            below, text = (match[1], match[2]) if match else (below, text)
            if below in ("注", "说明"):
                notes.append(text.strip())
        else:
            parts.body.append((number, cells))
    if not parts.header:
        raise unexpected(document, "expected a header that begins with 地区, 指标 or 时间")
    parts.note = " ".join(notes)
    return parts


def _column_dimension(document: Document, parts: _Parts) -> str:
    """What the columns are: periods, or what neither the rows nor the lines above tell."""
    down = parts.header[0]
    headings = [heading for heading in parts.header[1:] if heading]
    if down != "时间":
        try:
            refuse_fiscal(headings)
        except ValueError as error:
            raise unexpected(document, str(error)) from None
        wrong = [heading for heading in headings if period_of(heading) is None]
        if wrong or not headings:
            raise unexpected(
                document, f"expected periods as columns, got {wrong[0] if wrong else 'none'!r}"
            )
        return "时间"
    open_ = [name for name in ("指标", "地区") if name not in parts.above]
    if len(open_) != 1:
        raise unexpected(document, "periods are rows; a line 指标： or 地区： must say the rest")
    return open_[0]


def _cells(parts: _Parts, across: str, bad: list[str]) -> Iterator[dict[str, Any]]:
    """Each cell with its 指标, 地区 and 时间; what cannot be read goes to ``bad``."""
    down = parts.header[0]
    width = len(parts.header)
    seen: set[str] = set()
    for number, cells in parts.body:
        label = cells[0]
        problem = ""
        if len(cells) != width:
            problem = f"{len(cells)} cells under {width} headings"
        elif not label:
            problem = f"figures without a {down}"
        elif label in seen:
            problem = f"{label} stands twice"
        elif down == "时间" and period_of(label) is None:
            problem = f"{label!r} is not a period"
        if problem:
            bad.append(f"row {number}: {problem}")
            continue
        seen.add(label)
        for heading, text in zip(parts.header[1:], cells[1:], strict=True):
            cell_of = {**parts.above, down: label, across: heading}
            try:
                value = parse_number(text, unit=split_unit(cell_of.get("指标", ""))[1])
            except ValueError as error:
                bad.append(f"row {number}, column {heading!r}: {error}")
                continue
            if heading:
                yield {**cell_of, "value": value}
            elif text:
                bad.append(f"row {number}: {text!r} under no heading")


def _row(cell: dict[str, Any], indicator: str | None, unit: str | None) -> dict[str, Any]:
    name, stated = split_unit(cell.get("指标", ""))
    return {
        "indicator": name or indicator,
        "unit": stated or unit,
        "region": cell.get("地区"),
        "period": period_of(cell["时间"]),
        "value": cell["value"],
    }


def _check(
    document: Document, found: list[dict[str, Any]], indicator: str | None, unit: str | None
) -> None:
    names = list(dict.fromkeys(row["indicator"] or "" for row in found))
    if indicator is not None and key(indicator) not in map(key, names):
        raise unexpected(
            document, f"expected the indicator {indicator!r}, got {similar(indicator, names)}"
        )
    for row in found:
        if unit is not None and not same_unit(row["unit"], unit):
            raise unexpected(
                document, f"expected figures in {unit}, got {row['unit']} ({row['indicator']})"
            )
