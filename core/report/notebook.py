"""A cityflux database in a notebook: polars frames, and charts that show themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux.core.model.extra import need_extra
from cityflux.storage.read_only import read_database

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.words.catalogue import Code


def open_database(path: str | Path, *, language: Code = "zh") -> Database:
    """Open a database for reading: ``cityflux.open("cityflux.db")``.

    Args:
        path: the file.
        language: of the names in the charts, ``zh`` or ``en``.

    Raises:
        StorageError: there is no such file, or it is no database of this version.
    """
    with read_database(Path(path)):
        return Database(Path(path), language)


def _chart(picture: str, says: str, unless: str = "") -> Callable[..., Any]:
    """A method that draws one of `core.report.pictures`.

    Args:
        picture: its name there.
        says: what it draws.
        unless: when there is not enough to draw it.
    """

    def draw(
        self: Database,
        index: str,
        city: str | None = None,
        versus: str | None = None,
        period: str | None = None,
    ) -> Any:
        need_extra()
        from cityflux.core.charts.shown import shown
        from cityflux.core.reading.facts import gather
        from cityflux.core.report import pictures
        from cityflux.core.report.view import look
        from cityflux.core.words.language import Language

        with self._read() as connection:
            facts = gather(connection, index, period)
        view = look(facts, Language(self.language), city, versus)
        return shown(getattr(pictures, picture)(view))

    draw.__name__ = picture
    draw.__doc__ = f"""{says}

        Args:
            index: its id.
            city: the one that stands out; the report's own choice holds where it is left out.
            versus: its rival; as above.
            period: one of the index, the last one unless given.

        Raises:
            NotEnoughData: {unless or "the index was not computed"}.
        """
    return draw


class Database:
    """Scores and figures as polars frames, and charts of them as Altair charts.

    No index is computed: what is read is what ``cityflux compute`` stored. The file is open only
    while a question is answered, so that others may write in between. The charts need the extra
    ``cityflux[report]``; a notebook shows them as SVG, without asking any host for anything.
    """

    def __init__(self, path: Path, language: Code) -> None:
        self.path = path
        self.language = language

    def __repr__(self) -> str:
        return f"cityflux.open({str(self.path)!r}, language={self.language!r})"

    def indices(self) -> pl.DataFrame:
        """The indices: ``index``, ``name_zh``, ``name_en`` and ``description``."""
        from cityflux.core.reading.indices import index_frame

        with self._read() as connection:
            return index_frame(connection)

    def scores(self, index: str, period: str | None = None) -> pl.DataFrame:
        """The stored scores of an index, see `core.reading.scores.Score`.

        Args:
            index: its id.
            period: only this one.

        Raises:
            NotEnoughData: the index was not computed yet, or there is none of this name.
        """
        from cityflux.core.reading.scores import score_frame

        with self._read() as connection:
            found = score_frame(connection, index)
        return found if period is None else found.filter(period=period)

    def verdict(self, index: str, period: str | None = None) -> str:
        """Whether the first city can be told from the second, in the language of this database.

        Args:
            index: its id.
            period: one of its periods, the last one unless given.

        Returns:
            A line for each sentence and each way of counting; empty where two have no score.

        Raises:
            IndexDefinitionError: the index was not computed, or not for this period.
        """
        from cityflux.core.reading.catalog import city_names
        from cityflux.core.reading.verdict import verdict
        from cityflux.core.words.verdict import paragraph

        with self._read() as connection:
            found = verdict(connection, index, period)
            names = city_names(connection, self.language)
        return "\n".join(paragraph(self.language, found, names)) if found else ""

    def brackets(self, index: str, period: str | None = None) -> pl.DataFrame:
        """Among how many cities each node is compared, or why it is not: a row per node.

        The columns are those of `core.reading.brackets.Group`, and ``reason`` in words.

        Raises:
            IndexDefinitionError: the index was not computed, or not for this period.
        """
        import polars as pl

        from cityflux.core.reading.brackets import standing_of_nodes
        from cityflux.core.words.brackets import reason

        with self._read() as connection:
            found = standing_of_nodes(connection, index, period)
        said = [reason(self.language, each.bracket) if each.bracket else None for each in found]
        rows = [each._asdict() for each in found]
        kinds = {"indicator": pl.String, "bracket": pl.String}
        return pl.DataFrame(rows, schema_overrides=kinds, infer_schema_length=None).with_columns(
            reason=pl.Series(said, dtype=pl.String)
        )

    def audit(self, index: str) -> dict[str, pl.DataFrame]:
        """How sure the ranks of an index are, as its last audit found it.

        Returns:
            ``ranks`` (of each node, city and period its intervals), ``pairs`` (who ranks above
            whom in which share of the draws) and ``sensitivities``; without rows where it was not
            audited. See docs/audit.md.
        """
        from cityflux.core.reading.audit_tables import audit_frames

        with self._read() as connection:
            return audit_frames(connection, index)

    def tree(self, index: str) -> pl.DataFrame:
        """The nodes of an index with their weights, see `core.reading.nodes.Node`."""
        from cityflux.core.reading.nodes import node_frame

        with self._read() as connection:
            return node_frame(connection, index)

    def observations(
        self,
        indicators: Sequence[str] | None = None,
        cities: Sequence[str] | None = None,
        first: str | None = None,
        last: str | None = None,
    ) -> pl.DataFrame:
        """The figures in use, see `core.reading.figures.figures_in_use`."""
        from cityflux.core.reading.figures import figures_in_use

        with self._read() as connection:
            return figures_in_use(connection, indicators, cities, first, last)

    def series(self, indicator: str, cities: Sequence[str] | None = None) -> pl.DataFrame:
        """One indicator over time: a column ``period``, and one for each city that has figures.

        Raises:
            NotEnoughData: no figure of it is stored, or there is none of this name.
        """
        found = self._figures(indicator, cities)
        return found.pivot(on="city", index="period", values="value").sort("period")

    def contributions(
        self, index: str, city: str | None = None, versus: str | None = None
    ) -> pl.DataFrame:
        """What every node brings to the score of each city in the last period.

        With ``city`` and ``versus``, what it brings to the lead of the one over the other. See
        `core.reading.contributions.contribution_frame`.

        Raises:
            NotEnoughData: the index was not computed yet.
            IndexDefinitionError: there is no such index or city, only one of two is named, or a
                node is aggregated by a method of a plugin, which nothing loads here.
        """
        from cityflux.core.engine.steps.methods import Methods
        from cityflux.core.model.errors import IndexDefinitionError
        from cityflux.core.reading.contributions import contribution_frame
        from cityflux.core.reading.indices import definition_of

        if (city is None) != (versus is None):
            raise IndexDefinitionError("city and versus go together; name both or none")
        between = (city, versus) if city and versus else None
        with self._read() as connection:
            definition = definition_of(connection, index)
            return contribution_frame(connection, definition, Methods(), between)

    def trends(self, name: str, node: str | None = None, latest: int | None = None) -> pl.DataFrame:
        """How the figures of an indicator, or the scores of an index, developed: a row per city.

        The columns are those of `core.reading.trends.Development.cities`.

        Args:
            name: the id of an indicator or of an index.
            node: of an index: this node or indicator in place of the whole.
            latest: so many last periods only.

        Raises:
            NotEnoughData: there are fewer than two periods.
            IndexDefinitionError: there is neither, or no such node.
        """
        from cityflux.core.reading.trends import develop, subject_of

        with self._read() as connection:
            return develop(subject_of(connection, name, node), latest).cities

    ranking = _chart("ranking", "Draw score and coverage of the cities.")
    heatmap = _chart("heatmap", "Draw the group scores of the cities as a table of shades.")
    radar = _chart("radar", "Draw the group scores of a city, its rival and the mean as a star.")
    distances = _chart("distances", "Draw how far a city is from the best one of every group.")
    gap = _chart("gap", "Draw the lead of a city over its rival, split by group.")
    map = _chart("city_map", "Draw the cities where they lie, with the largest flows between them.")
    coverage = _chart("coverage", "Draw how far every group is covered.")
    trend = _chart("trend", "Draw the scores of an index over its periods.")
    rank_matrix = _chart(
        "rank_matrix",
        "Draw in which share of the draws of the last audit each city has each rank.",
        "the index was not audited",
    )
    moves = _chart(
        "moves",
        "Draw what moves the ranks, by the last audit.",
        "the index was not audited, or without its sensitivity",
    )

    def lines(
        self, indicator: str, cities: Sequence[str] | None = None, city: str | None = None
    ) -> Any:
        """Draw the figures of an indicator over time.

        Args:
            indicator: its id.
            cities: only these.
            city: the one that stands out.

        Raises:
            NotEnoughData: no figure of it is stored, or there is none of this name.
        """
        need_extra()
        from cityflux.core import charts
        from cityflux.core.charts.shown import shown
        from cityflux.core.engine.measures.continuity import with_segments
        from cityflux.core.engine.measures.timeline import decimal_years
        from cityflux.core.reading.breaks import break_frame
        from cityflux.core.words.language import Language

        language = Language(self.language)
        found = self._figures(indicator, cities)
        rows = found.to_dicts()
        names = {row["city"]: language.name(row, "city") for row in rows}
        title = f"{language.name(rows[0])} ({language.unit(rows[0]['unit'])})"
        with self._read() as connection:
            breaks = break_frame(connection, [indicator])
        series = with_segments(found, breaks).select(
            "value",
            "segment",
            year=decimal_years(found["period"]),
            name=found["city"].replace_strict(names),
        )
        broken = language.text("growth.break_mark")
        return shown(charts.lines(series, focus=names.get(city or ""), title=title, broken=broken))

    def _figures(self, indicator: str, cities: Sequence[str] | None) -> pl.DataFrame:
        """The figures of an indicator, those for a span of years left out."""
        from cityflux.core.model.errors import NotEnoughData

        found = self.observations([indicator], cities)
        single = found.filter(~found["period"].str.contains("/"))
        if single.is_empty():
            raise NotEnoughData(f"no figure of {indicator!r} is stored; see: cityflux indicators")
        return single

    @contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        with read_database(self.path) as connection:
            yield connection
