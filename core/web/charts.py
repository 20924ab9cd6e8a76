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
#: Cities that have their name on the map.
NAMED = 10


def bars(rows: Cells, language: Code) -> Any:
    """Scores as bars, the best above: ``city``, ``rank``, ``score``, ``coverage``."""
    from cityflux.core import charts

    return charts.ranking(
        _frame(rows, rank="Int64", score="Float64", coverage="Float64").rename({"city": "name"}),
        score=text(language, "common.score"),
        coverage=text(language, "common.coverage"),
        width=WIDTH - 100,
    )


def pairs(rows: Cells, language: Code) -> Any:
    """Two cities by group: ``group``, ``city``, ``score``; a mark for each on one line."""
    from cityflux.core import charts

    focus, *rival = dict.fromkeys(row["city"] for row in rows)
    return charts.distances(
        _frame(rows, score="Float64").rename({"group": "row", "city": "name", "score": "value"}),
        focus=focus,
        rival=next(iter(rival), None),
        others=None,
        score=text(language, "common.score"),
        width=WIDTH - 100,
    )


def heat(rows: Cells, language: Code) -> Any:
    """Ranks of cities by group, each with its number: ``city``, ``group``, ``rank``."""
    from cityflux.core import charts

    columns = len({row["city"] for row in rows})
    cells = _frame(rows, rank="Int64")
    return charts.heatmap(
        cells.rename({"group": "row", "city": "column", "rank": "value"}),
        values="ranks",
        cell=max(COLUMN, min(90, WIDTH // columns)),
    )


def lines(rows: Cells, language: Code) -> Any:
    """Series of cities: ``city``, ``period``, ``value``, and ``unit`` unless it is a score.

    Where ``segment`` changes, a series breaks.
    """
    from cityflux.core import charts
    from cityflux.core.engine.measures.timeline import decimal_years

    unit = rows[0].get("unit")
    found = _frame(_single(rows), value="Float64")
    parts = [name for name in ("segment",) if name in found.columns]
    return charts.lines(
        found.select("value", *parts, name="city", year=decimal_years(found["period"])),
        broken=text(language, "growth.break_mark"),
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
    places = {row["id"]: (row["label"], *_place(row), row["score"]) for row in cities}
    for row in flows:  # an end that is no city of the index has a place, and no score
        places.setdefault(row["id"], ("", *_place(row), None))
        places.setdefault(row["id2"], ("", row["latitude2"], row["longitude2"], None))
    columns = {"name": pl.String, "label": pl.String} | dict.fromkeys(
        ("latitude", "longitude", "value"), pl.Float64
    )
    ends = [(row["id"], row["id2"], row["value"]) for row in flows]
    return charts.city_map(
        pl.DataFrame([(k, *v) for k, v in places.items()], schema=columns, orient="row"),
        pl.DataFrame(ends, schema=["origin", "destination", "value"], orient="row"),
        value=text(language, "common.score"),
        width=WIDTH,
    )


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
