"""Where every figure comes from: by indicator, and the list of the publications."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from cityflux.core.reading.breaks import inside
from cityflux.core.report.blocks import Block, Cell, Missing, Section, Table, Text, anchor
from cityflux.core.report.view import View
from cityflux.core.words.classes import by_class
from cityflux.core.words.growth import told
from cityflux.core.words.numbers import number

#: So many disputed figures are listed.
_MOST = 15
_BRACKETED = re.compile(r"<https?://[^<>\s]+>")
_LINK = re.compile(r"<(https?://[^<>\s]+)>|(https?://[^\s<>;，；()（）…]+)")


def citations(view: View) -> Section:
    """The sources of each indicator, and the list of all sources."""
    title = view.text("sources.title")
    if view.facts.series.is_empty():
        return Section("sources", title, [Missing(view.text("sources.none"))])
    blocks: list[Block] = [
        Text(view.text("sources.lead"), lead=True),
        *([Text(counts)] if (counts := by_class(view.language.code, view.facts.classes)) else []),
        _by_indicator(view),
        _list(view),
        *_disputed(view),
        *_breaks(view),
    ]
    return Section("sources", title, blocks)


def _by_indicator(view: View) -> Table:
    leaves = view.facts.nodes.filter(pl.col("indicator").is_not_null())
    rows = [row for leaf in leaves.to_dicts() for row in _rows(view, leaf)]
    columns = [view.text("common.indicator")] + [
        view.text(f"sources.{name}") for name in ("number", "figures", "periods")
    ]
    caption = view.text("sources.by_indicator")
    return Table(columns, rows, caption=caption, widths=(58, 10, 12, 20))


def _rows(view: View, leaf: dict[str, str]) -> Iterator[list[Cell]]:
    """A row per source of an indicator, then one per input and source of what is computed."""
    name = leaf["indicator"]
    counted = (
        view.facts.series.filter(pl.col("indicator") == name)
        .group_by("source")
        .agg(figures=pl.len(), first=pl.col("period").min(), last=pl.col("period").max())
        .sort("source")
    )
    shown = f"#{anchor('figures', name)}" if view.facts.values[name].count() else ""
    title = Cell(view.language.name(leaf), href=shown, anchor=anchor("from", name))
    for row in counted.to_dicts():
        yield [title, *_cited(view, row)]
        title = Cell("")
    for row in view.facts.inputs.filter(pl.col("indicator") == name).to_dicts():
        text = view.text("sources.input", indicator=view.language.name(row))
        yield [Cell(text), *_cited(view, row)]


def _cited(view: View, row: dict[str, str]) -> list[Cell]:
    first, last = row["first"], row["last"]
    return [
        Cell(str(view.source_numbers[row["source"]]), href=view.cite(row["source"])),
        Cell(number(float(row["figures"]), 0)),
        Cell(first if first == last else f"{first} – {last}"),
    ]


def _list(view: View) -> Table:
    rows = []
    for row in view.facts.sources.sort(
        pl.col("source").replace_strict(view.source_numbers)
    ).to_dicts():
        place = view.source_numbers[row["source"]]
        reference = _BRACKETED.sub("", row["reference"]).strip() or row["source"]
        rows.append(
            [
                Cell(str(place), anchor=view.cite(row["source"]).removeprefix("#")),
                Cell(row["publisher"]),
                Cell(reference, href=_address(row)),
                Cell(row["vintage"]),
                Cell(row["licence"]),
            ]
        )
    names = ("number", "publisher", "reference", "vintage", "licence")
    columns = [view.text(f"sources.{name}") for name in names]
    caption = view.text("sources.list")
    return Table(columns, rows, right=len(columns), caption=caption, widths=(6, 22, 42, 11, 19))


def _disputed(view: View) -> list[Block]:
    """The figures that another source has otherwise, those that differ most."""
    names = dict(view.facts.nodes.select("indicator", "node").iter_rows())
    rows = [
        [
            Cell(view.node(names[row["indicator_id"]])),
            Cell(view.city(row["city_id"])),
            Cell(row["period"]),
            Cell(f"{row['used_source']} / {row['other_source']}"),
            Cell(row["reason"]),
            Cell(view.figure(row["used"])),
            Cell(view.figure(row["other"])),
        ]
        for row in view.facts.disputed[:_MOST]
    ]
    if not rows:
        return []
    keys = ("indicator", "city", "period")
    columns = [view.text(f"common.{key}") for key in keys]
    columns += [view.text(f"web.{key}") for key in ("source", "reason", "used", "other_source")]
    caption = view.text("sources.disputed")
    return [Table(columns, rows, right=5, caption=caption, widths=(18, 9, 7, 24, 20, 11, 11))]


def _breaks(view: View) -> list[Block]:
    """Who says where a series begins anew."""
    rows = inside(view.facts.breaks, view.annual).to_dicts() + view.facts.crossings.to_dicts()
    here = [row for row in rows if row["city"] in (None, *view.cities)]
    lines = told(view.language, here, view.city)
    return [Text(view.text("growth.break_sources"), lead=True), *map(Text, lines)] if lines else []


def _address(row: dict[str, str]) -> str:
    """The page of a source: that of its reference, or else its own address, if it is on the web."""
    found = _LINK.search(row["reference"]) or _LINK.search(row["address"])
    return (found[1] or found[2]).rstrip(".,") if found else ""
