"""From the pages of a yearbook to the figures of some cities."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.errors import BadCells, Unexpected
from cityflux.scrapers.foreign import reader
from cityflux.scrapers.tables.html import read_tables
from cityflux.scrapers.tables.labels import (
    has_chinese,
    key,
    matching,
    same_unit,
    similar,
    split_unit,
)
from cityflux.scrapers.yearbook.body import read_block
from cityflux.scrapers.yearbook.head import Head, blocks

#: One row per cell of figures. A cell without a figure has a null value; ``place`` says where it
#: stands, for error messages; ``period`` is set where a heading or the item is a period.
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "table": pl.String,
    "item": pl.String,
    "item_en": pl.String,
    "header": pl.String,
    "header_en": pl.String,
    "unit": pl.String,
    "period": pl.String,
    "value": pl.Float64,
    "footnotes": pl.List(pl.String),
    "place": pl.String,
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Which figures of a table.

    Attributes:
        unit: the unit that they must be in; ``""`` where the table names none.
        item: the item, or the end of its path (``客运量 > 铁路``); None where items are cities.
        column: the heading, likewise; None where headings are cities or periods.
        period: the period, where neither item nor heading tells it: a table titled
            "…（2008年）". A table whose title speaks of other years is refused.
        city: the city that the whole table is about; None where the table names cities.
        table: a part of the table's title, where a page holds several tables.
    """

    unit: str
    item: str | None = None
    column: str | None = None
    period: str | None = None
    city: str | None = None
    table: str | None = None


@reader("a page of a yearbook")
def read(documents: Document | Sequence[Document], *, head_rows: int | None = None) -> pl.DataFrame:
    """Read all tables of one or several pages of a yearbook.

    Merged cells are expanded, sub-items (``#``, 其中, indentation) become paths such as
    ``客运量 > 铁路``, headings of several rows become paths too, and a continuation (续表) has the
    title and the unit of the table before it, on the same page or on the page before.

    Args:
        documents: the pages, continuations behind what they continue.
        head_rows: how many rows of each table stand above its figures, title and unit included,
            where that is not found out rightly.

    Returns:
        Tidy rows as in `SCHEMA`.

    Raises:
        BadCells: when cells among the figures cannot be read; each has a line.
        Refused: when a page asks for a login instead.
        Unexpected: when a page has no table with figures, or is no page at all.
    """
    pages = [documents] if isinstance(documents, Document) else list(documents)
    found: list[dict[str, Any]] = []
    bad: list[str] = []
    head: Head | None = None
    for page in pages:
        before = len(found)
        tables = read_tables(page)
        for table in tables:
            for block in blocks(table):
                own, rows = read_block(block, head, head_rows, bad)
                head = own if rows else head
                found += rows
        if len(found) == before and not bad:
            titles = ", ".join(repr(table.caption[:40]) for table in tables)
            raise Unexpected(
                f"{page.address}: expected a table with figures, "
                f"{len(tables)} tables without any: {titles}",
                address=page.address,
            )
    if bad:
        raise BadCells(pages[0].address, bad, address=pages[0].address)
    return pl.DataFrame(found, schema=SCHEMA)


def select(
    rows: pl.DataFrame, selection: Selection, cities: Mapping[str, str] | None = None
) -> pl.DataFrame:
    """Take the figures of some cities out of tidy rows; missing figures give no row.

    Args:
        rows: what `read` returned.
        selection: which figures.
        cities: city ids by the label of the row or the column; not needed with
            ``selection.city``. Labels that are not named here are passed over.

    Returns:
        A frame with ``city``, ``period``, ``value`` and ``note`` (the footnotes).

    Raises:
        Unexpected: when an item, a heading or a city is not there (says what is similar), the
            unit is another one (says which), a figure has no period or stands twice, or not one
            figure is left.
    """
    chosen = _of_table(rows, selection.table)
    for side, label in (("item", selection.item), ("header", selection.column)):
        if label is not None:
            chosen = _of_label(chosen, side, label, selection.unit)
    if selection.city is not None:
        chosen = chosen.with_columns(pl.lit(selection.city).alias("city"))
    else:
        chosen = _of_cities(chosen, selection, cities or {})
    _check_unit(chosen, selection.unit)
    chosen = chosen.drop_nulls("value")
    if not chosen.height:
        raise Unexpected(f"{rows['place'][0]}: not one figure for {selection}")
    chosen = _dated(chosen, selection.period)
    twice = chosen.filter(pl.struct("city", "period").is_duplicated())
    if twice.height:
        city, period = twice.select("city", "period").row(0)
        paths = [f"{row['item']!r} under {row['header']!r}" for row in twice.to_dicts()[:3]]
        raise Unexpected(
            f"{twice['place'][0]}: {twice.height} figures for {city} in {period}; "
            f"name one by its path: {', '.join(paths)}"
        )
    note = pl.col("footnotes").list.join(" ").alias("note")
    return chosen.select("city", "period", "value", note)


