"""The periods that cities have in common, where single periods make up a span.

A mean over 2013, 2019 and 2020 is no mean over nine years. Of an indicator and a span those cities
say what is common that have at least half of the span; where their figures are of unlike precision
(years and months), the precision of most of them, and of two that are as many the coarser. A city
compares where it has all that is common.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.cells import Parts
from cityflux.core.engine.definition.choices import SLACK
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.measures.matrix import Bools, Floats, to_matrix
from cityflux.core.engine.panel import Panel

_Counts = NDArray[np.int64]
#: How much of a span a city needs to say what is common.
_HALF = 0.5


@dataclass(frozen=True)
class Common:
    """What of a panel is over common periods. An array has periods x cities x indicators.

    Attributes:
        values: the figures over what is common.
        holds: which figures are that.
        moved: which of them were over more before.
        enough: periods x indicators; whether so much is common that it stands for the span.
        shared: periods x indicators; how many periods are common, and ``full`` of how many.
        full: the same shape.
        known: how many periods of the span a city has.
        mixed: periods x indicators; whether figures of unlike precision are compared.
    """

    values: Floats
    holds: Bools
    moved: Bools
    enough: Bools
    shared: _Counts
    full: _Counts
    known: _Counts
    mixed: Bools


def common_periods(definition: Definition, panel: Panel) -> Common:
    """Cut the figures of a panel to the periods that are common.

    Args:
        definition: the index.
        panel: as it was read, period by period with the cities in the order of the definition.
    """
    names = definition.figures
    shape = (len(definition.periods.of), len(definition.cities), len(names))
    values = to_matrix(panel.values[list(names)]).reshape(shape)
    there = ~np.isnan(values)
    chosen = definition.comparability.periods
    parts = panel.made_of
    if chosen == "any" or parts is None or not (parts.fineness > 0).any():
        whole = np.ones((shape[0], shape[2]), dtype=np.int64)
        known = there.astype(np.int64)
        return Common(values, there, there & False, whole > 0, whole, whole, known, whole < 0)
    return _Single(parts, shape).cut(values, chosen, definition.periods.reduce)


class _Single:
    """The single periods of a panel by number: cell, precision and first day."""

    def __init__(self, parts: Parts, shape: tuple[int, int, int]) -> None:
        single = parts.fineness > 0
        self._shape, self._value, self._full = shape, parts.value[single], parts.full[single]
        row, column = parts.row[single], parts.column[single]
        self._cell = row * shape[2] + column
        self._group = row // shape[1] * shape[2] + column
        self._fineness, start = parts.fineness[single], parts.start[single]
        self._key = self._group * 10**7 + (start - start.min())

    def cut(self, values: Floats, least: float, reduce: str) -> Common:
        """See `common_periods`."""
        there, cells = ~np.isnan(values), values.size
        count = np.bincount(self._cell, minlength=cells).reshape(self._shape)
        fineness, full = np.zeros(cells, dtype=np.int64), np.ones(cells, dtype=np.int64)
        fineness[self._cell] = self._fineness
        full[self._cell] = self._full
        fineness, full = fineness.reshape(self._shape), full.reshape(self._shape)
        share = np.where(count > 0, count / full, 1.0)
        telling = there & (share >= _HALF - SLACK)
        by_kind = np.stack([(telling & (fineness == kind)).sum(axis=1) for kind in range(5)])
        kind = by_kind.argmax(axis=0)  # the coarsest of those that are as many
        tellers = by_kind.max(axis=0)
        like = there & (fineness == kind[:, None, :])
        row_in = self._common(telling & like, tellers)
        known = np.bincount(self._cell[row_in], minlength=cells).reshape(self._shape)
        known = np.where(like & (count == 0), 1, known)
        whole = np.where(kind == 0, 1, np.where(like, full, 1).max(axis=1))
        shared = np.where(
            kind == 0, np.minimum(tellers, 1), np.where(like & telling, known, 0).max(axis=1)
        )
        complete = there & (share >= 1) & (shared >= whole)[:, None, :]
        holds = (like & (known == shared[:, None, :]) & (shared > 0)[:, None, :]) | complete
        moved = holds & like & (known < count)
        return Common(
            self._reduced(values, moved, row_in, reduce),
            holds,
            moved,
            shared >= least * whole - SLACK,
            shared,
            np.where(tellers > 0, whole, np.where(there, full, 1).max(axis=1)),
            np.where(count > 0, count, there),
            (holds & ~like).any(axis=1) & (holds & like).any(axis=1),
        )

    def _common(self, telling: Bools, tellers: _Counts) -> Bools:
        """Which rows are of a period that all have who say what is common."""
        says = telling.reshape(-1)[self._cell]
        keys, times = np.unique(self._key[says], return_counts=True)
        common = keys[times == tellers.reshape(-1)[keys // 10**7]]
        kind_fits = np.isin(self._key, common)
        kinds = np.zeros(tellers.size, dtype=np.int64)
        kinds[self._group[says]] = self._fineness[says]
        return np.asarray(kind_fits & (self._fineness == kinds[self._group]))

    def _reduced(self, values: Floats, moved: Bools, row_in: Bools, reduce: str) -> Floats:
        """The figures with those that were over more reduced over what is common."""
        if not moved.any():
            return values
        chosen = row_in & moved.reshape(-1)[self._cell]
        found = (
            pl.DataFrame({"cell": self._cell[chosen], "value": self._value[chosen]})
            .group_by("cell", maintain_order=True)
            .agg(getattr(pl.col("value"), reduce)())
        )
        flat = values.reshape(-1).copy()
        flat[found["cell"].to_numpy()] = found["value"].to_numpy()
        return flat.reshape(values.shape)
