"""How the scores of a node or the figures of an indicator developed, city by city."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData
from cityflux.core.model.near import meant
from cityflux.core.reading import answers
from cityflux.core.reading.breaks import break_frame, differences, inside
from cityflux.core.reading.catalog import Language, find_indicator, named
from cityflux.core.reading.figures import figures_in_use
from cityflux.core.reading.indices import definition_of, find_index
from cityflux.core.reading.nodes import node_names
from cityflux.core.reading.scores import scores

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.engine.analysis.convergence import Convergence, Scale
    from cityflux.core.engine.definition.index import Definition, Node


#: Why no rate of growth is told of a score, or of a figure that is a difference.
_NO_RATE = "difference"


@dataclass(frozen=True)
class Subject:
    """What is looked at over time.

    Attributes:
        title: its name, and its unit.
        scale: ``ratio`` for figures, ``interval`` for scores and for differences.
        direction: 1, or -1 where less is better.
        frame: ``city``, ``period`` and ``value``, no nulls; periods of one precision.
        breaks: where its series begin anew, see `core.reading.breaks.break_frame`; None of scores.
    """

    title: str
    scale: Scale
    direction: int
    frame: pl.DataFrame
    breaks: pl.DataFrame | None = None


@dataclass(frozen=True)
class Development:
    """What there is to say of a subject; nothing of it spans a break.

    Attributes:
        cities: a row per city: first and latest period, value and rank, growth or change,
            ``no_growth`` (why no rate is told, a `core.engine.measures.continuity.Reason`),
            ``broken`` (the first break between the two periods), the leader, and the years in
            which the distance to it closes at the pace since the last break.
        ranks: ``city``, ``period``, ``value``, ``rank`` and ``n``, a row for each figure; there
            is no rank among fewer than three cities.
        convergence: whether the cities draw together, by what they have since their last break;
            None where nothing can be compared.
        breaks: those inside the periods, see `core.reading.breaks.break_frame`.
    """

    cities: pl.DataFrame
    ranks: pl.DataFrame
    convergence: Convergence | None
    breaks: pl.DataFrame

    def objects(self) -> dict[str, Any]:
        """The same ready for JSON; ``convergence`` null where nothing can be compared."""
        found = self.convergence
        drawn = None if found is None else {**asdict(found), "sigma": found.sigma.to_dicts()}
        return {
            "cities": self.cities.to_dicts(),
            "ranks": self.ranks.to_dicts(),
            "convergence": drawn,
            "breaks": self.breaks.drop("indicator").to_dicts(),
        }


def subject_of(
    connection: sqlite3.Connection,
    name: str,
    node: str | None = None,
    language: Language | None = None,
) -> Subject:
    """What is meant by a name: an index, a node or an indicator in it, or an indicator.

    Args:
        connection: any connection.
        name: the id of an index or of an indicator.
        node: of an index; its root without one.
        language: in which the subject is named; in both without one.

    Raises:
        IndexDefinitionError: there is neither, or the index has no such node.
        NotEnoughData: the index has no score.
    """
    if find_index(connection, name):
        return _of_index(connection, definition_of(connection, name), node, language)
    return _of_indicator(connection, name, language)


def develop(subject: Subject, latest: int | None = None) -> Development:
    """Say how a subject developed.

    Args:
        subject: what is looked at.
        latest: the last periods only, so many.

    Raises:
        NotEnoughData: there are fewer than two periods.
    """
    import polars as pl

    from cityflux.core.engine.analysis.convergence import convergence
    from cityflux.core.engine.definition.choices import FEWEST
    from cityflux.core.engine.measures.continuity import NO_BREAKS, since_break
    from cityflux.core.engine.measures.ranking import ranks

    periods = subject.frame["period"].unique().sort()
    if len(periods) < 2:
        raise NotEnoughData(
            f"{subject.title}: a trend needs two periods, and there are {len(periods)} "
            "(a span of years is none); name another index or indicator"
        )
    frame = subject.frame.filter(pl.col("period").is_in(periods[-(latest or len(periods)) :]))
    breaks = NO_BREAKS if subject.breaks is None else subject.breaks
    turned = frame.with_columns(rank=pl.col("value") * subject.direction)
    of = pl.col("value").count().over("period").cast(pl.Int64)
    placed = (
        ranks(turned, ["rank"], within="period")
        .with_columns(n=of, rank=pl.when(of >= FEWEST).then(pl.col("rank")))
        .sort("period", "rank", "city", nulls_last=True)
    )
    named = frame.with_columns(indicator=pl.lit("value"))
    alike = since_break(named, breaks).drop("indicator")
    found = convergence(alike, "value", scale=subject.scale, direction=subject.direction)
    cities = _cities(subject, frame, alike, placed, breaks)
    return Development(cities, placed, found, inside(breaks, named))


def _cities(
    subject: Subject,
    frame: pl.DataFrame,
    alike: pl.DataFrame,
    placed: pl.DataFrame,
    breaks: pl.DataFrame,
) -> pl.DataFrame:
    """A row per city: first and latest, growth or change, distance to the leader."""
    import polars as pl

    from cityflux.core.engine.analysis import trends as engine
    from cityflux.core.engine.analysis.convergence import years_to_leader

    chosen = ("growth", "compound_growth") if subject.scale == "ratio" else ("yearly_change",)
    table = placed.group_by("city").agg(
        pl.col("period", "value", "rank", "n").first().name.prefix("first_"),
        pl.col("period", "value", "rank", "n").last().name.prefix("latest_"),
    )
    for name in chosen:
        trend = engine.trends(frame, ["value"], statistic=engine.TRENDS[name], breaks=breaks)
        table = table.join(trend.select("city", pl.col("trend").alias(name)), on="city")
    no_rate = pl.col("reason") if subject.scale == "ratio" else pl.col("reason").fill_null(_NO_RATE)
    why = trend.select("city", "broken", no_growth=no_rate)
    table = table.join(why, on="city")
    if subject.scale == "ratio":
        levels = engine.catching_up(
            frame, ["value"], directions={"value": subject.direction}, breaks=breaks
        )
        table = table.join(levels.select("city", "level_first", "level_latest"), on="city")
    ahead = years_to_leader(alike, "value", scale=subject.scale, direction=subject.direction)
    table = table.join(ahead.select("city", "leader", years_to_leader="years"), on="city")
    return table.sort("latest_rank", "city", nulls_last=True)


def _of_index(
    connection: sqlite3.Connection,
    definition: Definition,
    node: str | None,
    language: Language | None,
) -> Subject:
    """The scores of a node of an index, or of its root, that compare; or an indicator in it."""
    import polars as pl

    chosen = definition.subtree(node)[0]
    if chosen.indicator:
        return _of_indicator(connection, chosen.id, language, chosen, definition.cities)
    name = node_names(connection, definition.id, language)[chosen.id]
    stored = scores(connection, definition.id, chosen.id)
    known = [(row.period, row.city, row.comparable_score) for row in stored if not row.bracket]
    if not known:
        why = ", ".join(dict.fromkeys(row.bracket for row in stored if row.bracket))
        raise NotEnoughData(
            f"{name} ({chosen.id}) compares in no period, so that it has no trend ({why}); "
            f"see: cityflux show {definition.id} --all"
        )
    kinds = {"period": pl.String, "city": pl.String, "value": pl.Float64}
    frame = pl.DataFrame(known, schema=kinds, orient="row")
    return Subject(f"{name} ({definition.id}), score", "interval", 1, _of_one_precision(frame))


def _of_indicator(
    connection: sqlite3.Connection,
    name: str,
    language: Language | None,
    leaf: Node | None = None,
    cities: list[str] | None = None,
) -> Subject:
    """The figures in use of an indicator; ``leaf`` is its place in an index."""
    import polars as pl

    known = find_indicator(connection, name)
    if known is None:
        raise IndexDefinitionError(
            f"there is no index and no indicator {name!r}; "
            + meant(name, _subjects(connection), "see: cityflux indicators")
        )
    figures = figures_in_use(connection, [name], cities).select("city", "period", "value")
    breaks = break_frame(connection, [name]).with_columns(indicator=pl.lit("value"))
    title = named(known.name_zh, known.name_en, name, language)
    return Subject(
        f"{title} ({name}), {known.unit}",
        "interval" if name in differences(connection) else "ratio",
        (leaf and leaf.direction) or known.direction,
        _of_one_precision(figures),
        breaks,
    )


def _of_one_precision(frame: pl.DataFrame) -> pl.DataFrame:
    """Keep the periods of the precision that has the most of them; spans develop nowhere."""
    import polars as pl

    from cityflux.core.model.period import Period

    kinds = {text: Period.parse(text).precision for text in frame["period"].unique()}
    counts: Counter[str] = Counter(kinds.values())
    kept = max(("year", "quarter", "month", "day"), key=lambda kind: counts[kind])
    return frame.filter(pl.col("period").is_in([text for text in kinds if kinds[text] == kept]))


def _subjects(connection: sqlite3.Connection) -> list[str]:
    """The ids of all indices and indicators."""
    both = "SELECT id FROM indices UNION SELECT id FROM indicators ORDER BY id"
    return [row["id"] for row in answers.rows(connection, both)]
