"""What ``cityflux trends`` looks at: the scores of a node, or the figures of an indicator."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cityflux.core.reading.names import Language, node_names

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.engine.analysis.convergence import Scale
    from cityflux.core.engine.definition.index import Definition, Node

_INDICATOR = "SELECT name_zh, name_en, unit, direction FROM indicators WHERE id = ?"
_FIGURES = "SELECT city_id, period, value FROM current_observations WHERE indicator_id = ?"


@dataclass(frozen=True)
class Subject:
    """What is looked at over time.

    Attributes:
        title: its name, and its unit.
        scale: ``ratio`` for figures, ``interval`` for scores.
        direction: 1, or -1 where less is better.
        frame: ``city``, ``period`` and ``value``, no nulls; periods of one precision.
    """

    title: str
    scale: Scale
    direction: int
    frame: pl.DataFrame


def develop(subject: Subject, latest: int | None = None) -> dict[str, Any]:
    """Give what there is to say of a subject, ready for JSON.

    Args:
        subject: what is looked at.
        latest: the last periods only, so many.

    Returns:
        ``cities``, an object each; ``ranks``, an object for each figure; ``convergence``, null
        where nothing can be compared.

    Raises:
        NotEnoughData: there are fewer than two periods.
    """
    import polars as pl

    from cityflux.core.engine.analysis.convergence import convergence
    from cityflux.core.engine.measures.ranking import ranks
    from cityflux.core.model.errors import NotEnoughData

    periods = subject.frame["period"].unique().sort()
    if len(periods) < 2:
        raise NotEnoughData(
            f"{subject.title}: a trend needs two periods, and there are {len(periods)} "
            "(a span of years is none); name another index or indicator"
        )
    frame = subject.frame.filter(pl.col("period").is_in(periods[-(latest or len(periods)) :]))
    turned = frame.with_columns(rank=pl.col("value") * subject.direction)
    placed = ranks(turned, ["rank"], within="period").sort("period", "rank", "city")
    found = convergence(frame, "value", scale=subject.scale, direction=subject.direction)
    drawn = None if found is None else {**asdict(found), "sigma": found.sigma.to_dicts()}
    return {
        "cities": _cities(subject, frame, placed).to_dicts(),
        "ranks": placed.to_dicts(),
        "convergence": drawn,
    }


def _cities(subject: Subject, frame: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """A row per city: first and latest, growth or change, distance to the leader."""
    import polars as pl

    from cityflux.core.engine.analysis import trends as engine
    from cityflux.core.engine.analysis.convergence import years_to_leader

    chosen = ("growth", "compound_growth") if subject.scale == "ratio" else ("yearly_change",)
    table = placed.group_by("city").agg(
        pl.col("period", "value", "rank").first().name.prefix("first_"),
        pl.col("period", "value", "rank").last().name.prefix("latest_"),
    )
    for name in chosen:
        trend = engine.trends(frame, ["value"], statistic=engine.TRENDS[name])
        table = table.join(trend.select("city", pl.col("trend").alias(name)), on="city")
    if subject.scale == "ratio":
        levels = engine.catching_up(frame, ["value"], directions={"value": subject.direction})
        table = table.join(levels.select("city", "level_first", "level_latest"), on="city")
    ahead = years_to_leader(frame, "value", scale=subject.scale, direction=subject.direction)
    table = table.join(ahead.select("city", "leader", years_to_leader="years"), on="city")
    return table.sort("latest_rank", "city")


def of_index(
    connection: sqlite3.Connection, definition: Definition, node: str | None, lang: Language | None
) -> Subject:
    """The stored scores of a node of an index, or of its root; or an indicator in it.

    Raises:
        IndexDefinitionError: the index has no such node.
    """
    from cityflux.core.engine.panel import KEYS
    from cityflux.core.reading.stored import stored_scores

    chosen = definition.subtree(node)[0]
    if chosen.indicator:
        return of_indicator(connection, chosen.id, lang, chosen, definition.cities)
    scores = stored_scores(connection, definition)
    name = node_names(connection, definition.id, lang)[chosen.id]
    frame = scores.select(*KEYS, value=chosen.id).drop_nulls("value")
    return Subject(f"{name} ({definition.id}), score", "interval", 1, _of_one_precision(frame))


def of_indicator(
    connection: sqlite3.Connection,
    name: str,
    lang: Language | None,
    leaf: Node | None = None,
    cities: list[str] | None = None,
) -> Subject:
    """The figures of an indicator that are in use.

    Args:
        connection: to the database.
        name: the id of the indicator.
        lang: in which language it is named; in both without one.
        leaf: its place in an index, which may turn its direction.
        cities: only these.

    Raises:
        IndexDefinitionError: there is no such indicator.
    """
    import polars as pl

    from cityflux.core.model.errors import IndexDefinitionError

    row = connection.execute(_INDICATOR, (name,)).fetchone()
    if row is None:
        raise IndexDefinitionError(
            f"there is no index and no indicator {name!r}; see: cityflux indicators"
        )
    zh, en, unit, direction = row
    figures = pl.DataFrame(
        connection.execute(_FIGURES, (name,)).fetchall(),
        schema={"city": pl.String, "period": pl.String, "value": pl.Float64},
        orient="row",
    )
    if cities is not None:
        figures = figures.filter(pl.col("city").is_in(cities))
    title = {"zh": zh, "en": en}.get(lang or "", f"{zh} {en}")
    return Subject(
        f"{title} ({name}), {unit}",
        "ratio",
        (leaf and leaf.direction) or direction,
        _of_one_precision(figures),
    )


def _of_one_precision(frame: pl.DataFrame) -> pl.DataFrame:
    """Keep the periods of the precision that has the most of them; spans develop nowhere."""
    import polars as pl

    from cityflux.core.model.period import Period

    kinds = {text: Period.parse(text).precision for text in frame["period"].unique()}
    counts: Counter[str] = Counter(kinds.values())
    kept = max(("year", "quarter", "month", "day"), key=lambda kind: counts[kind])
    return frame.filter(pl.col("period").is_in([text for text in kinds if kinds[text] == kept]))
