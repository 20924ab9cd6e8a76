"""What an index is made of in a period: questions of an analysis, and the answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.measures.correlation import Method


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
        from cityflux.core.model.errors import IndexDefinitionError

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

        from cityflux.core.reading.scores import score_table

        scores = score_table(self.connection, self.definition)
        return scores.filter(pl.col("period").is_in(self.periods))

    def statistics(self) -> list[dict[str, Any]]:
        """The statistics of the indicators under the node."""
        from cityflux.core.engine.analysis.overview import index_statistics
        from cityflux.core.engine.panel import read_panel

        leaves = [each.id for each in self.definition.subtree(self.node) if each.indicator]
        periods = self.definition.periods.model_copy(update={"of": self.periods})
        panel = read_panel(self.connection, leaves, self.definition.cities, periods)
        return index_statistics(panel.values, leaves).to_dicts()

    def correlations(self) -> list[dict[str, Any]]:
        """The correlations inside a level or between two levels."""
        from cityflux.core.engine.analysis.overview import index_correlations, nodes_at

        groups = [nodes_at(self.definition, self.node, level) for level in self.levels or (None,)]
        return index_correlations(
            self.scores, self.definition, *groups, method=self.method
        ).to_dicts()

    def consistency(self) -> list[dict[str, Any]]:
        """Cronbach's alpha of every node from the chosen one downwards."""
        from cityflux.core.engine.analysis.overview import consistency

        return consistency(self.scores, self.definition, self.node).to_dicts()

    def components(self) -> dict[str, Any]:
        """The principal components: scree, loadings, and what they rest on."""
        from cityflux.core.engine.analysis.overview import components_of, nodes_at

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
        from cityflux.core.engine.analysis.overview import weight_table
        from cityflux.core.reading.nodes import used_weights

        used = used_weights(self.connection, self.definition)
        below = {each.id for each in self.definition.subtree(self.node)}
        table = weight_table(self.scores, self.definition, used)
        return [row for row in table.to_dicts() if row["node"] in below]
