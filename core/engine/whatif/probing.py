"""The scores of all cities at a node when figures of one city are others.

`Probe` does it for many values at once where the index is made of formulas and nothing is filled:
then what compares stays what it is, and only the leaves that a figure is in have other scores.
`SlowProbe` runs the whole engine for each value. Both give what the engine gives; the quick one
asks itself at the beginning whether it does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from cityflux.core.engine.adjustment import treatment_plan
from cityflux.core.engine.audit.batch import Rows, is_formula, leaf_scores, rows_of_periods
from cityflux.core.engine.audit.block import scores as column_scores
from cityflux.core.engine.audit.kernel import Climb, Failed
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.comparing import ADDITIVE
from cityflux.core.engine.definition.index import Node
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.standardization import turns_itself
from cityflux.core.engine.steps.treatment import treat_columns
from cityflux.core.engine.whatif.settings import Setting, Settings, changed
from cityflux.core.model.errors import CityfluxError, NotEnoughData

#: How far the quick way may be from the engine, as a share of the largest score.
_AGREES = 1e-9


@dataclass(frozen=True)
class Aim:
    """Where a city is looked at.

    Attributes:
        city: its id.
        period: one of the index.
        node: the id of what is ranked.
    """

    city: str
    period: str
    node: str


class Probing(Protocol):
    """The scores at a node, for other figures of the city that is looked at."""

    ground: Ground
    aim: Aim
    #: How a change is looked for: so many steps, then so many parts of a step, so often.
    cuts: tuple[int, int, int]

    @property
    def figures(self) -> Mapping[str, Floats]:
        """The figures that compare, by indicator, one for each city; NaN for the others."""

    def scores(self, indicator: str, values: Floats) -> Floats:
        """Values x cities: with each of some values of one figure; NaN for who does not compare."""

    def joint(self, points: Sequence[Mapping[str, float]]) -> Floats:
        """Points x cities: with several figures others at once."""

    def at(self, figures: Mapping[str, float]) -> Probing:
        """The same from other figures of the city on."""


def probe(ground: Ground, aim: Aim, *, quick: bool = True) -> Probing:
    """Look at a city of an index; the quick way, where that gives what the engine gives.

    Args:
        ground: the index and its figures.
        aim: where to look.
        quick: whether the quick way may be tried.

    Raises:
        NotEnoughData: nothing can be ranked at the node in the period.
        CityfluxError: the index cannot be computed.
    """
    found = score(ground.definition, ground.panel, ground.directions, ground.methods)
    compared = found.comparable
    own, at = _rows(ground, aim), compared.nodes.index(aim.node)
    brackets = [why for why in compared.reasons[own, at] if why]
    if np.isnan(compared.places[own, at]).all():
        why = f" ({brackets[0]})" if brackets else ""
        ranked = np.asarray(~np.isnan(compared.places[own]).all(axis=0))
        others = [name for name in ground.inner if ranked[compared.nodes.index(name)]]
        raise NotEnoughData(
            f"{ground.definition.id}: nothing compares at {aim.node} in {aim.period}{why}; "
            f"name a node that does with --node: {', '.join(others) or 'there is none'}"
        )
    slow = SlowProbe(ground, aim, found)
    if quick and _is_plain(ground):
        fast = Probe(ground, aim, found)
        if fast.agrees(slow.now):
            return fast
    return slow


def _rows(ground: Ground, aim: Aim) -> slice:
    cities = len(ground.definition.cities)
    first = ground.definition.periods.of.index(aim.period) * cities
    return slice(first, first + cities)


def _is_plain(ground: Ground) -> bool:
    definition = ground.definition
    parts = ground.panel.made_of
    return not (
        any(leaf.imputation for leaf in definition.leaves)
        or any(node.weighting for node in definition.tree)
        or definition.screening
        or definition.minimum_cities > 1
        or not is_formula(definition, ground.methods)
        or (definition.periods.reduce == "sum" and parts is not None and (parts.fineness > 0).any())
    )


class _Base:
    """What both have in common."""

    cuts = (13, 2, 13)

    def __init__(self, ground: Ground, aim: Aim, found: Scores) -> None:
        self.ground, self.aim, self._found = ground, aim, found
        self._own = _rows(ground, aim)
        self._city = ground.definition.cities.index(aim.city)

        compared = found.comparable.figures
        assert compared is not None
        self._values = compared

    @property
    def figures(self) -> Mapping[str, Floats]:
        """See `Probing`."""
        return dict(zip(self.ground.definition.figures, self._values[self._own].T, strict=True))

    @cached_property
    def now(self) -> Floats:
        """Cities: the scores as they stand."""
        return self._compared(self._found)

    def _compared(self, found: Scores) -> Floats:
        compared = found.comparable
        at = compared.nodes.index(self.aim.node)
        return np.where(compared.free[self._own, at], compared.values[self._own, at], np.nan)

    def _settings(self, figures: Mapping[str, float]) -> Settings:
        city, period = self.aim.city, self.aim.period
        return Settings(
            tuple(Setting(city, name, value, period) for name, value in figures.items())
        )


class SlowProbe(_Base):
    """By the whole engine, a value at a time."""

    def scores(self, indicator: str, values: Floats) -> Floats:
        """See `Probing`."""
        return self.joint([{indicator: value} for value in values.tolist()])

    def joint(self, points: Sequence[Mapping[str, float]]) -> Floats:
        """See `Probing`; a point that cannot be computed has no scores."""
        out = np.full((len(points), len(self.now)), np.nan)
        for row, point in enumerate(points):
            try:
                ground = changed(self.ground, self._settings(point))
                out[row] = self._compared(
                    score(ground.definition, ground.panel, ground.directions, ground.methods)
                )
            except CityfluxError:
                continue
        return out

    def at(self, figures: Mapping[str, float]) -> Probing:
        """See `Probing`."""
        return probe(changed(self.ground, self._settings(figures)), self.aim, quick=False)


class Probe(_Base):
    """By columns and the nodes above them, all values at once."""

    cuts = (33, 16, 4)

    def __init__(self, ground: Ground, aim: Aim, found: Scores) -> None:
        super().__init__(ground, aim, found)
        path = ground.path(found)
        self._climb = path.climb
        self._compares = path.compared[self._own, ground.inner.index(aim.node)]
        definition = ground.definition
        self._place = {name: i for i, name in enumerate(definition.figures)}
        self._leaf = {leaf.id: leaf for leaf in definition.leaves}
        self._signs = {
            leaf.id: leaf.direction or ground.directions.get(leaf.id, 1)
            for leaf in definition.leaves
        }
        self._periods: Rows = rows_of_periods(ground.panel.values)
        self._weights = np.array([[node.weight for node in definition.tree]])
        self._nominal = self._nodes({})
        self._slopes: dict[str, Floats | None] = {}

    def agrees(self, now: Floats) -> bool:
        """Whether the scores as they stand are those of the engine, by both of its ways."""
        size = _AGREES * np.nanmax(np.abs(now), initial=1e-300)
        ways = self.joint([{}])[0], self._masked(self._nominal[self.aim.node])[0]
        return all(
            np.array_equal(np.isnan(way), np.isnan(now))
            and bool(np.nanmax(np.abs(way - now), initial=0.0) <= size)
            for way in ways
        )

    def scores(self, indicator: str, values: Floats) -> Floats:
        """See `Probing`."""
        leaves = self._leaves_of(indicator)
        columns = {leaf.id: self._column(leaf, indicator, values) for leaf in leaves}
        slopes = {name: self._slope(name) for name in columns}
        base = self._nominal[self.aim.node]
        known = [slope for slope in slopes.values() if slope is not None]
        if len(known) < len(columns):
            return self._masked(self._nodes(columns)[self.aim.node])
        moved = sum(
            slope * np.where(np.isnan(self._nominal[name]), 0.0, column - self._nominal[name])
            for (name, column), slope in zip(columns.items(), known, strict=True)
        )
        return self._masked(base + moved)

    def joint(self, points: Sequence[Mapping[str, float]]) -> Floats:
        """See `Probing`."""
        values = np.repeat(self._values[None], len(points), axis=0)
        row = self._own.start + self._city
        for number, point in enumerate(points):
            for name, value in point.items():
                values[number, row, self._place[name]] = value
        leaves = self._all_leaves(values)
        weights = np.repeat(self._weights, len(points), axis=0)
        failed = Failed(len(points))
        found = self._climb.over(leaves).scores(weights, failed)[self.aim.node].copy()
        found[list(failed.reasons)] = np.nan
        return self._masked(found)

    def at(self, figures: Mapping[str, float]) -> Probing:
        """See `Probing`."""
        other = copy(self)
        other._values = self._values.copy()
        row = self._own.start + self._city
        for name, value in figures.items():
            other._values[row, self._place[name]] = value
        leaves = self._all_leaves(other._values[None])
        other._climb = self._climb.over(leaves)
        other._nominal = other._nodes({})
        return other

    def _all_leaves(self, values: Floats) -> Floats:
        definition, methods = self.ground.definition, self.ground.methods
        return leaf_scores(definition, values, self._periods, self._signs, methods)

    def _masked(self, scores: Floats) -> Floats:
        return np.where(self._compares, scores[:, self._own], np.nan)

    def _leaves_of(self, indicator: str) -> list[Node]:
        """The leaves of which a figure is a part."""
        return [
            leaf
            for leaf in self._leaf.values()
            if indicator in (leaf.id, leaf.denominator.by if leaf.denominator else "")
        ]

    def _column(self, leaf: Node, indicator: str, values: Floats) -> Floats:
        """Values x rows: the scores of a leaf with each of some values of a figure."""
        x = self._with(leaf.id, indicator, values)
        if leaf.denominator:
            below = self._with(leaf.denominator.by, indicator, values) / leaf.denominator.scale
            x = x / np.where(below == 0, np.nan, below)
        methods = self.ground.methods
        if leaf.treatment:
            plan = [treatment_plan(leaf.treatment, methods)] * x.shape[1]
            for rows in self._parts(leaf.treatment.within):
                x[rows] = treat_columns(x[rows], plan, methods.transformation).x
        chosen = leaf.standardization or self.ground.definition.standardization
        function = methods.get("standardization", chosen.method)
        out, signs = np.full(x.shape, np.nan), [self._signs[leaf.id]] * x.shape[1]
        for rows in self._parts(chosen.within):
            out[rows] = column_scores(
                function.formula,  # type: ignore[attr-defined]
                x[rows],
                signs,
                turns_itself(function),
                chosen.parameters,
            )
        return out.T

    def _parts(self, within: str) -> Rows:
        """The rows that are treated together, as far as they are looked at."""
        if within == "period":
            return [np.arange(self._own.start, self._own.stop)]
        return [np.concatenate(self._periods)]

    def _with(self, name: str, indicator: str, values: Floats) -> Floats:
        """Rows x values: the figures of one indicator, with each of some values of another."""
        x = np.repeat(self._values[:, [self._place[name]]], len(values), axis=1)
        if name == indicator:
            x[self._own.start + self._city] = values
        return x

    def _slope(self, leaf: str) -> Floats | None:
        """Rows: what a point more at a leaf adds at the node; None where that is no constant."""
        if leaf not in self._slopes:
            node, tree = self._leaf[leaf], {each.id: each for each in self.ground.definition.tree}
            if self.aim.node not in node.path:
                self._slopes[leaf] = np.zeros(len(self._values))
            elif all(_is_additive(tree[name]) for name in node.path):
                more = {leaf: self._nominal[leaf] + 1.0}
                self._slopes[leaf] = self._nodes(more)[self.aim.node][0] - self._now[0]
            else:
                self._slopes[leaf] = None
        return self._slopes[leaf]

    @property
    def _now(self) -> Floats:
        return self._nominal[self.aim.node]

    def _nodes(self, columns: Mapping[str, Floats]) -> dict[str, Floats]:
        """Values x rows of every node, where some leaves have other scores."""
        definition, climb = self.ground.definition, self._climb
        if not columns:
            failed = Failed(1)
            found = {leaf.id: climb.leaves[:, :, i] for i, leaf in enumerate(definition.leaves)}
            return found | climb.scores(self._weights, failed)
        return {**self._nominal, **_ascended(climb, self._nominal, columns, self._weights)}


def _is_additive(node: Node) -> bool:
    return (node.aggregation.method if node.aggregation else "mean") in ADDITIVE


def _ascended(
    climb: Climb, nominal: Mapping[str, Floats], columns: Mapping[str, Floats], weights: Floats
) -> dict[str, Floats]:
    """The nodes above some leaves that have other scores; a value that fails has none."""
    definition = climb.definition
    count = max(map(len, columns.values()))
    place = {node.id: i for i, node in enumerate(definition.tree)}
    paths = {leaf.id: leaf.path for leaf in definition.leaves}
    above = {name for leaf in columns for name in paths[leaf]}
    found: dict[str, Floats] = dict(columns)
    failed = Failed(count)
    for node in reversed(definition.tree):
        if node.id not in above:
            continue
        children = definition.children[node.id]
        below = [found.get(child.id, nominal[child.id]) for child in children]
        own = np.repeat(weights[:, [place[child.id] for child in children]], count, axis=0)
        part = climb.parts.get(node.id) if climb.parts is not None else None
        found[node.id] = climb.node(node, children, below, own, part, failed)
    for name in above:
        found[name] = found[name].copy()
        found[name][list(failed.reasons)] = np.nan
    return found
