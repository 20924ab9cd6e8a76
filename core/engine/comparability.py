"""What of an index compares: enough cities, common periods, enough children.

Every node has a second result, over what compares only. The rules hold in this order, each with its
threshold in the table ``[comparability]`` of the definition:

1. periods: a figure of a span is over the periods that its cities have in common, and an indicator
   with too few of them is out: see `core.engine.common_periods`;
2. cities: an indicator needs a share of the cities of the index, and never fewer than three;
3. weight: a city needs a share of the weight of the children of a node that pass;
4. what a city that passes lacks is dropped for all where the index has fewer than ten cities, and
   imputed as the definition says, or its weight handed on, where it has more;
5. children: a node needs a share of its declared children.

Here are the first two, and the result; the rest is `core.engine.comparing`.

What does not pass is bracketed: it has a reason, a stable code with numbers, and no rank. The
weights are those of the run. Above the groups of indicators they count as written: where a group
does not pass, no other one takes its weight, so that a total over two groups looks like one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.common_periods import Common
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.measures.columns import rows_of
from cityflux.core.engine.measures.matrix import Bools, Floats, to_frame
from cityflux.core.engine.measures.ranking import places


@dataclass(frozen=True)
class Part:
    """What of a node is compared, whatever the scores and the exact weights.

    Attributes:
        cells: rows of the scores x children; the scores that are joined.
        children: rows x children; those that are used for all cities.
        city: rows; the cities that compare.
        grouped: whether the weight of what does not compare is handed on to nobody.
    """

    cells: Bools
    children: Bools
    city: Bools
    grouped: bool


@dataclass(frozen=True)
class Comparable:
    """The result over what compares. An array has the rows of the scores x nodes.

    Attributes:
        keys: period and city of each row.
        nodes: the columns.
        values: the scores; NaN where nothing below compares.
        n: how many cities are compared.
        reasons: why a result does not compare, None where it does.
        notes: what a reader must know, a line each.
        parts: of each node above the indicators; without any where it could not be computed.
        figures: rows x figures of the index: those that compare, before they are prepared.
    """

    keys: pl.DataFrame
    nodes: list[str]
    values: Floats
    n: NDArray[np.int64]
    reasons: NDArray[np.object_]
    notes: tuple[str, ...] = ()
    parts: Mapping[str, Part] = field(default_factory=dict)
    figures: Floats | None = None

    @cached_property
    def scores(self) -> pl.DataFrame:
        """Period, city, and the score of each node; null where nothing below compares."""
        return self.keys.hstack(to_frame(self.values, self.nodes))

    @cached_property
    def counts(self) -> pl.DataFrame:
        """The same shape; how many cities are compared."""
        return self.keys.hstack(pl.DataFrame(self.n, schema=self.nodes))

    @cached_property
    def brackets(self) -> pl.DataFrame:
        """The same shape; why a result does not compare, null where it does."""
        columns = dict(zip(self.nodes, self.reasons.T.tolist(), strict=True))
        return self.keys.hstack(pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)))

    def ranks(self) -> pl.DataFrame:
        """The rank of each city in its period among those that compare; equals share a rank."""
        return self.keys.hstack(to_frame(self.places, self.nodes).cast(pl.Int64))

    @cached_property
    def places(self) -> Floats:
        """The same as an array, NaN where there is no rank."""
        free = np.where(self.free, self.values, np.nan)
        return places(free, rows_of(self.keys["period"]), scale=True)

    @cached_property
    def free(self) -> Bools:
        """Where nothing is in brackets."""
        return np.asarray(self.reasons == None)  # noqa: E711 - each of them


@dataclass(frozen=True)
class Leaves:
    """The indicators of an index as they compare. An array has periods x cities x leaves.

    Attributes:
        observed: the figures that there are, none that was imputed.
        holds: those that compare where their indicator does.
        passes: periods x leaves; the indicators that compare.
        common: what is common, of the figures of the index.
        places: of each leaf its place among the figures, and that of what it is divided by.
    """

    observed: Bools
    holds: Bools
    passes: Bools
    common: Common
    places: list[tuple[int, ...]]

    @cached_property
    def counts(self) -> NDArray[np.int64]:
        """Periods x leaves; how many cities have a figure that compares."""
        return np.asarray(self.holds.sum(axis=1))

    @cached_property
    def kept(self) -> Bools:
        """The figures that compare, of indicators that do."""
        return np.asarray(self.holds & self.passes[:, None, :])

    @cached_property
    def moved(self) -> Bools:
        """Which leaves have a figure that was over more periods than the common ones."""
        moved = np.asarray(self.common.moved.any(axis=(0, 1)))
        return np.array([moved[list(places)].any() for places in self.places])

    def why_out(self, at: int, i: int) -> str:
        """Why a leaf does not compare in a period."""
        common = self.common
        for place in self.places[i]:
            known = not np.isnan(common.values[at, :, place]).all()
            if known and not common.enough[at, place]:
                return f"periods {common.shared[at, place]}/{common.full[at, place]}"
        return f"cities {self.counts[at, i]}/{self.holds.shape[1]}"

    def why_lacking(self, at: int, city: int, i: int) -> str:
        """Why a city with a figure does not compare at a leaf that does."""
        common = self.common
        for place in self.places[i]:
            if not common.holds[at, city, place]:
                known, full = common.known[at, city, place], common.full[at, place]
                return f"figures {known}/{full}" if known < full else "basis"
        return "score"


def passing(definition: Definition, common: Common, observed: Bools) -> Leaves:
    """Apply the rules on periods and cities to the indicators.

    Args:
        definition: the index.
        common: the figures over common periods, of `Definition.figures`.
        observed: periods x cities x leaves; the figures that there are, none that was imputed.
    """
    place = {name: i for i, name in enumerate(definition.figures)}
    leaves = definition.leaves
    own = [place[leaf.id] for leaf in leaves]
    by = [place[leaf.denominator.by if leaf.denominator else leaf.id] for leaf in leaves]
    holds = observed & common.holds[:, :, own] & common.holds[:, :, by]
    enough = common.enough[:, own] & common.enough[:, by]
    passes = enough & (
        holds.sum(axis=1) >= definition.comparability.cities_needed(len(definition.cities))
    )
    places = [tuple(dict.fromkeys(pair)) for pair in zip(own, by, strict=True)]
    return Leaves(observed, np.asarray(holds), np.asarray(passes), common, places)
