"""The result over what compares, from the leaves to the root: see `core.engine.comparability`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.common_periods import common_periods
from cityflux.core.engine.comparability import Comparable, Leaves, Part, passing
from cityflux.core.engine.definition.choices import FEWEST, SLACK
from cityflux.core.engine.definition.index import Definition, Node
from cityflux.core.engine.measures.matrix import Bools, Floats, to_frame, to_matrix
from cityflux.core.engine.panel import KEYS, Panel
from cityflux.core.engine.reservations import few, reservations
from cityflux.core.model.errors import CityfluxError

#: From so many cities on, what one of them lacks is not dropped for all.
MANY = 10
#: Aggregations that are sums of weights and scores.
ADDITIVE = ("mean", "weighted_sum")


@dataclass(frozen=True)
class Known:
    """The result over all known figures.

    Attributes:
        definition: the index.
        keys: period and city of each row.
        values: the scores, rows x nodes of the tree.
        weights: of every node but the root, as they were used.
        panel: the figures of the leaves, ready to be standardized.
    """

    definition: Definition
    keys: pl.DataFrame
    values: Floats
    weights: Mapping[str, float]
    panel: Panel


class Steps(Protocol):
    """The steps of the engine, to be done again over what compares."""

    def prepared(self, panel: Panel, imputation: bool) -> Panel:
        """The figures ready to be standardized; imputed where that is wanted."""

    def standardized(self, panel: Panel, leaves: Sequence[Node]) -> pl.DataFrame:
        """The scores of some leaves."""

    def aggregated(
        self, node: Node, names: Sequence[str], below: Floats, keys: pl.DataFrame
    ) -> Floats:
        """The scores of a node from those of its children, ``keys`` being period and city."""

    def across(self, node: Node) -> bool:
        """Whether the score of a city at a node depends on the other cities."""


def comparable_result(known: Known, read: Panel, steps: Steps) -> Comparable:
    """Find what compares, and compute the index over it.

    Args:
        known: the result over all known figures.
        read: the figures as they were read.
        steps: those of the engine.
    """
    definition = known.definition
    common = common_periods(definition, read)
    observed = to_matrix(known.panel.coverage[[leaf.id for leaf in definition.leaves]]) > 0
    leaves = passing(definition, common, observed.reshape(*common.holds.shape[:2], -1))
    notes = [*reservations(definition, common, known.values)]
    ascent = _Ascent(known, leaves, steps)
    try:
        ascent.leaves(_standardized(known, leaves, read, steps))
        ascent.nodes()
    except CityfluxError as error:
        notes.append(f"what compares could not be computed, so that nothing is ranked: {error}")
        return replace(_Ascent(known, leaves, steps).failed(), notes=tuple(notes))
    figures = _figures(leaves).reshape(-1, len(definition.figures))
    return replace(ascent.result(), notes=(*notes, *ascent.notes), figures=figures)


def _figures(leaves: Leaves) -> Floats:
    """The figures that compare, periods x cities x figures of the index."""
    values = np.where(leaves.common.holds, leaves.common.values, np.nan)
    own = [places[0] for places in leaves.places]
    values[:, :, own] = np.where(leaves.kept, values[:, :, own], np.nan)
    return values


def _standardized(known: Known, leaves: Leaves, read: Panel, steps: Steps) -> pl.DataFrame:
    """The scores of those leaves that are others over what compares."""
    definition, kept = known.definition, leaves.kept
    many = kept.shape[1] >= MANY
    before = leaves.observed
    if not many:  # then a city has no score by a guess
        own = [i for i, node in enumerate(definition.tree) if node.indicator]
        before = before | ~np.isnan(known.values[:, own]).reshape(kept.shape)
    passes = leaves.passes.any(axis=0)
    other = passes & ((kept != before).any(axis=(0, 1)) | leaves.moved)
    if many and other.any():  # a guess may rest on any indicator
        filled = np.array([leaf.imputation is not None for leaf in definition.leaves])
        other = other | (passes & filled)
    chosen = [leaf for leaf, each in zip(definition.leaves, other, strict=True) if each]
    if not chosen:
        return known.keys
    values, own = _figures(leaves), [places[0] for places in leaves.places]
    if any(leaf.denominator or leaf.treatment or leaf.imputation for leaf in chosen):
        figures = to_frame(values.reshape(-1, values.shape[2]), definition.figures)
        panel = replace(read, values=read.values[[*KEYS]].hstack(figures))
        return steps.standardized(steps.prepared(panel, many), chosen)
    names = [leaf.id for leaf in chosen]
    places = [place for place, each in zip(own, other, strict=True) if each]
    figures = to_frame(values[:, :, places].reshape(-1, len(places)), names)
    panel = replace(read, values=read.values[[*KEYS]].hstack(figures))
    return steps.standardized(panel, chosen)


@dataclass(frozen=True)
class _Chosen:
    """Which cities pass at a node (periods x cities), which children are used (periods x children).

    ``share`` is the weight that a city has of those that were chosen from.
    """

    city: Bools
    used: Bools
    share: Floats

    def where(self, first: Bools, other: _Chosen) -> _Chosen:
        """This in some periods, the other in the rest."""
        rows = first[:, None]
        return _Chosen(
            np.where(rows, self.city, other.city),
            np.where(rows, self.used, other.used),
            np.where(rows, self.share, other.share),
        )


class _Ascent:
    """The tree from the leaves to the root. An array has periods x cities x nodes.

    Args:
        known: the result over all known figures.
        leaves: the indicators as they compare.
        steps: those of the engine.
    """

    def __init__(self, known: Known, leaves: Leaves, steps: Steps) -> None:
        self._known, self._leaves, self._steps = known, leaves, steps
        self._tree = known.definition.tree
        self._place = {node.id: i for i, node in enumerate(self._tree)}
        self._keys = known.keys
        periods, cities = leaves.holds.shape[:2]
        shape = (periods, cities, len(self._tree))
        self._all = known.values.reshape(shape)
        self._scores: Floats = self._all.copy()
        self._has = np.zeros(shape, dtype=bool)  # the cities that compare, where their node does
        self._guessed = np.zeros(shape, dtype=bool)  # those with an imputed figure alone
        self._passes = np.zeros((periods, shape[2]), dtype=bool)
        self._counts = (~np.isnan(self._all)).sum(axis=1)
        self._brackets = np.full(shape, None, dtype=object)
        self._same = np.zeros(shape[2], dtype=bool)  # as over all known figures
        self._groups = np.zeros(shape[2], dtype=bool)  # made up of more than indicators
        self._parts: dict[str, Part] = {}
        self.notes: list[str] = []

    def failed(self) -> Comparable:
        """The result where nothing could be computed."""
        self._scores[:], self._brackets[:] = np.nan, "failed"
        return self.result()

    def result(self) -> Comparable:
        """The result of every node."""
        names, width = list(self._place), len(self._place)
        cities = self._scores.shape[1]
        return Comparable(
            self._keys,
            names,
            self._scores.reshape(-1, width),
            np.repeat(self._counts, cities, axis=0),
            self._brackets.reshape(-1, width),
            parts=self._parts,
        )

    def leaves(self, standardized: pl.DataFrame) -> None:
        """The indicators, with the scores of those that are others over what compares."""
        leaves, own = self._leaves, [self._place[each.id] for each in self._known.definition.leaves]
        others = [name for name in standardized.columns if name in self._place]
        places = [self._place[name] for name in others]
        shape = (*leaves.holds.shape[:2], len(others))
        if others:
            self._scores[:, :, places] = to_matrix(standardized[others]).reshape(shape)
        scores = self._scores[:, :, own]
        there = ~np.isnan(scores)
        compared = np.asarray(leaves.kept & there)
        passes: Bools = np.asarray(compared.any(axis=1))
        rows = passes[:, None, :]
        has = np.where(rows, compared, leaves.holds)
        guessed = there & ~leaves.observed & rows & (shape[1] >= MANY)
        out = there & ~(compared | guessed)
        if out.any():
            self._scores[:, :, own] = np.where(out, np.nan, scores)
        self._has[:, :, own] = has
        self._passes[:, own], self._counts[:, own] = passes, has.sum(axis=1)
        self._same[own] = ~out.any(axis=(0, 1))
        self._same[places] = False
        lacking, place = rows & ~has, np.array(own)
        self._bracket(lacking & ~leaves.observed, place, "missing")
        if guessed.any():
            self._guessed[:, :, own] = guessed
            self._bracket(guessed, place, "imputed")
        for at, city, i in np.argwhere(lacking & leaves.observed).tolist():
            self._brackets[at, city, own[i]] = leaves.why_lacking(at, city, i)
        for at, i in np.argwhere(~passes).tolist():
            why = "equal" if leaves.passes[at, i] else leaves.why_out(at, i)
            self._brackets[at, :, own[i]] = why

    def _bracket(self, cells: Bools, place: NDArray[np.int64], why: str) -> None:
        """Give cells of the leaves, whose places are told, one reason."""
        at, city, i = np.nonzero(cells)
        self._brackets[at, city, place[i]] = why

    def nodes(self) -> None:
        """The nodes above them, children before their parents, by the rules 3 to 5."""
        children = self._known.definition.children
        for node in reversed(self._tree):
            if not node.indicator:
                self._node(node, children[node.id])

    def _node(self, node: Node, children: Sequence[Node]) -> None:
        at, below = self._place[node.id], [self._place[child.id] for child in children]
        weights = np.array([self._known.weights[child.id] for child in children], dtype=float)
        weights = np.nan_to_num(weights)
        passing, has = self._passes[:, below], self._has[:, :, below]
        chosen = self._choose(passing, has, weights)
        used, count = chosen.used.sum(axis=1), chosen.city.sum(axis=1)
        share = self._known.definition.comparability.children
        enough = used >= max(1, math.ceil(share * len(below) - SLACK))
        passes = enough & (count >= FEWEST)
        if not passes.all():  # over the groups that compare below it, to be shown in brackets
            groups = ~np.isnan(self._scores[:, :, below]).all(axis=1) & self._groups[below]
            chosen = chosen.where(passes, self._choose(passing | groups, has, weights))
        self._groups[at] = not all(child.indicator for child in children)
        self._note(node, children, passing & passes[:, None], chosen, has)
        used_at = chosen.used[:, None, :] & (has | self._guessed[:, :, below])
        scores = self._score(node, children, below, weights, chosen, used_at)
        there = ~np.isnan(scores)
        has = chosen.city & there
        silent = passes & ~has.any(axis=1)
        self._scores[:, :, at], self._has[:, :, at] = scores, has
        self._passes[:, at] = passes & ~silent
        self._counts[:, at] = np.where(has.any(axis=1), has.sum(axis=1), self._counts[:, at])
        total, cities = len(below), has.shape[1]
        for period, city in np.argwhere(~has & (there | passes[:, None])).tolist():
            why = f"weight {chosen.share[period, city]:.2g}"
            self._brackets[period, city, at] = "score" if chosen.city[period, city] else why
        for period in np.flatnonzero(~self._passes[:, at]).tolist():
            why = f"children {used[period]}/{total}"
            if enough[period]:
                why = "score" if silent[period] else f"cities {count[period]}/{cities}"
            rest = self._brackets[period, :, at]
            self._brackets[period, :, at] = [f"{why}; {own}" if own else why for own in rest]

    def _choose(self, passes: Bools, has: Bools, weights: Floats) -> _Chosen:
        """Which cities have enough of what passes, and which children all of them have."""
        weight = passes * weights
        total = weight.sum(axis=1)[:, None]
        own = (has * weight[:, None, :]).sum(axis=2)
        share = np.divide(own, total, out=np.zeros(own.shape), where=total > 0)
        least = self._known.definition.comparability.weight
        city = (share >= least - SLACK) & (total > 0)
        if has.shape[1] < MANY:
            passes = np.asarray(passes & ~(city[:, :, None] & ~has).any(axis=1))
        return _Chosen(city, passes, share)

    def _note(
        self, node: Node, children: Sequence[Node], passing: Bools, chosen: _Chosen, has: Bools
    ) -> None:
        """Say what was left out for all, or handed on, as a city that passes lacks it."""
        lacking: Bools = np.asarray(passing[:, None, :] & chosen.city[:, :, None] & ~has)
        if not lacking.any():
            return
        some = np.flatnonzero(lacking.any(axis=(0, 1))).tolist()
        names = [children[k].id for k in some]
        done = "their weight is handed on there" if lacking.shape[1] >= MANY else "left out for all"
        cities = int(lacking.any(axis=(0, 2)).sum())
        self.notes.append(
            f"{node.id}: {cities} of the cities that compare lack {few(names)}: {done}"
        )

    def _score(
        self,
        node: Node,
        children: Sequence[Node],
        below: list[int],
        weights: Floats,
        chosen: _Chosen,
        used: Bools,
    ) -> Floats:
        """The scores over what is used; those over all known figures where they are the same."""
        at, scores = self._place[node.id], self._scores[:, :, below]
        self._parts[node.id] = Part(
            used.reshape(-1, len(below)),
            np.repeat(chosen.used, used.shape[1], axis=0),
            chosen.city.reshape(-1),
            bool(self._groups[at]),
        )
        if self._steps.across(node):
            used = used & chosen.city[:, :, None]
        out = ~used & ~np.isnan(scores)
        factor = self._factor(node, used, weights, chosen) if self._groups[at] else None
        if factor is None and self._same[below].all() and not out.any():
            self._same[at] = True
            return self._all[:, :, at]
        if not used.any():
            return np.full(scores.shape[:2], np.nan)
        cells = np.where(out, np.nan, scores).reshape(-1, len(below))
        names, cells = [child.id for child in children], np.asfortranarray(cells)
        found = self._steps.aggregated(node, names, cells, self._keys).reshape(scores.shape[:2])
        return found if factor is None else found * factor

    def _factor(self, node: Node, used: Bools, weights: Floats, chosen: _Chosen) -> Floats | None:
        """What undoes that the weight of a group is handed on to others; None where nothing does.

        A city that passes has the weight of all that is used; one that does not, of what it has.
        """
        if (node.aggregation.method if node.aggregation else "mean") not in ADDITIVE:
            return None
        every = (chosen.used * weights).sum(axis=1)[:, None]
        factor = np.where(chosen.city, every, (used * weights).sum(axis=2)) / weights.sum()
        return None if (factor == 1).all() else np.asarray(factor)
