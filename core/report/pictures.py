"""The charts of a view, for the report, a notebook and a picture file alike."""

from __future__ import annotations

from typing import Any

import polars as pl

from cityflux.core import charts
from cityflux.core.engine.measures.timeline import decimal_years
from cityflux.core.model.errors import NotEnoughData
from cityflux.core.reading.gap import split_gap
from cityflux.core.report.view import SHOWN, View
from cityflux.core.words.audit import assumption

#: Bars that fit on a page; of more cities the first ones are drawn, with the focus and the rival.
MOST_BARS = 25
#: Axes that a radar can still label.
MOST_AXES = 14
#: Flows that a map can still show.
MOST_FLOWS = 30


def ranked(view: View) -> list[str]:
    """The cities that a ranking draws, in their order."""
    wanted = {*view.cities[:MOST_BARS], view.focus, *([view.rival] if view.rival else [])}
    return [*filter(wanted.__contains__, view.cities)]


def ranking(view: View, *, marked: bool = True) -> Any:
    """Score and coverage of the cities.

    Args:
        view: what is looked at.
        marked: whether the focus and the rival stand out.

    Raises:
        NotEnoughData: no city has a score.
    """
    root = view.facts.root.filter(pl.col("city").is_in(ranked(view)))
    names = [*map(view.city, root["city"])]
    return charts.ranking(
        root.select(
            "rank", "coverage", score=SHOWN, bracket=pl.col("bracket").is_not_null()
        ).with_columns(name=pl.Series(names)),
        **(_marked(view) if marked else {}),
        brackets=view.text("common.in_brackets"),
        score=view.text("common.score"),
        coverage=view.text("common.coverage"),
    )


