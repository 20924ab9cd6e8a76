"""The map of the cities, and what flows between them."""

from __future__ import annotations

import polars as pl

from cityflux.core.report import pictures
from cityflux.core.report.blocks import Block, Cell, Chart, Missing, Section, Table, Text
from cityflux.core.report.view import View
from cityflux.core.words.numbers import number


def atlas(view: View) -> Section:
    """A map with the cities, by score, and the largest flows of one kind."""
    title = view.text("map.title")
    places = view.facts.cities.drop_nulls(["latitude", "longitude"])
    flows = pictures.largest_flows(view)
    blocks: list[Block] = []
    if places.is_empty():
        blocks.append(Missing(view.text("map.no_map")))
    else:
        blocks += [_map(view, places, flows), Text(view.text("map.note"))]
        lost = [view.city(city) for city in view.cities if city not in set(places["city"])]
        if lost:
            cities = view.language.listed(lost, 40)
            blocks.append(Missing(view.text("map.no_coordinates", cities=cities)))
    blocks.append(Missing(view.text("map.no_flows")) if flows.is_empty() else _list(view, flows))
    return Section("map", title, blocks)


def _flow(view: View, flows: pl.DataFrame) -> str:
    row = flows.row(0, named=True)
    return view.language.name(row) or str(row["kind"])


def _map(view: View, places: pl.DataFrame, flows: pl.DataFrame) -> Chart:
    if flows.is_empty():
        caption = view.text("map.chart", index=view.index)
    else:
        period = view.language.period(flows["period"][0])
        caption = view.text(
            "map.chart_flows", flow=_flow(view, flows), period=period, n=flows.height
        )
    table = Table(
        [
            view.text("common.city"),
            *(view.text(f"map.{name}") for name in ("latitude", "longitude")),
            view.text("common.score"),
        ],
        [
            [
                Cell(view.city(row["city"])),
                *(Cell(number(row[name])) for name in ("latitude", "longitude")),
                Cell(view.points(view.root, row["city"])),
            ]
            for row in places.to_dicts()
        ],
    )
    return Chart("map-chart", caption, pictures.city_map(view), table)


def _list(view: View, flows: pl.DataFrame) -> Table:
    period = view.language.period(flows["period"][0])
    unit = view.language.unit(flows["unit"][0])
    rows = [
        [
            Cell(view.city(row["origin"])),
            Cell(view.city(row["destination"])),
            Cell(view.figure(row["value"]), href=view.cite(row["source"])),
        ]
        for row in flows.to_dicts()
    ]
    heads = [view.text("map.origin"), view.text("map.destination"), unit]
    caption = view.text("map.flows", flow=_flow(view, flows), period=period)
    return Table(heads, rows, right=2, caption=caption)
