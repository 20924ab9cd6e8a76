"""Everything that a report on an index needs, gathered from the database in a few queries."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

import polars as pl

from cityflux.core.engine.breaks import crossings, read_breaks
from cityflux.core.engine.cells import making_up
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.panel import read_panel
from cityflux.core.model.audit import AuditFacts
from cityflux.core.model.verdict import Verdict
from cityflux.core.reading import answers
from cityflux.core.reading.adjustments import adjustment_frame
from cityflux.core.reading.audit_tables import Sensitivity, moves
from cityflux.core.reading.audits import audit_of
from cityflux.core.reading.brackets import Group, standing_of_nodes
from cityflux.core.reading.breaks import differences
from cityflux.core.reading.catalog import city_frame, source_frame
from cityflux.core.reading.classes import figures_by_class
from cityflux.core.reading.comparison import Beside, claims_beside
from cityflux.core.reading.figures import disputed_figures, figures_in_use, flow_frame
from cityflux.core.reading.indices import choose, definition_of
from cityflux.core.reading.nodes import node_frame
from cityflux.core.reading.runs import Run, last_runs
from cityflux.core.reading.scores import score_frame
from cityflux.core.reading.verdict import verdict
from cityflux.core.reading.vintages import Mixed, mixed_vintages

#: By what share of the larger one two figures differ that dispute each other.
DISPUTED = 0.05


@dataclass(frozen=True)
class Facts:
    """What is known about an index in one period.

    Attributes:
        definition: the index, as the last run computed it.
        period: the one that is reported.
        verdict: whether the first city can be told from the second; None with fewer cities.
        standing: among how many cities each node is compared, or why it is not.
        beside: what is said of who is first and last, beside other indices of the same groups.
        audit: how sure the ranks of the period are; None where nobody audited them.
        moves: what moves the mean rank of the period.
        mixed: the indicators with provisional figures beside revised ones.
        scores: of that period, see `core.reading.scores.score_frame`.
        all_scores: of every period.
        nodes: the tree, see `core.reading.nodes.node_frame`.
        cities: those of the index, and where they lie.
        values: the figures of the period: ``city`` and a column per indicator; null where missing.
        shares: the same shape; the observed share of each figure, 0 to 1.
        series: every figure in use of these indicators and cities, see
            `core.reading.figures.figures_in_use`.
        inputs: what the computed ones of these indicators are computed from, a row per input and
            source: ``indicator``, ``input``, ``name_zh``, ``name_en``, ``source``, ``figures``,
            ``first`` and ``last`` (periods).
        sources: those that all these figures come from.
        run: the last computation.
        previous: the one before it.
        changes: the figures of the index that changed between the two.
        adjustments: the figures that the last run imputed or treated.
        flows: between these cities.
        classes: how many of the figures come from sources of each class, see
            `core.reading.classes.figures_by_class`.
        disputed: the figures that another source has otherwise by more than a twentieth.
        suspects: how many figures of these indicators are marked as suspect.
        breaks: where the series of these indicators begin anew, see
            `core.reading.breaks.break_frame`.
        crossings: the figures of the period that are means across a break: ``indicator``, ``city``
            and the break.
        differences: the indicators that have no rate of growth.
        related: an index of the same indicators over several periods, with its scores.
    """

    definition: Definition
    period: str
    verdict: Verdict | None
    standing: list[Group]
    beside: list[Beside]
    audit: AuditFacts | None
    moves: list[Sensitivity]
    mixed: list[Mixed]
    scores: pl.DataFrame
    all_scores: pl.DataFrame
    nodes: pl.DataFrame
    cities: pl.DataFrame
    values: pl.DataFrame
    shares: pl.DataFrame
    series: pl.DataFrame
    inputs: pl.DataFrame
    sources: pl.DataFrame
    run: Run
    previous: Run | None
    changes: pl.DataFrame
    adjustments: pl.DataFrame
    flows: pl.DataFrame
    classes: dict[str, int]
    disputed: answers.Rows
    suspects: int
    breaks: pl.DataFrame
    crossings: pl.DataFrame
    differences: frozenset[str]
    related: tuple[Definition, pl.DataFrame] | None

    @property
    def root(self) -> pl.DataFrame:
        """The scores of the root in the period, by rank."""
        return self.scores.filter(pl.col("level") == 0)

    @property
    def groups(self) -> pl.DataFrame:
        """The nodes that are compared with each other: those right above the indicators.

        Where the index has no groups, its indicators are compared.
        """
        above = self.nodes.filter(pl.col("indicator").is_not_null())["parent"].unique()
        inner = self.nodes.filter(pl.col("node").is_in(above.implode()) & (pl.col("level") > 0))
        return inner if inner.height else self.nodes.filter(pl.col("level") == 1)

    @property
    def used(self) -> pl.DataFrame:
        """The figures that the period is computed from: `series` without the other periods."""
        return making_up(self.series, [self.period]).select(self.series.columns)

    def leaves(self, node: str) -> pl.DataFrame:
        """The indicators right under a node."""
        return self.nodes.filter((pl.col("parent") == node) & pl.col("indicator").is_not_null())


_CHANGES = """
SELECT c.changed_at, c.kind, c.indicator_id AS indicator, i.name_zh, i.name_en, i.unit,
    c.city_id AS city, c.period, c.old_value AS before, c.new_value AS after
