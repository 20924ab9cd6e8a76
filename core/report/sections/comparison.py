"""The groups side by side: their scores, the distances to the best, and the gap to the rival."""

from __future__ import annotations

import polars as pl

from cityflux.core.reading.gap import split_gap
from cityflux.core.report import pictures
from cityflux.core.report.blocks import Block, Cell, Chart, Missing, Section, Table, Text, anchor
from cityflux.core.report.view import View
from cityflux.core.words.brackets import in_brackets, reason
from cityflux.core.words.numbers import number


def groups(view: View) -> Section:
    """A radar of the focus and the rival, and a heat map of the cities."""
    title = view.text("groups.title")
    if not view.scored:
        return Section("groups", title, [Missing(view.text("groups.no_scores"))])
    out = [each for each in view.facts.standing if each.bracket and each.node in view.groups]
    n, of = len(view.groups) - len(out), len(view.groups)
    blocks: list[Block] = [Text(view.text("groups.lead", n=n, of=of), lead=True)]
    if 3 <= len(view.scored) <= pictures.MOST_AXES:
        blocks.append(_radar(view))
    else:
        blocks.append(Missing(view.text("groups.no_radar", most=pictures.MOST_AXES)))
    blocks.append(_heatmap(view))
    if out:
        heads = [view.text(key) for key in ("common.group", "groups.n", "groups.why")]
        rows = [
            [
                Cell(view.label(each.node), href=f"#{anchor('group', each.node)}"),
                Cell(f"{each.n}/{each.cities}"),
                Cell(reason(view.language.code, each.bracket or "")),
            ]
            for each in out
        ]
        caption = view.text("groups.bracketed", period=view.period)
        blocks.append(Table(heads, rows, right=9, caption=caption))
    return Section("groups", title, blocks)


def _radar(view: View) -> Chart:
    """The focus, the rival and the mean of all cities, over the groups with a score."""
    caption = view.text(
        "groups.radar" if view.rival else "groups.radar_alone",
        city=view.city(view.focus),
        rival=view.city(view.rival) if view.rival else "",
        period=view.period,
    )
    table = _crossed(view, pictures.radar_cells(view))
    return Chart("groups-radar", caption, pictures.radar(view), table)


def _heatmap(view: View) -> Chart:
    caption = view.text("groups.heatmap", period=view.period)
    table = _crossed(view, view.group_cells(view.beside))
    return Chart("groups-heatmap", caption, pictures.heatmap(view), table)


def _crossed(view: View, cells: pl.DataFrame) -> Table:
    """A row per group that leads to its page, a column per name."""
    names = cells["name"].unique(maintain_order=True).to_list()
    known = {
        (node, name): in_brackets(number(value)) if bracket and value is not None else number(value)
        for node, _, name, value, bracket in cells.iter_rows()
    }
    nodes = cells["node"].unique(maintain_order=True)
    rows = [
        [
            Cell(view.label(node), href=f"#{anchor('group', node)}"),
            *(Cell(known[node, name]) for name in names),
        ]
        for node in nodes
    ]
    return Table([view.text("common.group"), *names], rows)


def distance(view: View) -> Section:
    """How far the focus is from the best city of every group in which it compares."""
    title = view.text("distance.title")
    alike = [node for node in view.groups if view.rank(node, view.focus) is not None]
    if not alike:
        nothing = view.text("distance.nothing", city=view.city(view.focus))
        return Section("distance", title, [Missing(nothing)])
    rows = []
    for node in alike:
        best = view.placed(node)[0]
        own, top = view.shown(node, view.focus), view.shown(node, best)
        gap = None if own is None or top is None else own - top
        rows.append(
            [
                Cell(view.label(node), href=f"#{anchor('group', node)}"),
                *(Cell(text) for text in (view.points(node, view.focus), view.city(best))),
                *(Cell(number(value)) for value in (top, gap)),
            ]
        )
    columns = [
        view.text("common.group"),
        view.city(view.focus),
        view.text("distance.best"),
        view.text("common.score"),
        view.text("distance.gap"),
    ]
    city = view.city(view.focus)
    caption = view.text("distance.chart", city=city, period=view.period)
    blocks: list[Block] = [
        Text(view.text("distance.lead", city=city), lead=True),
        Chart("distance-chart", caption, pictures.distances(view), Table(columns, rows)),
    ]
    return Section("distance", title, blocks)


def difference(view: View) -> Section:
    """The gap to the rival, split by group."""
    if view.rival is None:
        title = view.text("gap.title_alone")
        return Section("gap", title, [Missing(view.text("gap.none"))])
    rival, city = view.city(view.rival), view.city(view.focus)
    key = "" if pictures.compares(view, view.root) else "_bracketed"
    title = view.text(f"gap.title{key}", rival=rival, city=city)
    own, other = view.score(view.root, view.focus), view.score(view.root, view.rival)
    split = split_gap(view.facts, view.focus, view.rival)
    if split is None or own is None or other is None:
        return Section("gap", title, [Missing(view.text("gap.cannot"))])
    gap = number(own - other, plus=True)
    lead = view.text(f"gap.lead{key}", city=city, rival=rival, gap=number(abs(own - other)))
    blocks: list[Block] = [Text(lead, lead=True)]
    caption = view.text("gap.chart", city=city, rival=rival)
    table = _parts_table(view, split, gap, key)
    blocks.append(Chart("gap-chart", caption, pictures.gap(view), table))
    if one_sided := [node for node in split if _is_one_sided(view, node)]:
        blocks.append(Missing(view.text("gap.one_sided", groups=view.listed(one_sided))))
    return Section("gap", title, blocks)


def _is_one_sided(view: View, node: str) -> bool:
    scores = (view.score(node, view.focus), view.score(node, view.rival or ""))
    return (scores[0] is None) != (scores[1] is None)


def _parts_table(view: View, split: dict[str, float | None], gap: str, key: str) -> Table:
    """The scores over all known figures and the parts; in brackets what does not compare."""
    rival = view.rival or ""
    both = {node: "{}" if pictures.compares(view, node) else "({})" for node in split}
    rows = [
        [
            Cell(view.label(node), href=f"#{anchor('group', node)}" if node in view.groups else ""),
            *(Cell(view.told(node, city, view.score(node, city))) for city in (view.focus, rival)),
            Cell(number(part) if part is None else both[node].format(number(part, plus=True))),
        ]
        for node, part in split.items()
    ]
    root = view.root
    scores = [view.told(root, city, view.score(root, city)) for city in (view.focus, rival)]
    last = [view.text(f"gap.total{key}"), *scores, in_brackets(gap) if key else gap]
    rows.append([Cell(text, strong=True) for text in last])
    names = [view.city(view.focus), view.city(rival)]
    return Table([view.text("common.group"), *names, view.text(f"gap.part{key}")], rows)
