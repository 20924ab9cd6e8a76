"""What the charts of the pages show: rows of a table in, a chart of the kit out.

The kit is imported where a chart is drawn: a page that shows none does not wait for Altair.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from cityflux.core.words.catalogue import Code, text
from cityflux.core.words.language import Language

if TYPE_CHECKING:
    import polars as pl

Cells = Sequence[dict[str, Any]]
Draw = Callable[[Cells, Code], Any]

#: Pixels: the width of a chart, of a column of the ranks at the least, the height of the lines.
WIDTH, COLUMN, LINES = 560, 44, 320
#: Cities that fit into the ranking, the ranks by group and the lines; the CSV has all of them.
BARS, TILES, SERIES = 25, 12, 7
#: Cities whose intervals fit into the front page.
FOREMOST = 12
#: Cities that have their name on the map.
NAMED = 10


def bars(rows: Cells, language: Code) -> Any:
    """Scores as bars: ``city``, ``rank``, ``coverage``, and what `_shown` needs."""
    from cityflux.core import charts

    found = _frame(_shown(rows), rank="Int64", score="Float64", coverage="Float64")
    return charts.ranking(
        found.rename({"city": "name"}),
        brackets=text(language, "common.in_brackets"),
        score=text(language, "common.score"),
        coverage=text(language, "common.coverage"),
        width=WIDTH - 100,
    )


def pairs(rows: Cells, language: Code) -> Any:
    """Two cities by group, a mark for each on one line: ``group``, ``city``, as `_shown` needs."""
    from cityflux.core import charts

    focus, *rival = dict.fromkeys(row["city"] for row in rows)
    return charts.distances(
        _frame(_shown(rows), score="Float64").rename(
            {"group": "row", "city": "name", "score": "value"}
        ),
        brackets=text(language, "common.in_brackets"),
        focus=focus,
        rival=next(iter(rival), None),
        others=None,
        score=text(language, "common.score"),
        width=WIDTH - 100,
    )


def heat(rows: Cells, language: Code) -> Any:
    """Ranks of cities by group: ``city``, ``group``, ``rank``; else a score in brackets."""
    import polars as pl

    from cityflux.core import charts

    columns = len({row["city"] for row in rows})
    cells = _frame(_shown(rows), rank="Int64", score="Float64")
    value = pl.when("bracket").then("score").otherwise("rank")
    return charts.heatmap(
        cells.select("bracket", row="group", column="city", value=value),
        values="ranks",
        brackets=text(language, "common.in_brackets"),
        cell=max(COLUMN, min(90, WIDTH // columns)),
    )


def matrix(rows: Cells, language: Code) -> Any:
    """In which share of the draws a city has a rank: ``city``, ``rank``, ``share``."""
    from cityflux.core import charts

    columns = len({row["rank"] for row in rows})
    cells = _frame(rows, rank="String", share="Float64")
    return charts.heatmap(
        cells.rename({"city": "row", "rank": "column", "share": "value"}),
        values="shares",
        cell=max(34, min(90, WIDTH // columns)),
    )


def spans(rows: Cells, language: Code) -> Any:
    """Where each rank may lie: ``city``, ``low``, ``median``, ``high``, and its place each way."""
    import polars as pl

    from cityflux.core import charts

    ways = {
        "comparable": text(language, "common.comparable"),
        "known": text(language, "common.known"),
    }
    if named := rows[0]["other_index"]:
        ways["other"] = named
    numbers = dict.fromkeys(("low", "median", "high", *ways), "Int64")
    found = _frame(rows, **numbers).rename({"city": "name"})
    return charts.ranges(
        found.with_columns(pl.col(way).alias(f"way_{n}") for n, way in enumerate(ways)),
        [*ways.values()],
        band=text(language, "audit.interval"),
        width=WIDTH - 120,
    )


def moves(rows: Cells, language: Code) -> Any:
    """What moves the ranks: ``name``, ``total``, ``low`` and ``high`` of its total index."""
    from cityflux.core import charts

    found = _frame(rows, total="Float64", low="Float64", high="Float64")
    return charts.effects(
        found.rename({"total": "value"}),
        title_of_axis=text(language, "audit.together"),
        width=WIDTH - 100,
    )


def lines(rows: Cells, language: Code) -> Any:
    """Series of cities: ``city``, ``period``, ``value``, and ``unit`` unless it is a score.

    Where ``segment`` changes, a series breaks.
    """
    from cityflux.core import charts
    from cityflux.core.engine.measures.timeline import decimal_years

    unit = rows[0].get("unit")
    found = _frame(_single(rows if unit else _shown(rows, "value")), value="Float64")
    parts = [name for name in ("segment", "bracket") if name in found.columns]
    return charts.lines(
        found.select("value", *parts, name="city", year=decimal_years(found["period"])),
        broken=text(language, "growth.break_mark"),
        brackets=text(language, "common.in_brackets"),
        unit=Language(language).unit(unit) if unit else text(language, "common.score"),
        width=WIDTH,
        height=LINES,
    )


def atlas(rows: Cells, language: Code) -> Any:
    """Cities where they lie, the larger the better the score, with the flows between them.

    A city has ``id``, ``label``, ``latitude``, ``longitude`` and ``score``; a flow has ``id`` and
    ``id2`` of its ends, their places, with ``latitude2`` and ``longitude2``, and ``value``.
    """
    import polars as pl

    from cityflux.core import charts

    flows = [row for row in rows if "value" in row]
    cities = [row for row in rows if "value" not in row]
    places = {
        row["id"]: (row["label"], row["bracket"], *_place(row), row["score"])
        for row in _shown(cities)
    }
    for row in flows:  # an end that is no city of the index has a place, and no score
        places.setdefault(row["id"], ("", False, *_place(row), None))
        places.setdefault(row["id2"], ("", False, row["latitude2"], row["longitude2"], None))
    columns: dict[str, Any] = {"name": pl.String, "label": pl.String, "bracket": pl.Boolean}
    columns |= dict.fromkeys(("latitude", "longitude", "value"), pl.Float64)
    ends = [(row["id"], row["id2"], row["value"]) for row in flows]
    return charts.city_map(
        pl.DataFrame([(k, *v) for k, v in places.items()], schema=columns, orient="row"),
        pl.DataFrame(ends, schema=["origin", "destination", "value"], orient="row"),
        value=text(language, "common.score"),
        brackets=text(language, "common.in_brackets"),
        width=WIDTH,
    )


def _shown(rows: Cells, name: str = "score") -> Cells:
    """The rows with the score that is shown, and whether it stands in brackets.

    Args:
        rows: ``bracket`` (the reason, null where a score compares), ``comparable_score``, and the
            score over all known figures.
        name: how that one is called.
    """
    return [
        row
        | {
            name: row[name] if row["bracket"] else row["comparable_score"],
            "bracket": row["bracket"] is not None,
        }
        for row in rows
    ]


def _single(rows: Cells) -> Cells:
    """The rows without those of a span of years, which has no place among years; or only these."""
    return [row for row in rows if "/" not in row["period"]] or rows


def _place(row: dict[str, Any]) -> tuple[float, float]:
    return row["latitude"], row["longitude"]


def _frame(rows: Cells, **types: str) -> pl.DataFrame:
    """Rows as a frame; the named columns have their types even where every cell is empty."""
    import polars as pl

    overrides = {name: getattr(pl, kind) for name, kind in types.items()}
    return pl.DataFrame(list(rows), schema_overrides=overrides, infer_schema_length=None)
