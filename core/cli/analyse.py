"""``cityflux analyse``: what an index is made of, in the terms of the OECD/JRC handbook."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from core.cli.names import Language, city_names, language_option, node_names
from core.cli.output import json_option, print_json
from core.cli.session import Session, pass_session

if TYPE_CHECKING:
    import polars as pl

    from core.engine.correlation import Method
    from core.engine.definition import Definition

PARTS = ("statistics", "correlations", "consistency", "components", "effective_weights")


@click.command(epilog="Example: cityflux analyse flow_index --correlations --level 2")
@click.argument("index", required=False)
@click.option("--statistics", is_flag=True, help="Moments, extremes and gaps of each indicator.")
@click.option("--correlations", is_flag=True, help="How nodes hang together, two by two.")
@click.option("--consistency", is_flag=True, help="Cronbach's alpha of the children of each node.")
@click.option("--components", is_flag=True, help="Principal components, with a scree.")
@click.option(
    "--effective-weights", is_flag=True, help="Written weights beside those that take effect."
)
@click.option("--node", help="Only what stands under this node.")
@click.option(
    "--level",
    "levels",
    type=click.IntRange(min=0),
    multiple=True,
    help="Nodes of this level, the root is 0; twice for correlations between two levels.",
)
@click.option(
    "--method",
    type=click.Choice(["pearson", "spearman", "kendall"]),
    help="Of the correlations; pearson unless given.",
)
@click.option("--period", help="The last one of the index unless given; all: every one together.")
@language_option
@json_option
@pass_session
def analyse(
    session: Session,
    /,
    index: str | None,
    node: str | None,
    levels: tuple[int, ...],
    method: Method | None,
    period: str | None,
    lang: Language | None,
    as_json: bool,
    **chosen: bool,
) -> None:
    """Analyse INDEX (or the default one): its statistics, or what the options name.

    An observation is a city in a period. Figures are those that were read, in their own unit,
    before any step of the index; scores are those of the last run.
    """
    from core.cli import analysis_tables

    parts = [part for part in PARTS if chosen[part]] or ["statistics"]
    if method and "correlations" not in parts:
        raise click.UsageError("--method goes with --correlations")
    if levels and not {"correlations", "components"} & set(parts):
        raise click.UsageError("--level goes with --correlations or --components")
    if len(levels) > (2 if "components" not in parts else 1):
        raise click.UsageError("--level goes once, or twice with --correlations alone")
    with session.read() as connection:
        study = Study(connection, session.index(index), node, levels, method or "pearson", period)
        if as_json:
            print_json({part: getattr(study, part)() for part in parts})
            return
        names = node_names(connection, study.definition.id, lang)
        cities = city_names(connection, lang)
        for part in parts:
            show = getattr(analysis_tables, f"print_{part}")
            show(getattr(study, part)(), study, names, cities, color=session.color)


@dataclass
class Study:
    """An index in a period, and what is asked of it; every answer is ready for JSON.

    Attributes:
        connection: to the database.
        definition: the index.
        node: what stands under it is looked at; the root where None.
        levels: of the nodes; the children of the node where empty.
        method: of the correlations.
        period: one of the index; its last one where None, ``all`` for every one together.
    """

    connection: sqlite3.Connection
    definition: Definition
    node: str | None
    levels: Sequence[int]
    method: Method
    period: str | None

    @cached_property
    def periods(self) -> list[str]:
        """The periods that are looked at.

        Raises:
            IndexDefinitionError: the index has no such period.
        """
        from core.errors import IndexDefinitionError

        known = self.definition.periods.of
        if self.period not in (None, "all", *known):
            raise IndexDefinitionError(
                f"{self.definition.id} has no period {self.period!r}; choose among all, "
                f"{', '.join(known)}"
            )
        return {None: known[-1:], "all": known}.get(self.period, [str(self.period)])

    @property
    def title(self) -> str:
        """Which index, node and periods these are."""
        of = f"{self.node} of {self.definition.id}" if self.node else self.definition.id
        return f"{of}, {self.periods[0]}" + (
            f" to {self.periods[-1]}" if len(self.periods) > 1 else ""
        )

    @cached_property
    def scores(self) -> pl.DataFrame:
        """The stored scores of the periods."""
        import polars as pl

        from core.engine.stored import stored_scores

        scores = stored_scores(self.connection, self.definition)
        return scores.filter(pl.col("period").is_in(self.periods))

    def statistics(self) -> list[dict[str, Any]]:
        """The statistics of the indicators under the node."""
        from core.engine.analysis import index_statistics
        from core.engine.panel import read_panel

        leaves = [each.id for each in self.definition.subtree(self.node) if each.indicator]
        periods = self.definition.periods.model_copy(update={"of": self.periods})
        panel = read_panel(self.connection, leaves, self.definition.cities, periods)
        return index_statistics(panel.values, leaves).to_dicts()

    def correlations(self) -> list[dict[str, Any]]:
        """The correlations inside a level or between two levels."""
        from core.engine.analysis import index_correlations, nodes_at

        groups = [nodes_at(self.definition, self.node, level) for level in self.levels or (None,)]
        return index_correlations(
            self.scores, self.definition, *groups, method=self.method
        ).to_dicts()

    def consistency(self) -> list[dict[str, Any]]:
        """Cronbach's alpha of every node from the chosen one downwards."""
        from core.engine.analysis import consistency

        return consistency(self.scores, self.definition, self.node).to_dicts()

    def components(self) -> dict[str, Any]:
        """The principal components: scree, loadings, and what they rest on."""
        from core.engine.analysis import components_of, nodes_at

        nodes = nodes_at(self.definition, self.node, *self.levels)
        found = components_of(self.scores, nodes)
        return {
            "observations": found.components.units,
            "left_out": found.left_out,
            "scree": found.components.scree.to_dicts(),
            "loadings": found.components.loadings.to_dicts(),
        }

    def effective_weights(self) -> list[dict[str, Any]]:
        """The weights of the nodes from the chosen one downwards, as shares of the index."""
        from core.engine.analysis import weight_table
        from core.engine.stored import used_weights

        used = used_weights(self.connection, self.definition)
        below = {each.id for each in self.definition.subtree(self.node)}
        table = weight_table(self.scores, self.definition, used)
        return [row for row in table.to_dicts() if row["node"] in below]
