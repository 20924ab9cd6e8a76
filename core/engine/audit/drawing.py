"""From points in the unit cube to draws: which path of steps, which weights, which copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.audit.assumptions import ALL_KNOWN, Assumptions
from cityflux.core.engine.definition.choices import Aggregation, Comparability
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.measures.matrix import Floats

#: The steps whose choice makes a path, in the order in which they are done.
STEPS = ("imputation", "treatment", "standardization", "comparability")
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Draws:
    """What was drawn. An array has a row for each draw.

    Attributes:
        paths: draws x `STEPS`: the number of the option of each, 0 for the one written.
        aggregation: the number of the option.
        weights: draws x nodes of the tree, in its order.
        figures: which version of the figures; 0 where they are as they stand.
    """

    paths: Ints
    aggregation: Ints
    weights: Floats
    figures: Ints

    def __len__(self) -> int:
        return len(self.weights)

    def __getitem__(self, rows: Any) -> Draws:
        return Draws(
            self.paths[rows], self.aggregation[rows], self.weights[rows], self.figures[rows]
        )


@dataclass(frozen=True)
class _Assumption:
    """One thing that is uncertain: its columns of the unit cube, and what it does to the draws."""

    name: str
    columns: int
    apply: Callable[[Floats, Draws], None]
    options: list[str] = field(default_factory=list)


class Plan:
    """All that is uncertain about an index.

    Args:
        definition: the index.
        assumptions: what is varied.
        versions: how many versions of the figures there are to draw from; 0 for none.

    Attributes:
        options: by step and for the aggregation, the choices; the written one first, as None.
    """

    def __init__(
        self, definition: Definition, assumptions: Assumptions, *, versions: int = 0
    ) -> None:
        self._definition, self._assumptions = definition, assumptions
        self._place = {node.id: i for i, node in enumerate(definition.tree)}
        self.written = np.array([node.weight for node in definition.tree])
        self.options: dict[str, list[Any]] = {
            name: [None, *_others(getattr(assumptions, name), definition, name)]
            for name in (*STEPS, "aggregation")
        }
        self.all: list[_Assumption] = [*self._weights(), *self._choices(), *self._leave_out()]
        if versions > 1:
            names = ["figures"]
            self.all.append(_Assumption("figures", 1, _pick_figures(versions), names))

    @property
    def names(self) -> list[str]:
        """Of what is uncertain."""
        return [each.name for each in self.all]

    @property
    def groups(self) -> list[int]:
        """How many columns of the unit cube each has."""
        return [each.columns for each in self.all]

    def realize(self, points: Floats) -> Draws:
        """The draws that points of the unit cube stand for, draws x columns."""
        draws, first = self._as_written(len(points)), 0
        for each in self.all:
            each.apply(points[:, first : first + each.columns], draws)
            first += each.columns
        return draws

    def nominal(self) -> Draws:
        """The one draw that is the index itself."""
        return self._as_written(1)

    def _as_written(self, n: int) -> Draws:
        return Draws(
            np.zeros((n, len(STEPS)), dtype=np.int64),
            np.zeros(n, dtype=np.int64),
            np.tile(self.written, (n, 1)),
            np.zeros(n, dtype=np.int64),
        )

    def _choices(self) -> list[_Assumption]:
        found = []
        for name, options in self.options.items():
            if len(options) > 1:
                labels = [_label(each) for each in options]
                found.append(_Assumption(name, 1, _pick_option(name, len(options)), labels))
        return found

    def _weights(self) -> list[_Assumption]:
        chosen = self._assumptions.weights
        if chosen is None:
            return []
        definition, found = self._definition, []
        if chosen.sets:
            rows = [self.written]
            for name in chosen.sets:
                own = definition.weight_sets[name]
                rows.append(np.array([own.get(n.id, n.weight) for n in definition.tree]))
            sets = np.array(rows)
            if chosen.bootstrap:
                apply, width = mean_of_experts(sets[1:]), len(chosen.sets)
                found.append(_Assumption("weight_sets", width, apply, list(chosen.sets)))
            else:
                labels = ["written", *chosen.sets]
                found.append(_Assumption("weight_sets", 1, _pick_set(sets), labels))
        spread = {node.id: chosen.spread for node in definition.tree[1:]} | chosen.nodes
        moved = [self._place[name] for name, f in spread.items() if f > 0]
        if chosen.concentration is not None:
            siblings = [
                [self._place[child.id] for child in children]
                for children in definition.children.values()
                if len(children) > 1
            ]
            width = sum(map(len, siblings))
            apply = _dirichlet(siblings, self.written, chosen.concentration)
            found += [_Assumption("weights", width, apply)] if width else []
        elif moved:
            factors = np.array([f for f in spread.values() if f > 0])
            found.append(_Assumption("weights", len(moved), _noise(moved, factors)))
        return found

    def _leave_out(self) -> list[_Assumption]:
        chosen, tree = self._assumptions.leave_out, self._definition.tree
        if chosen == "indicators":
            names = [node.id for node in tree if node.indicator]
        elif chosen == "groups":
            names = [node.id for node in tree if node.level == 1]
        else:
            names = list(chosen)
        if not names:
            return []
        places = np.array([self._place[name] for name in names])
        return [_Assumption("leave_out", 1, _drop(places), ["none", *names])]


def _others(given: Sequence[Any], definition: Definition, name: str) -> list[Any]:
    """The options besides the written one."""
    own = getattr(definition, name)
    return [each for each in given if each != (own if own is not None else "none")]


def _label(option: Any) -> str:
    if option is None or isinstance(option, str):
        return option or "as written"
    if isinstance(option, Comparability):
        return str(option.model_dump(exclude_defaults=True))
    return str(option.model_dump(exclude_defaults=True) or "default")


def _picked(points: Floats, options: int) -> Ints:
    """The number of one of some options, each as likely as the others."""
    return np.minimum((points[:, 0] * options).astype(np.int64), options - 1)


def _pick_option(name: str, options: int) -> Callable[[Floats, Draws], None]:
    def apply(points: Floats, draws: Draws) -> None:
        if name == "aggregation":
            draws.aggregation[:] = _picked(points, options)
        else:
            draws.paths[:, STEPS.index(name)] = _picked(points, options)

    return apply


def _pick_figures(versions: int) -> Callable[[Floats, Draws], None]:
    def apply(points: Floats, draws: Draws) -> None:
        draws.figures[:] = 1 + _picked(points, versions)

    return apply


def _pick_set(rows: Floats) -> Callable[[Floats, Draws], None]:
    def apply(points: Floats, draws: Draws) -> None:
        draws.weights[:] = rows[_picked(points, len(rows))]

    return apply


def mean_of_experts(weights: Floats) -> Callable[[Floats, Draws], None]:
    """The mean of a bootstrap sample of experts. Source: Efron (1979), Annals of Statistics 7(1).

    Args:
        weights: experts x nodes of the tree; it takes a column of the unit cube for each expert.
    """

    def apply(points: Floats, draws: Draws) -> None:
        experts = len(weights)
        picked = np.minimum((points * experts).astype(np.int64), experts - 1)
        times = (picked[:, :, None] == np.arange(experts)).sum(axis=1)
        draws.weights[:] = times @ weights / experts

    return apply


def _noise(places: list[int], factors: Floats) -> Callable[[Floats, Draws], None]:
    """W (1 + f u), u uniform in -1 to 1. Source: COINr, ``get_noisy_weights``."""

    def apply(points: Floats, draws: Draws) -> None:
        draws.weights[:, places] *= 1 + factors * (2 * points - 1)

    return apply


def _dirichlet(
    siblings: list[list[int]], written: Floats, concentration: float
) -> Callable[[Floats, Draws], None]:
    """Dirichlet weights of siblings, by quantiles of gamma variables, with the sum as written."""

    def apply(points: Floats, draws: Draws) -> None:
        from scipy.special import gammaincinv

        first = 0
        for places in siblings:
            own = points[:, first : first + len(places)]
            first += len(places)
            total = written[places].sum()
            alpha = concentration * len(places) * written[places] / total
            gammas = np.maximum(gammaincinv(alpha, own), 1e-300)
            draws.weights[:, places] = gammas / gammas.sum(axis=1, keepdims=True) * total

    return apply


def _drop(places: Ints) -> Callable[[Floats, Draws], None]:
    """No weight for one of some nodes, or for none of them."""

    def apply(points: Floats, draws: Draws) -> None:
        picked = _picked(points, len(places) + 1)
        rows = np.flatnonzero(picked > 0)
        draws.weights[rows, places[picked[rows] - 1]] = 0.0

    return apply


def aggregation_of(plan: Plan, number: int) -> Aggregation | None:
    """The aggregation of a plan by its number; None for the one that each node is written with."""
    chosen = plan.options["aggregation"][number]
    return chosen if isinstance(chosen, Aggregation) else None


def is_all_known(plan: Plan, path: Sequence[int]) -> bool:
    """Whether a path of a plan lets in every known figure."""
    return bool(plan.options["comparability"][path[STEPS.index("comparability")]] == ALL_KNOWN)
