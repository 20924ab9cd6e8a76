"""How ``cityflux flows`` tells networks, cities and ranks, and draws them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.output import figure, number, percent, print_table
from cityflux.core.model.errors import ReportError
from cityflux.core.model.extra import need_extra
from cityflux.core.reading import flows as reading
from cityflux.core.reading.flows import Compared, Flows

if TYPE_CHECKING:
    import polars as pl

_PARTNERS = 15
_DRAWN_LINES, _DRAWN_CITIES = 200, 20


def objects(flows: Flows, city: str | None) -> dict[str, Any]:
    """The network, or a city of it, for machines."""
    told: dict[str, Any] = {
        "kind": flows.kind,
        "period": flows.period,
        "unit": flows.unit,
        "sources": flows.sources,
    }
    if city:
        measures = [each._asdict() for each in reading.standings(flows, city)]
        partners = reading.links_of(flows, city).to_dicts()
        return {**told, "city": city, "measures": measures, "partners": partners}
    values = flows.measures().to_dicts()
    above = reading.above_of(flows)
    rows = [{**row, "dominated_by": above[row["city"]]} for row in values]
    return {**told, **reading.summary(flows)._asdict(), "rows": rows}


def print_city(flows: Flows, city: str, names: Mapping[str, str], *, color: bool) -> None:
    """All measures of a city with their ranks, then its partners."""
    found = reading.standings(flows, city)
    print_table(
        f"{names.get(city, city)}: {flows.kind} {flows.period} ({flows.unit})",
        ("dimension", "measure", "value", "rank"),
        [
            [each.dimension, each.measure, figure(each.value), _of(each.rank, each.n)]
            for each in found
        ],
        color=color,
        right=("value", "rank"),
    )
    links = reading.links_of(flows, city)
    rows = [
        [
            names.get(row["partner"], row["partner"]),
            figure(row["sent"]),
            figure(row["received"]),
            percent(row["share"], 1),
            number(row["distance"], 0),
            {"city": "is below", "partner": "is above", None: ""}[row["dominates"]],
        ]
        for row in links.head(_PARTNERS).iter_rows(named=True)
    ]
    title = f"partners, {min(_PARTNERS, links.height)} of {links.height}"
    columns = ("partner", "sent", "received", "share", "km", "dominance")
    print_table(title, columns, rows, color=color, right=columns[1:5])


def print_network(flows: Flows, names: Mapping[str, str], *, color: bool) -> None:
    """The network as a whole, then each city with the one that dominates it."""
    whole = reading.summary(flows)
    click.echo(
        f"{flows.kind} {flows.period}: {whole.cities} cities, {whole.links} links, "
        f"{figure(whole.total)} {flows.unit}, density {percent(whole.density)}, "
        f"{whole.components} components (the largest has {whole.largest} cities), backbone of "
        f"{whole.backbone} links (disparity filter, 5 %), {whole.noise_corrected} (noise-corrected)"
    )
    for reason, count in whole.left_out.items():
        click.echo(f"{count} rows left out: each {reason}")
    shown = ("throughflow", "entropy", "reach", "distance", "dominance", "subordinates")
    values = flows.measures(shown).sort("throughflow", "city", descending=[True, False])
    above = reading.above_of(flows)
    rows = [
        [
            names.get(row["city"], row["city"]),
            *(figure(row[name]) for name in shown),
            names.get(above[row["city"]] or "", above[row["city"]]),
        ]
        for row in values.iter_rows(named=True)
    ]
    columns = ("city", *shown, "dominated by")
    print_table(f"sources: {', '.join(flows.sources)}", columns, rows, color=color, right=shown)


def print_ranking(
    flows: Flows, measure: str, rows: pl.DataFrame, names: Mapping[str, str], *, color: bool
) -> None:
    """The cities by a measure; of a sampled one the standard error."""
    sampled = "error" in rows.columns and bool(rows["error"].sum())
    print_table(
        f"{flows.kind} {flows.period}, by {measure}",
        ("rank", "city", measure, *(["standard error"] if sampled else [])),
        [
            [
                _of(row["rank"], row["n"]),
                names.get(row["city"], row["city"]),
                figure(row["value"]),
                *([figure(row["error"])] if sampled else []),
            ]
            for row in rows.iter_rows(named=True)
        ],
        color=color,
        right=("rank", measure, "standard error"),
    )


def print_compared(
    one: Flows,
    two: Flows,
    measure: str,
    found: Compared,
    names: Mapping[str, str],
    *,
    color: bool,
) -> None:
    """Two networks side by side."""
    first, second = (f"{each.kind} {each.period}" for each in (one, two))
    columns = ("city", first, "rank", second, "other rank")
    print_table(
        f"by {measure}",
        columns,
        [
            [
                names.get(row["city"], row["city"]),
                figure(row["value"]),
                row["rank"],
                figure(row["other"]),
                row["other_rank"],
            ]
            for row in found.rows.iter_rows(named=True)
        ],
        color=color,
        right=columns[1:],
    )
    told = "none" if found.correlation is None else number(found.correlation, 3)
    click.echo(f"rank correlation (Spearman) of the {found.n} cities that have both: {told}")


def draw_map(flows: Flows, names: Mapping[str, str], city: str | None, file: Path) -> None:
    """Draw where the cities lie, and the largest flows between them, or those of a city."""
    import polars as pl

    need_extra()
    from cityflux.core.charts import city_map

    network = flows.network
    places = pl.DataFrame(
        {
            "id": network.cities,
            "latitude": network.latitude,
            "longitude": network.longitude,
            "value": network.throughflow,
        }
    ).with_columns(
        pl.col("latitude", "longitude").fill_nan(None),
        name=pl.col("id").replace_strict(names, default=pl.col("id")),
        label=pl.when(pl.col("value").rank("ordinal", descending=True) <= _DRAWN_CITIES)
        .then(pl.col("id").replace_strict(names, default=pl.col("id")))
        .otherwise(pl.lit("")),
    )
    lines = _links(flows, city).head(_DRAWN_LINES)
    lines = lines.with_columns(_named("origin", names), _named("destination", names))
    focus = names.get(city, city) if city else None
    title = f"{flows.kind} {flows.period}"
    _write(city_map(places, lines, focus=focus, value=flows.unit, title=title), file)


def draw_matrix(flows: Flows, names: Mapping[str, str], city: str | None, file: Path) -> None:
    """Draw who sends how much to whom, of the cities with the largest through flow."""
    import polars as pl

    need_extra()
    from cityflux.core.charts import od_matrix

    network = flows.network
    order = sorted(zip(-network.throughflow, network.cities, strict=True))
    chosen = [name for _, name in order[:_DRAWN_CITIES]]
    place = {name: at for at, name in enumerate(chosen)}
    cells = (
        _links(flows, city)
        .filter(pl.col("origin").is_in(chosen), pl.col("destination").is_in(chosen))
        .with_columns(place=pl.col("origin").replace_strict(place, return_dtype=pl.Int64))
        .sort("place", maintain_order=True)
        .with_columns(_named("origin", names), _named("destination", names))
    )
    title = f"{flows.kind} {flows.period}"
    _write(od_matrix(cells, legend=flows.unit, title=title), file)


def _links(flows: Flows, city: str | None) -> pl.DataFrame:
    """Origin, destination and value of all links, or of those of a city, the largest first."""
    import polars as pl

    network = flows.network
    names = pl.Series(network.cities)
    links = pl.DataFrame(
        {
            "origin": names.gather(network.origin),
            "destination": names.gather(network.destination),
            "value": network.value,
        }
    )
    if city:
        links = links.filter(pl.any_horizontal(pl.col("origin", "destination") == city))
    return links.sort("value", "origin", "destination", descending=[True, False, False])


def _named(column: str, names: Mapping[str, str]) -> pl.Expr:
    import polars as pl

    return pl.col(column).replace_strict(names, default=pl.col(column))


def _of(rank: int | None, n: int) -> str | None:
    return None if rank is None else f"{rank} of {n}"


def _write(chart: Any, file: Path) -> None:
    from cityflux.core.charts.render import svg

    try:
        file.write_text(svg(chart), encoding="utf-8")
    except OSError as error:
        raise ReportError(f"{file}: cannot be written ({error.strerror}); name another") from error
    click.echo(f"wrote {file}", err=True)
