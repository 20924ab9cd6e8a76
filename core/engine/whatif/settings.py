"""Other figures and weights in an index, in memory alone.

A figure of a span that is made up of years stands in each of them, so that what compares over
common periods still does; a single year of a span moves the span.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import polars as pl

from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.cells import Parts
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.measures.matrix import Floats, replaced, to_frame, to_matrix
from cityflux.core.engine.panel import Panel
from cityflux.core.model.errors import IndexDefinitionError, UnknownName
from cityflux.core.model.period import Period, is_period, part_of

#: The set of weights that stands in for those of the definition.
WEIGHT_SET = "what_if"
_REDUCE: Mapping[str, Callable[[Floats], float]] = {
    "mean": lambda x: float(x.mean()),
    "median": lambda x: float(np.median(x)),
    "last": lambda x: float(x[-1]),
    "sum": lambda x: float(x.sum()),
}
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Setting:
    """A figure as it might be.

    Attributes:
        city: whose.
        indicator: of what.
        value: in the unit of the indicator.
        period: one of the index, or a part of one; the last one where it is empty.
    """

    city: str
    indicator: str
    value: float
    period: str = ""


@dataclass(frozen=True)
class Settings:
    """What is set: figures, and weights by node."""

    figures: tuple[Setting, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)

    def written(self) -> dict[str, object]:
        """The same as it is kept: ``figures`` (a list of objects) and ``weights``."""
        return {"figures": [vars(each) for each in self.figures], "weights": dict(self.weights)}


def changed(ground: Ground, settings: Settings) -> Ground:
    """The ground of an index with other figures and weights.

    Args:
        ground: the index and its figures, which stay as they are.
        settings: what is set.

    Raises:
        UnknownName: the index has no such city, indicator, node or period.
        IndexDefinitionError: a weight cannot be set, or a value is no number.
    """
    definition = with_weights(ground.definition, settings.weights)
    panel = with_figures(ground.panel, ground.definition, settings.figures)
    if definition.figures != ground.definition.figures:  # a node was left out
        panel = _cut(panel, definition.figures)
    return replace(ground, definition=definition, panel=panel)


def with_weights(definition: Definition, weights: Mapping[str, float]) -> Definition:
    """The same index with the weights of some nodes others; 0 leaves a node out.

    Args:
        definition: the index.
        weights: by node, relative among its siblings.

    Raises:
        UnknownName: there is no such node.
        IndexDefinitionError: the weight is computed by a method, or none that can be had.
    """
    if not weights:
        return definition
    nodes = {node.id: node for node in definition.tree}
    for name, weight in weights.items():
        node = nodes.get(name)
        if node is None or node.parent is None:
            raise UnknownName(
                f"{definition.id} has no node {name!r} with a weight; "
                f"see: cityflux weights {definition.id}"
            )
        method = nodes[node.parent].weighting
        if method is not None:
            raise IndexDefinitionError(
                f"{name}: its weight is computed by {method.method}; set a figure, "
                "or a weight that is written"
            )
        if not math.isfinite(weight) or weight < 0:
            raise IndexDefinitionError(f"{name}: {weight:g} is no weight; write 0 or more")
    own = dict(definition.weight_sets.get(definition.weight_set, {}))
    own |= {name: weight for name, weight in weights.items() if weight > 0}
    values = definition.model_dump(exclude_defaults=True, by_alias=True)
    values["weight_sets"] = {**definition.weight_sets, WEIGHT_SET: own}
    values["weight_set"] = WEIGHT_SET
    out = [name for name, weight in weights.items() if not weight]
    if out:
        values["exclude"] = [*definition.exclude, *out]
    return parse_definition(values, definition.origin)


def with_figures(panel: Panel, definition: Definition, figures: Sequence[Setting]) -> Panel:
    """The panel of an index with other figures.

    Args:
        panel: the figures of ``definition``, which stay as they are.
        definition: the index.
        figures: what is set, the last one of a cell being the one that counts.

    Raises:
        UnknownName: the index has no such city, indicator or period.
        IndexDefinitionError: a value is no number, or no part of the figure that is known.
    """
    if not figures:
        return panel
    names = list(dict.fromkeys(each.indicator for each in figures))
    if unknown := [name for name in names if name not in panel.values.columns[2:]]:
        raise UnknownName(
            f"{definition.id} uses no figure {unknown[0]!r}; see: cityflux ranking {definition.id}"
        )
    cells = _Cells(panel, definition, names)
    for each in figures:
        cells.set(each)
    return cells.panel()


def _cut(panel: Panel, figures: Sequence[str]) -> Panel:
    """The panel with some of its columns only."""
    parts, names = panel.made_of, panel.values.columns[2:]
    if parts is not None:
        place = np.array([figures.index(name) if name in figures else -1 for name in names])
        column = place[parts.column]
        kept = np.flatnonzero(column >= 0)
        kept = kept[np.lexsort((parts.start[kept], parts.row[kept], column[kept]))]
        parts = parts.take(kept, column[kept])
    keys = panel.values.columns[:2]
    return replace(
        panel,
        values=panel.values[[*keys, *figures]],
        coverage=panel.coverage[[*keys, *figures]],
        made_of=parts,
    )


class _Cells:
    """Some columns of a panel, with what makes up their cells.

    Args:
        panel: the figures.
        definition: the index.
        names: the columns that are to be others.
    """

    def __init__(self, panel: Panel, definition: Definition, names: list[str]) -> None:
        self._panel, self._definition, self._names = panel, definition, names
        self._values = to_matrix(panel.values[names]).copy()
        self._coverage = to_matrix(panel.coverage[names]).copy()
        self._parts = panel.made_of or Parts.joined([])
        self._parts = replace(self._parts, value=self._parts.value.copy())
        self._columns = panel.values.columns[2:]

    def panel(self) -> Panel:
        """The panel as it has become."""
        return replace(
            self._panel,
            values=replaced(self._panel.values, to_frame(self._values, self._names)),
            coverage=replaced(self._panel.coverage, to_frame(self._coverage, self._names)),
            made_of=None if self._panel.made_of is None else self._parts,
        )

    def set(self, setting: Setting) -> None:
        """Set one figure."""
        definition, periods = self._definition, self._definition.periods.of
        what = f"{setting.city}.{setting.indicator}"
        if setting.city not in definition.cities:
            raise UnknownName(
                f"{what}: {definition.id} has no city {setting.city!r}; "
                f"there are: {', '.join(definition.cities)}"
            )
        if not math.isfinite(setting.value):
            raise IndexDefinitionError(f"{what}: {setting.value} is no figure; write a number")
        period = setting.period or max(periods)
        if not is_period(period) or not any(part_of(period, each) for each in periods):
            raise UnknownName(
                f"{what}: {period!r} is no part of the periods of {definition.id}: "
                f"{', '.join(periods)}"
            )
        for target, whole in enumerate(periods):
            part = part_of(period, whole)
            if part is None:
                continue
            if period == whole:
                self._whole(setting, target)
            else:
                self._single(setting, target, period, part)

    def _at(self, setting: Setting, target: int) -> tuple[int, int, int]:
        """The row of a cell, its column here, and its column in the panel."""
        cities = self._definition.cities
        row = target * len(cities) + cities.index(setting.city)
        name = setting.indicator
        return row, self._names.index(name), self._columns.index(name)

    def _whole(self, setting: Setting, target: int) -> None:
        row, own, column = self._at(setting, target)
        parts = self._parts
        mine = (parts.column == column) & (parts.row == row)
        single = mine & (parts.fineness > 0)
        share = 1.0
        if single.any():
            share = 1 / single.sum() if self._definition.periods.reduce == "sum" else 1.0
            share_known = self._coverage[row, own]
        else:
            peers = self._peers(column, target)
            share_known = (
                len(peers) / peers[0][2] if peers and np.isnan(self._values[row, own]) else 1
            )
            if peers and np.isnan(self._values[row, own]):
                share = 1 / len(peers) if self._definition.periods.reduce == "sum" else 1.0
                for period, fineness, full in peers:
                    self._insert(row, column, period, setting.value * share, fineness, full)
        parts = self._parts
        mine = (parts.column == column) & (parts.row == row)
        parts.value[mine] = setting.value * share
        self._values[row, own], self._coverage[row, own] = setting.value, share_known

    def _single(self, setting: Setting, target: int, period: str, part: tuple[int, int]) -> None:
        row, own, column = self._at(setting, target)
        parts = self._parts
        mine = (parts.column == column) & (parts.row == row)
        kinds = set(parts.fineness[mine].tolist())
        known = not np.isnan(self._values[row, own])
        if known and kinds != {part[0]}:
            periods = self._definition.periods.of
            raise IndexDefinitionError(
                f"{setting.city}.{setting.indicator}: its figure for {periods[target]} is not made "
                f"up of periods such as {period}; set it for {periods[target]}"
            )
        same = mine & (parts.period == period).to_numpy()
        if same.any():
            parts.value[same] = setting.value
        else:
            self._insert(row, column, period, setting.value, *part)
        parts = self._parts
        mine = (parts.column == column) & (parts.row == row)
        values: Floats = parts.value[mine]
        self._values[row, own] = _REDUCE[self._definition.periods.reduce](values)
        self._coverage[row, own] = min(1.0, len(values) / part[1])

    def _peers(self, column: int, target: int) -> list[tuple[str, int, int]]:
        """The single periods that other cities have there: period, fineness and full number."""
        parts, cities = self._parts, len(self._definition.cities)
        chosen = (parts.column == column) & (parts.row // cities == target) & (parts.fineness > 0)
        if not chosen.any():
            return []
        kinds, counts = np.unique(parts.fineness[chosen], return_counts=True)
        chosen &= parts.fineness == kinds[counts.argmax()]
        rows = np.flatnonzero(chosen).tolist()
        found = {
            str(parts.period[row]): (int(parts.fineness[row]), int(parts.full[row])) for row in rows
        }
        return [(period, *kind) for period, kind in sorted(found.items())]

    def _insert(
        self, row: int, column: int, period: str, value: float, fineness: int, full: int
    ) -> None:
        """Add a part where it stands by column, row and day."""
        start = (Period.parse(period).start - _EPOCH).days
        new = Parts(
            np.array([row]),
            np.array([column]),
            pl.Series([period], dtype=pl.String),
            np.array([value]),
            np.array([fineness]),
            np.array([full]),
            np.array([start]),
        )
        both = Parts.joined([self._parts, new])
        order = np.lexsort((both.start, both.row, both.column))
        self._parts = both.take(order, both.column[order])