FROM changes c
JOIN indicators i ON i.id = c.indicator_id
WHERE c.seq > ? AND c.seq <= ? AND c.city_id IS NOT NULL
    AND c.indicator_id IN (SELECT indicator_id FROM nodes WHERE index_id = ?)
ORDER BY c.seq
"""
_INPUTS = """
WITH RECURSIVE rests_on (indicator, input, city, period) AS (
    SELECT indicator_id, input_indicator_id, input_city_id, input_period FROM derivations
    WHERE indicator_id IN (SELECT indicator_id FROM nodes WHERE index_id = ?)
    UNION
    SELECT r.indicator, d.input_indicator_id, d.input_city_id, d.input_period
    FROM rests_on r
    JOIN derivations d ON d.indicator_id = r.input AND d.city_id = r.city AND d.period = r.period
)
SELECT r.indicator, r.input, i.name_zh, i.name_en, o.source_id AS source, count(*) AS figures,
    min(r.period) AS first, max(r.period) AS last
FROM rests_on r
JOIN current_observations o ON o.indicator_id = r.input AND o.city_id = r.city
    AND o.period = r.period
JOIN indicators i ON i.id = r.input
GROUP BY r.indicator, r.input, o.source_id
ORDER BY r.indicator, r.input, o.source_id
"""
_SEVERAL_PERIODS = """
SELECT index_id FROM scores WHERE index_id <> ? GROUP BY index_id
HAVING count(DISTINCT period) > 1 ORDER BY count(DISTINCT period) DESC, index_id
"""
_SUSPECTS = """
SELECT count(*) AS figures FROM observations WHERE status = 'suspect'
    AND indicator_id IN (SELECT indicator_id FROM nodes WHERE index_id = ?)
"""


def gather(connection: sqlite3.Connection, index_id: str, period: str | None = None) -> Facts:
    """Read what a report on an index needs.

    Args:
        connection: any connection.
        index_id: the index.
        period: one of its periods; the last one unless given.

    Raises:
        IndexDefinitionError: the index was not computed, or not for this period.
    """
    definition = definition_of(connection, index_id)
    all_scores = score_frame(connection, index_id)
    period = choose(connection, index_id, period).period
    nodes = node_frame(connection, index_id)
    names = nodes["indicator"].drop_nulls().to_list()
    cities = all_scores["city"].unique().sort().to_list()
    asked = definition.periods.model_copy(update={"of": [period]})
    panel = read_panel(connection, names, cities, asked)
    series = figures_in_use(connection, names, cities)
    breaks = read_breaks(connection, names)
    run, *earlier = last_runs(connection, index_id, 2)
    previous = earlier[0] if earlier else None
    changed = (previous.position if previous else run.position, run.position, index_id)
    inputs = answers.frame(connection, _INPUTS, (index_id,))
    flows = flow_frame(connection).filter(
        pl.col("origin").is_in(cities), pl.col("destination").is_in(cities)
    )
    cited = {*series["source"], *inputs["source"], *flows["source"]}
    return Facts(
        definition=definition,
        period=period,
        verdict=verdict(connection, index_id, period),
        standing=standing_of_nodes(connection, index_id, period),
        beside=claims_beside(connection, index_id, period),
        audit=audit_of(connection, index_id, period),
        moves=moves(connection, index_id, period),
        mixed=mixed_vintages(connection, index_id, period),
        scores=all_scores.filter(pl.col("period") == period),
        all_scores=all_scores,
        nodes=nodes,
        cities=city_frame(connection).filter(pl.col("city").is_in(cities)),
        values=panel.values.drop("period"),
        shares=panel.coverage.drop("period"),
        series=series,
        inputs=inputs,
        sources=source_frame(connection).filter(pl.col("source").is_in(cited)),
        run=run,
        previous=previous,
        changes=answers.frame(connection, _CHANGES, changed),
        adjustments=adjustment_frame(connection, index_id).filter(period=period),
        flows=flows,
        classes=figures_by_class(connection, index_id),
        disputed=[
            row
            for row in disputed_figures(connection, DISPUTED)
            if row["indicator_id"] in names and row["city_id"] in cities
        ],
        suspects=answers.frame(connection, _SUSPECTS, (index_id,)).item(),
        breaks=breaks,
        crossings=crossings(panel.parts, breaks),
        differences=differences(connection),
        related=_related(connection, index_id, set(names)),
    )


def _related(
    connection: sqlite3.Connection, index_id: str, names: set[str]
) -> tuple[Definition, pl.DataFrame] | None:
    """Another index of the very same indicators that was computed for several periods."""
    for (other,) in answers.rows(connection, _SEVERAL_PERIODS, (index_id,)):
        if set(node_frame(connection, other)["indicator"].drop_nulls()) == names:
            return definition_of(connection, other), score_frame(connection, other)
    return None
