"""A page for each group: its indicators with figures and ranks, and their lines over the years."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from cityflux.core import charts
from cityflux.core.engine.measures.continuity import NO_BREAKS, with_segments
from cityflux.core.engine.measures.timeline import decimal_years
from cityflux.core.reading.brackets import at_ceiling
from cityflux.core.reading.breaks import inside
from cityflux.core.report.blocks import (
    Block,
    Cell,
    Chart,
    Items,
    Missing,
    Section,
    Table,
    Text,
    anchor,
)
from cityflux.core.report.view import View
from cityflux.core.words.brackets import ceiling, reason
from cityflux.core.words.growth import told
from cityflux.core.words.numbers import percent

#: The last periods that a trend shows, so that its table fits on the page.
_PERIODS = 15


def group_pages(view: View) -> list[Section]:
    """A section for each group; one for the whole index where it has no groups."""
    leaves = view.facts.nodes.filter(pl.col("indicator").is_not_null())
    inner = view.facts.nodes.filter(pl.col("node").is_in(leaves["parent"].unique().implode()))
    pages = [_page(view, node) for node in inner["node"]]
    lead = Text(view.text("group.lead"), lead=True)
    first = Section("pages", view.text("group.pages"), [lead])
    return [first, replace(pages[0], new_page=False), *pages[1:]]


def _page(view: View, node: str) -> Section:
    leaves = view.facts.leaves(node)
    names = {row["indicator"]: view.language.name(row) for row in leaves.to_dicts()}
    known = [name for name in names if view.facts.values[name].count()]
    blocks: list[Block] = [Text(_place(view, node, len(names), len(known)), lead=True)]
    if known:
        shown = leaves.filter(pl.col("indicator").is_in(known))
        blocks.append(_figures(view, shown))
    if missing := [name for key, name in names.items() if key not in known]:
        listed = view.language.listed(missing, most=80)
        key = "group.missing" if known else "group.no_figures"
        blocks.append(Missing(view.text(key, n=len(missing), indicators=listed)))
    blocks += _notes(view, leaves)
    blocks.append(_trends(view, node, leaves))
    blocks += broken(view, leaves, view.annual, view.facts.crossings)
    title = view.text("group.whole") if node == view.root else view.node(node)
    return Section(anchor("group", node), view.text("group.title", group=title), blocks, level=2)


def _place(view: View, node: str, n: int, known: int) -> str:
    city, share = view.city(view.focus), view.facts.nodes.filter(pl.col("node") == node)["share"]
    if view.score(node, view.focus) is None:
        place = view.text("group.no_place", city=city)
    else:
        rank = view.rank(node, view.focus)
        told = {"rank": rank, "n": view.of(node, view.focus)}
        place = view.text(
            "group.place" if rank is not None else "group.bracketed",
            city=city,
            score=view.points(node, view.focus),
            coverage=view.coverage(node, view.focus),
            **(told if rank is not None else {"reason": view.bracket(node, view.focus)}),
        )
    rest = view.text("group.share", share=percent(share.item()), n=n, known=known)
    return f"{place}{'' if view.language.code == 'zh' else ' '}{rest}"


def _notes(view: View, leaves: pl.DataFrame) -> list[Block]:
    """Why indicators stand in brackets, which z-scores stand at their ceiling, mixed vintages."""
    facts, code = view.facts, view.language.code
    own = leaves["node"].to_list()
    blocks: list[Block] = []
    out = [
        view.text("group.bracket", indicator=view.label(each.node), reason=reason(code, why))
        for each in facts.standing
        if each.node in own and (why := each.bracket) and each.n
    ]
    if out:
        blocks += [Text(view.text("group.brackets")), Items(out)]
    ceilings: dict[tuple[int, float], list[str]] = {}
    for node in own:
        scores = [view.score(node, city) for city in view.cities]
        if found := at_ceiling(facts.definition, node, scores):
            ceilings.setdefault(found, []).append(node)
    for (n, most), nodes in sorted(ceilings.items()):
        said = {"text": ceiling(code, n, most), "indicators": view.listed(nodes)}
        blocks.append(Text(view.text("group.ceiling", **said)))
    for each in facts.mixed:
        if each.node in own:
            cities = view.language.listed([*map(view.city, each.provisional)])
            said = {"indicator": view.label(each.node), "cities": cities}
            blocks.append(Text(view.text("bracket.mixed", **said)))
    return blocks


def _figures(view: View, leaves: pl.DataFrame) -> Table:
    """The figure of each city, with its rank where it compares, as Table 3 of the paper."""
    chosen = {leaf.id: leaf.direction for leaf in view.facts.definition.leaves}
    values = view.facts.values
    rows = []
    for row in leaves.to_dicts():
        name = row["indicator"]
        direction = chosen.get(name) or row["direction"]
        cells = dict(values.select("city", name).iter_rows())
        title = view.language.name(row) + (view.text("group.negative") if direction < 0 else "")
        rows.append(
            [
                Cell(title, anchor=anchor("figures", name)),
                Cell(view.language.unit(row["unit"])),
                *(_figure(view, name, city, cells[city]) for city in view.beside),
            ]
        )
    columns = [view.text("common.indicator"), view.text("common.unit")]
    columns += [view.city(city) for city in view.beside]
    return Table(columns, rows, right=2, caption=view.text("group.table", period=view.period))


def _figure(view: View, name: str, city: str, value: float | None) -> Cell:
    if value is None:
        return Cell("–")
    rank = view.rank(name, city)
    text = view.figure(value) + ("" if rank is None else f" ({rank}/{view.of(name, city)})")
    return Cell(text, href=view.source_of(name), strong=city == view.focus)


def broken(
    view: View, leaves: pl.DataFrame, series: pl.DataFrame, means: pl.DataFrame = NO_BREAKS
) -> list[Block]:
    """What a reader must know of breaks: where, why, who says so, and what is a mean across one.

    Args:
        view: what is looked at.
        leaves: rows of the nodes of indicators.
        series: of these and others, ``indicator``, ``city`` and ``period``.
        means: the figures of a table above that are means across breaks, with these.
    """
    own = pl.col("indicator").is_in(leaves["indicator"].implode())
    shown = pl.col("city").is_in(view.beside)
    cut = inside(view.facts.breaks, series.filter(own, shown))
    means = means.filter(own, shown)
    rows = [*cut.to_dicts(), *means.to_dicts()]
    here = [row for row in rows if row["city"] in (None, *view.beside)]
    lines = told(view.language, here, view.city, cited=False)
    blocks: list[Block] = [Text(view.text("growth.breaks"))] if lines else []
    blocks += map(Text, lines)
    if means.height:
        names = [row for row in leaves["node"] if row in set(means["indicator"])]
        blocks.append(Text(view.text("growth.across", indicators=view.listed(names))))
    return blocks


def _trends(view: View, node: str, leaves: pl.DataFrame) -> Block:
    """Small charts of the indicators that have figures of two periods or more."""
    series = view.annual.filter(pl.col("indicator").is_in(leaves["indicator"].implode()))
    recent = series.filter(
        pl.col("period").is_in(series["period"].unique().sort().tail(_PERIODS).implode()),
        pl.col("city").is_in(view.beside),
    )
    lasting = recent.filter(pl.col("period").n_unique().over("indicator", "city") > 1)
    several = recent.filter(pl.col("indicator").is_in(lasting["indicator"].implode()))
    if several.is_empty():
        return Missing(view.text("group.no_trends"))
    periods = several["period"].unique().sort().to_list()
    rows = _lines(view, several, leaves)
    chart = charts.panels(
        rows.select("panel", "unit", "name", "year", "value", "segment"),
        focus=view.city(view.focus),
        rival=view.city(view.rival) if view.rival else None,
        broken=view.text("growth.break_mark"),
    )
    table = _trend_table(view, rows, periods)
    return Chart(anchor("trends", node), view.text("group.trends"), chart, table)


def _lines(view: View, series: pl.DataFrame, leaves: pl.DataFrame) -> pl.DataFrame:
    """The figures with the titles, units, names and years that the charts show."""
    titles = {node: view.label(node) for node in leaves["node"]}
    units = {row["node"]: view.language.unit(row["unit"]) for row in leaves.to_dicts()}
    order = {name: place for place, name in enumerate(titles)}
    names = {city: view.city(city) for city in view.beside}
    key = pl.col("indicator")
    return (
        with_segments(series, view.facts.breaks)
        .with_columns(
            panel=key.replace_strict(titles, return_dtype=pl.String),
            unit=key.replace_strict(units, return_dtype=pl.String),
            order=key.replace_strict(order, return_dtype=pl.Int64),
            name=pl.col("city").replace_strict(names, return_dtype=pl.String),
            year=pl.col("period").map_batches(decimal_years, return_dtype=pl.Float64),
        )
        .sort("order", "city", "period")
    )


def _trend_table(view: View, rows: pl.DataFrame, periods: list[str]) -> Table:
    """A row for each indicator and city, a column for each period; each indicator is named once."""
    known = {
        (panel, name, period): value
        for panel, name, period, value in rows.select("panel", "name", "period", "value").rows()
    }
    cells = []
    for (panel,), part in rows.group_by("panel", maintain_order=True):
        for place, name in enumerate(part["name"].unique(maintain_order=True)):
            values = [known.get((panel, name, period)) for period in periods]
            texts = ["" if place else panel, name, *map(view.figure, values)]
            cells.append([Cell(text) for text in texts])
    heads = [view.text("common.indicator"), view.text("common.city")]
    return Table([*heads, *periods], cells, right=2)
