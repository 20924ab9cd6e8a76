"""What of an index compares: enough cities, common periods, enough children.

A result that does not compare is bracketed: it has a reason, a stable code with numbers, and no
rank.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from cityflux.core.engine.measures.ranking import ranks
from cityflux.core.engine.panel import KEYS


@dataclass(frozen=True)
class Comparable:
    """The result over what compares; the frames have the rows of the scores.

    Attributes:
        scores: period, city, and a column per node; null where nothing below compares.
        counts: the same shape; how many cities are compared.
        brackets: the same shape; why a result does not compare, null where it does.
    """

    scores: pl.DataFrame
    counts: pl.DataFrame
    brackets: pl.DataFrame

    def ranks(self) -> pl.DataFrame:
        """The rank of each city in its period among those that compare; equals share a rank."""
        nodes = [name for name in self.scores.columns if name not in KEYS]
        free = self.scores.select(
            *KEYS, *(pl.when(self.brackets[name].is_null()).then(pl.col(name)) for name in nodes)
        )
        return ranks(free, nodes, within="period", scale=True)


def whole(scores: pl.DataFrame) -> Comparable:
    """Take every score as it is; a city without one is left out."""
    return Comparable(
        scores,
        scores.select(*KEYS, pl.exclude(KEYS).count().over("period").cast(pl.Int64)),
        scores.select(
            *KEYS,
            *(
                pl.when(pl.col(name).is_null()).then(pl.lit("missing")).alias(name)
                for name in scores.columns
                if name not in KEYS
            ),
        ),
    )