def _of_table(rows: pl.DataFrame, title: str | None) -> pl.DataFrame:
    if title is None:
        return rows
    titles = rows["table"].unique(maintain_order=True).to_list()
    chosen = rows.filter(
        pl.col("table").is_in([found for found in titles if key(title) in key(found)])
    )
    if not chosen.height:
        raise Unexpected(
            f"{rows['place'][0]}: no table titled {title!r}; similar: {similar(title, titles)}"
        )
    return chosen


def _of_label(rows: pl.DataFrame, side: str, wanted: str, unit: str) -> pl.DataFrame:
    """The rows of one item or heading; of several with that name, those in the right unit."""
    columns = (side,) if has_chinese(wanted) else (side, f"{side}_en")
    labels = [path for column in columns for path in rows[column].unique(maintain_order=True)]
    paths = matching(labels, split_unit(wanted)[0])
    chosen = rows.filter(pl.any_horizontal(pl.col(column).is_in(paths) for column in columns))
    if not chosen.height:
        what = "item" if side == "item" else "column"
        near = similar(wanted, rows[side].unique(maintain_order=True))
        raise Unexpected(f"{rows['place'][0]}: no {what} {wanted!r}; similar: {near}")
    units = chosen["unit"].fill_null("").unique()
    right = [found for found in units if same_unit(found, unit)]
    in_unit = chosen.filter(pl.col("unit").fill_null("").is_in(right))
    return in_unit if in_unit.height else chosen


def _of_cities(rows: pl.DataFrame, selection: Selection, cities: Mapping[str, str]) -> pl.DataFrame:
    sides = [
        side
        for side, fixed in (("item", selection.item), ("header", selection.column))
        if fixed is None
    ] or ["item"]
    labels = {side: list(rows[side].unique(maintain_order=True)) for side in sides}
    side = max(sides, key=lambda one: sum(bool(matching(labels[one], city)) for city in cities))
    taken = []
    for label, city in cities.items():
        paths = matching(labels[side], label)
        if not paths:
            near = similar(label, labels[side])
            raise Unexpected(f"{rows['place'][0]}: no city {label!r}; similar: {near}")
        found = rows.filter(pl.col(side).is_in(paths))
        taken.append(found.with_columns(pl.lit(city).alias("city")))
    if not taken:
        raise Unexpected(f"{rows['place'][0]}: say which cities, or selection.city")
    return pl.concat(taken)


def _check_unit(rows: pl.DataFrame, unit: str) -> None:
    for row in rows.iter_rows(named=True):
        if not same_unit(row["unit"] or "", unit):
            raise Unexpected(
                f"{row['place']}: expected {row['item']!r} in {unit or 'no unit'}, "
                f"got {row['unit'] or 'no unit'}"
            )


def _dated(rows: pl.DataFrame, period: str | None) -> pl.DataFrame:
    if period is None:
        undated = rows.filter(pl.col("period").is_null())
        if undated.height:
            raise Unexpected(
                f"{undated['place'][0]}: neither heading nor item is a period; "
                "say it with Selection(period=...)"
            )
        return rows
    dated = rows.filter(pl.col("period").is_null() | (pl.col("period") == period))
    if not dated.height:
        near = similar(period, rows["period"].drop_nulls().unique(maintain_order=True))
        raise Unexpected(f"{rows['place'][0]}: no figures of {period}; similar: {near}")
    for title in dated.filter(pl.col("period").is_null())["table"].unique():
        years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", title)
        if years and period[:4] not in years:
            raise Unexpected(
                f"{rows['place'][0]}: expected figures of {period}, the table is titled {title!r}"
            )
    return dated.with_columns(pl.lit(period).alias("period"))
