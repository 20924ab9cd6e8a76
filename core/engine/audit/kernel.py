"""The tree of an index over many draws at once.

A draw is a set of weights and a way to aggregate, over figures that were prepared and standardized
once. An array has draws x rows (the cities of each period), with NaN for what is missing; what all
draws share has one row instead of many. What is a formula goes through products of matrices; what
is not (Copeland, computed weights, methods of plugins) runs draw by draw through the engine.

The nominal draw is the index: a property test holds the two together node by node.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.comparability import Part
from cityflux.core.engine.comparing import ADDITIVE
from cityflux.core.engine.definition.choices import Aggregation
from cityflux.core.engine.definition.index import Definition, Node
from cityflux.core.engine.measures.matrix import Bools, Floats, to_frame
from cityflux.core.engine.scoring import node_scores, node_weights
from cityflux.core.engine.steps.aggregation import looks_across_units
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import CityfluxError

#: Up to so many multiplications OpenBLAS keeps to one thread; and rows that make it worth while.
_ONE_THREAD, _MANY_ROWS = 1 << 18, 8


class _Formula(NamedTuple):
    """A weighted mean of f(x), taken back by its inverse, and which x it refuses."""

    there: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]
    refused: Callable[[Floats], Bools] | None = None
    why: str = ""


def _formula(chosen: Aggregation) -> _Formula | None:
    """How a method is a mean of something; None where it is not."""
    if chosen.method in ADDITIVE:
        return _Formula(_same, _same)
    if chosen.method == "geometric":
        return _Formula(np.log, np.exp, _no_positive, "a geometric mean takes positive scores only")
    if chosen.method == "harmonic":
        return _Formula(
            np.reciprocal, np.reciprocal, _no_positive, "a harmonic mean takes positive scores only"
        )
    power = chosen.parameters.get("power")
    if chosen.method != "generalised" or not power:
        return None
    return _Formula(
        lambda x: np.asarray(x**power),
        lambda x: np.asarray(x ** (1 / power)),
        _no_positive if power < 0 else None if power == 1 else lambda x: np.asarray(x < 0),
        f"a mean of power {power:g} takes no negative score" + (" and no zero" * (power < 0)),
    )


def _same(x: Floats) -> Floats:
    return x


def _no_positive(x: Floats) -> Bools:
    return np.asarray(x <= 0)


@dataclass
class Failed:
    """Which draws came to nothing, and why; the first reason of a draw stands."""

    draws: int
    reasons: dict[int, str] = field(default_factory=dict)

    def note(self, draws: Bools, reason: str) -> None:
        """Note a reason for some draws."""
        for draw in np.flatnonzero(np.broadcast_to(draws, self.draws)).tolist():
            self.reasons.setdefault(draw, reason)


@dataclass(frozen=True)
class Climb:
    """The way from the leaves to the root for draws that share a standardization.

    Attributes:
        definition: the index.
        keys: period and city of each row.
        methods: those that the definition may name.
        leaves: figures x rows x leaves (figures is 1, or as many as draws): the scores of the
            leaves over what compares.
        parts: what of each node is compared; None where all known scores are.
        known: the same as ``leaves`` over all known figures; weights are computed from it.
        chosen: how all nodes aggregate; None where each does as it is written.
    """

    definition: Definition
    keys: pl.DataFrame
    methods: Methods
    leaves: Floats
    parts: Mapping[str, Part] | None = None
    known: Floats | None = None
    chosen: Aggregation | None = None

    def choosing(self, chosen: Aggregation | None) -> Climb:
        """The same with another aggregation of all nodes; as written for None."""
        return self if chosen is None else replace(self, chosen=chosen)

    def over(self, leaves: Floats) -> Climb:
        """The same over other scores of the leaves, figures x rows x leaves."""
        return replace(self, leaves=leaves, known=None)

    def scores(self, weights: Floats, failed: Failed) -> dict[str, Floats]:
        """Draws x rows of every node above the leaves.

        Args:
            weights: draws x nodes of the tree, in its order.
            failed: what came to nothing is noted here, and has no scores.
        """
        if any(node.weighting for node in self.definition.tree):
            weights = weights.copy()
            every = self.leaves if self.known is None else self.known
            self._ascend(every, None, weights, failed, computing=True)
        return self._ascend(self.leaves, self.parts, weights, failed)

    def _ascend(
        self,
        leaves: Floats,
        parts: Mapping[str, Part] | None,
        weights: Floats,
        failed: Failed,
        *,
        computing: bool = False,
    ) -> dict[str, Floats]:
        definition = self.definition
        place = {node.id: i for i, node in enumerate(definition.tree)}
        found = {leaf.id: leaves[:, :, i] for i, leaf in enumerate(definition.leaves)}
        inner: dict[str, Floats] = {}
        above = [node.id for node in definition.tree if not node.indicator]
        room = np.empty((len(above), len(weights), leaves.shape[1]))
        for node in reversed(definition.tree):
            if node.indicator:
                continue
            children = definition.children[node.id]
            own = [place[child.id] for child in children]
            below = [found[child.id] for child in children]
            if computing and node.weighting:
                weights[:, own] = self._computed(node, children, below, len(weights), failed)
            part = parts.get(node.id) if parts is not None else None
            out = room[above.index(node.id)]
            scores = self.node(node, children, below, weights[:, own], part, failed, out)
            found[node.id] = inner[node.id] = scores
        return inner

    def node(
        self,
        node: Node,
        children: Sequence[Node],
        below: list[Floats],
        weights: Floats,
        part: Part | None,
        failed: Failed,
        out: Floats | None = None,
    ) -> Floats:
        """The scores of a node, draws x rows, from those of its children.

        Args:
            node: whose.
            children: of it.
            below: their scores, each with a row for every draw, or one for all of them.
            weights: draws x children.
            part: what of it is compared; None where all known scores are.
            failed: what came to nothing is noted here.
            out: where they are written, if anywhere.
        """
        chosen = self.chosen or node.aggregation or Aggregation()
        formula = _formula(chosen)
        if formula is None:
            below = [
                x if part is None else np.where(part.cells[:, j], x, np.nan)
                for j, x in enumerate(below)
            ]
            return self._one_by_one(node, chosen, children, below, weights, part, failed)
        if out is None:
            out = np.empty((len(weights), below[0].shape[1]))
        cells = None if part is None else part.cells
        scores = _mean(formula, chosen, below, cells, weights, failed, out)
        if part is not None and part.grouped and chosen.method in ADDITIVE:
            used = np.where(part.city[:, None], part.children, part.cells)
            some = np.flatnonzero(~used.all(axis=1))
            total = weights.sum(axis=1)[:, None]
            share = _product(weights, (used[some] * 1.0).T) / np.where(total, total, np.nan)
            scores[:, some] *= share
        return scores

    def _one_by_one(
        self,
        node: Node,
        chosen: Aggregation,
        children: Sequence[Node],
        below: list[Floats],
        weights: Floats,
        part: Part | None,
        failed: Failed,
    ) -> Floats:
        """The scores of a node by the engine, a draw at a time."""
        across = looks_across_units(self.methods.get("aggregation", chosen.method))
        node, names = node.model_copy(update={"aggregation": chosen}), [c.id for c in children]
        out = np.full((len(weights), self.keys.height), np.nan)
        for draw, row in enumerate(weights.tolist()):
            cells = np.stack([x[draw if len(x) > 1 else 0] for x in below], axis=1)
            if across and part is not None:
                cells[~part.city] = np.nan
            if np.isnan(cells).all():
                continue
            try:
                out[draw] = node_scores(node, row, to_frame(cells, names), self.keys, self.methods)
            except CityfluxError as error:
                failed.note(np.arange(len(weights)) == draw, reason_of(error))
        return out

    def _computed(
        self,
        node: Node,
        children: Sequence[Node],
        below: list[Floats],
        draws: int,
        failed: Failed,
    ) -> Floats:
        """Draws x children: the weights that a method finds in the scores of each draw."""
        names, out = [child.id for child in children], np.ones((draws, len(children)))
        alike = max(len(x) for x in below) == 1
        for draw in range(1 if alike else draws):
            frame = to_frame(np.stack([x[draw if len(x) > 1 else 0] for x in below], axis=1), names)
            try:
                found = node_weights(node, children, frame, self.methods)
            except CityfluxError as error:
                failed.note(np.full(draws, alike) | (np.arange(draws) == draw), reason_of(error))
                continue
            out[slice(None) if alike else draw] = np.nan_to_num(np.array(found, dtype=float))
        return out


def _mean(
    formula: _Formula,
    chosen: Aggregation,
    below: list[Floats],
    cells: Bools | None,
    weights: Floats,
    failed: Failed,
    out: Floats,
) -> Floats:
    """The weighted mean of the children that are there, draws x rows, written to ``out``."""
    total = weights.sum(axis=1)[:, None]
    children = [_Child.of(x, None if cells is None else cells[:, j]) for j, x in enumerate(below)]
    with np.errstate(all="ignore"):
        _refuse(formula, children, weights, failed)
        if all(len(x) == 1 for x in below):  # then a product of matrices does
            _product(weights, np.concatenate([each.finite(formula) for each in children]), out)
        else:
            out[:] = 0.0
            term = np.empty(out.shape)
            for j, each in enumerate(children):
                out += each.times(formula, weights[:, j, None], term)
        out /= np.where(total == 0, np.nan, total)
        if all(len(each.there) == 1 for each in children):
            seen = np.concatenate([each.there for each in children])
            some = np.flatnonzero(~seen.all(axis=0))
            under = _product(weights, seen[:, some] * 1.0)
            out[:, some] *= total / np.where(under == 0, np.nan, under)
            count = seen.sum(axis=0)
        else:
            under = np.zeros(out.shape)
            for j, each in enumerate(children):
                under += each.there * weights[:, j, None]
            out *= total / np.where(under == 0, np.nan, under)
            count = sum((each.there * 1 for each in children), np.zeros((), dtype=np.int64))
        scores = formula.back(out)
        if chosen.threshold > 0:
            scores = np.where(count / len(below) >= chosen.threshold, scores, np.nan)
        if chosen.method == "weighted_sum":
            scores = scores * total
        if scores is not out:
            out[:] = scores
        if not np.isfinite(out.sum()) and (wild := np.isinf(out)).any():
            failed.note(np.asarray(wild.any(axis=1)), "a score is too large to compute with")
    return out


class _Child(NamedTuple):
    """The scores of a child of a node.

    Attributes:
        x: draws x rows; one row where it is the same in all draws.
        there: which of them are joined, likewise.
        rough: the rows in which something is missing or no number.
    """

    x: Floats
    there: Bools
    rough: NDArray[np.intp]

    @classmethod
    def of(cls, x: Floats, cells: Bools | None) -> _Child:
        """Look at scores, of which ``cells`` are to be joined."""
        with np.errstate(all="ignore"):
            rough = ~np.isfinite(x.sum(axis=0))
        row = np.ones(x.shape[1], dtype=bool) if cells is None else cells.copy()
        gaps = np.flatnonzero(rough)
        known = ~np.isnan(x[:, gaps])
        alike = bool((known == known[:1]).all())
        if alike:
            row[gaps] &= known[0]
        there = row[None] if alike else np.asarray(~np.isnan(x) & row)
        return cls(x, there, np.flatnonzero(rough | ~row))

    def finite(self, formula: _Formula) -> Floats:
        """What it adds: nothing where it is missing, or was refused and has no weight."""
        found = formula.there(self.x)
        return np.where(self.there & np.isfinite(found), found, 0.0)

    def times(self, formula: _Formula, weights: Floats, out: Floats) -> Floats:
        """The same with a weight for each draw."""
        if formula.there is not _same:
            return np.multiply(self.finite(formula), weights, out=out)
        np.multiply(self.x, weights, out=out)
        own = self.x[:, self.rough]
        there = self.there[:, self.rough] & np.isfinite(own)
        out[:, self.rough] = np.where(there, own, 0.0) * weights
        return out


def _product(weights: Floats, x: NDArray[np.floating[Any]], out: Floats | None = None) -> Floats:
    """A product of matrices so flat that more than one thread would only wait for each other."""
    out = np.empty((len(weights), x.shape[1])) if out is None else out
    step = _ONE_THREAD // max(1, x.size)
    if step < _MANY_ROWS:
        return np.matmul(weights, x, out=out)
    for first in range(0, len(weights), step):
        np.matmul(weights[first : first + step], x, out=out[first : first + step])
    return out


def _refuse(formula: _Formula, children: list[_Child], weights: Floats, failed: Failed) -> None:
    """Note the draws in which a child that is joined has a score that the formula refuses."""
    if formula.refused is None:
        return
    for j, each in enumerate(children):
        bad = (formula.refused(each.x) & each.there).any(axis=1)
        if bad.any():
            failed.note(np.asarray(bad & (weights[:, j] != 0)), formula.why)


def reason_of(error: Exception) -> str:
    """The first line of an error, by which failed draws are counted."""
    return str(error).splitlines()[0]