def rank_matrix(view: View) -> Any:
    """In which share of the draws of the last audit a city has a rank, as far as one has any.

    Raises:
        NotEnoughData: there is no audit.
    """
    if view.facts.audit is None:
        raise NotEnoughData(view.text("audit.never", index=view.facts.definition.id))
    cities = view.facts.audit.cities[:MOST_BARS]
    taken = [rank for each in cities for rank, share in enumerate(each.shares, 1) if share]
    most = max(taken, default=1)
    cells = [
        (view.city(each.city), str(rank), share)
        for each in cities
        for rank, share in enumerate(each.shares[:most], 1)
    ]
    return charts.heatmap(
        pl.DataFrame(cells, schema=["row", "column", "value"], orient="row"),
        values="shares",
        cell=max(34, min(72, 560 // most)),
    )


def moves(view: View) -> Any:
    """How much of the variance of the mean change of rank goes with what is varied.

    Raises:
        NotEnoughData: there is no audit, or none with a sensitivity.
    """
    code = view.language.code
    rows = [
        (assumption(code, each.subject), each.total, each.total_low, each.total_high)
        for each in view.facts.moves
    ]
    return charts.effects(
        pl.DataFrame(rows, schema=["name", "value", "low", "high"], orient="row"),
        title_of_axis=view.text("audit.together"),
    )


def radar_cells(view: View) -> pl.DataFrame:
    """Group scores of the focus, the rival and the mean of all cities, where any city has one."""
    cities = [view.focus, *([view.rival] if view.rival else [])]
    cells = view.group_cells(view.cities).filter(pl.col("node").is_in(view.scored))
    own = view.group_cells(cities).filter(pl.col("node").is_in(view.scored))
    if len(view.cities) == 1:
        return own
    alike = cells.filter(~pl.col("bracket") | pl.col("bracket").all().over("node"))
    means = alike.group_by("node", "group", maintain_order=True).agg(
        pl.col("value").mean(), pl.col("bracket").all()
    )
    means = means.with_columns(name=pl.lit(view.text("groups.mean")))
    return pl.concat([own, means.select(own.columns)])


def radar(view: View) -> Any:
    """Group scores around a centre.

    Raises:
        NotEnoughData: there are fewer than three groups with a score.
    """
    return charts.radar(
        radar_cells(view).rename({"group": "axis"}),
        **_marked(view),
        brackets=view.text("common.in_brackets"),
    )


def heatmap(view: View) -> Any:
    """Group scores of the cities that are set side by side.

    Raises:
        NotEnoughData: no group has a score.
    """
    cells = view.group_cells(view.beside).rename({"group": "row", "name": "column"})
    return charts.heatmap(
        cells, legend=view.text("common.score"), brackets=view.text("common.in_brackets")
    )


def coverage(view: View) -> Any:
    """How far every group is covered.

    Raises:
        NotEnoughData: there is no group.
    """
    cells = view.group_cells(view.beside, "coverage").rename({"group": "row", "name": "column"})
    return charts.heatmap(cells, values="shares", legend=view.text("common.coverage"))


def distances(view: View) -> Any:
    """How far the focus is from the best city of every group.

    Raises:
        NotEnoughData: the focus compares in no group.
    """
    own = [node for node in view.scored if view.rank(node, view.focus) is not None]
    cells = view.group_cells(view.cities).filter(pl.col("node").is_in(own))
    return charts.distances(
        cells.rename({"group": "row"}),
        **_marked(view),
        others=view.text("common.others"),
        score=view.text("common.score"),
        brackets=view.text("common.in_brackets"),
    )


def gap(view: View) -> Any:
    """The lead of the focus over the rival, split by group.

    Raises:
        NotEnoughData: there is no rival, or the difference cannot be split.
    """
    split = split_gap(view.facts, view.focus, view.rival) if view.rival else None
    if split is None:
        raise NotEnoughData(view.text("gap.cannot" if view.rival else "gap.none"))
    told = [compares(view, node) for node in split]
    parts = pl.DataFrame(
        {"name": [*map(view.label, split)], "value": list(split.values()), "told": told},
        schema={"name": pl.String, "value": pl.Float64, "told": pl.Boolean},
    ).with_columns(bracket=~pl.col("told"))
    size = pl.when("told").then(-pl.col("value"))  # what does not compare keeps its order
    return charts.waterfall(
        parts.sort("bracket", size, nulls_last=True, maintain_order=True),
        end=view.text("gap.total" if compares(view, view.root) else "gap.total_bracketed"),
        score=view.text("common.score"),
        brackets=view.text("common.in_brackets"),
    )


def compares(view: View, node: str) -> bool:
    """Whether the focus and the rival can be compared in a node."""
    places = (view.rank(node, view.focus), view.rank(node, view.rival or ""))
    return None not in places


def trend(view: View) -> Any:
    """The scores of the index over its periods; raises as `scores_over_time`."""
    rows = view.facts.all_scores.filter(level=0).sort("city", "period")
    return scores_over_time(view, rows)


def scores_over_time(view: View, scores: pl.DataFrame) -> Any:
    """Scores of the root over the periods, with the columns of `core.reading.scores.Score`.

    Raises:
        NotEnoughData: there is no score.
    """
    names = [*map(view.city, scores["city"])]
    return charts.lines(
        scores.select(
            year=decimal_years(scores["period"]),
            value=SHOWN,
            name=pl.Series(names),
            bracket=pl.col("bracket").is_not_null(),
        ),
        **_marked(view),
        brackets=view.text("common.in_brackets"),
        unit=view.text("common.score"),
    )


def largest_flows(view: View) -> pl.DataFrame:
    """The largest flows between these cities: of the first kind that has any, the last period."""
    known = view.facts.flows.filter(pl.col("origin") != pl.col("destination"))
    kind = known.filter(pl.col("kind") == pl.col("kind").first())
    latest = kind.filter(pl.col("period") == pl.col("period").first())
    best = latest.unique(["origin", "destination"], keep="first", maintain_order=True)
    return best.head(MOST_FLOWS)


def city_map(view: View) -> Any:
    """The cities where they lie, by score, with the largest flows between them.

    Raises:
        NotEnoughData: the coordinates of no city are known.
    """
    by_rank = dict(zip(view.cities, range(len(view.cities)), strict=True))
    places = view.facts.cities.with_columns(
        name=pl.col("city").map_elements(view.city, return_dtype=pl.String),
        value=pl.Series(
            [view.shown(view.root, city) for city in view.facts.cities["city"]], dtype=pl.Float64
        ),
        bracket=pl.Series([bool(view.bracket(view.root, c)) for c in view.facts.cities["city"]]),
        place=pl.col("city").replace_strict(by_rank, return_dtype=pl.Int64),
    ).sort("place")
    ends = pl.col("origin", "destination").map_elements(view.city, return_dtype=pl.String)
    return charts.city_map(
        places.select("name", "latitude", "longitude", "value", "bracket"),
        largest_flows(view).select(ends, "value"),
        focus=view.city(view.focus),
        value=view.text("common.score"),
        brackets=view.text("common.in_brackets"),
    )


def _marked(view: View) -> dict[str, Any]:
    """The names that stand out."""
    rival = view.city(view.rival) if view.rival else None
    return {"focus": view.city(view.focus), "rival": rival}
