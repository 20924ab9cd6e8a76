"""The draws of an index: each goes its path of steps, and then up the tree with all others."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from cityflux.core.engine.audit.assumptions import ALL_KNOWN
from cityflux.core.engine.audit.batch import (
    Rows,
    is_formula,
    leaf_scores,
    rows_of_periods,
    standardized,
    treated,
)
from cityflux.core.engine.audit.drawing import STEPS, Draws, Plan, aggregation_of, is_all_known
from cityflux.core.engine.audit.kernel import Failed, reason_of
from cityflux.core.engine.audit.paths import Ground, Path, variant
from cityflux.core.engine.audit.versions import Versions
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.measures.matrix import Floats, to_matrix
from cityflux.core.engine.scoring import Scores
from cityflux.core.model.errors import CityfluxError


class Auditor:
    """The draws of one index. Paths are gone once and kept.

    Args:
        ground: the index and its figures.
        plan: what is uncertain.
        versions: other figures; the plan draws from as many.
    """

    def __init__(self, ground: Ground, plan: Plan, versions: Versions | None = None) -> None:
        self.ground, self._plan, self._versions = ground, plan, versions
        self.root = ground.inner[0]
        self._runs: dict[tuple[int, ...], Scores] = {}
        self._paths: dict[tuple[int, ...], Path | str] = {}
        self._known: dict[int, Floats] = {}
        self._variants: dict[tuple[int, int], Definition] = {}

    def afresh(self) -> Auditor:
        """The same before any path was gone."""
        return Auditor(self.ground, self._plan, self._versions)

    def nominal(self) -> Path:
        """The path that the index itself goes.

        Raises:
            CityfluxError: the index cannot be computed.
        """
        return self._gone((0,) * (1 + len(STEPS)))

    def scores(self, draws: Draws) -> tuple[dict[str, Floats], dict[int, str]]:
        """Draws x rows of each node above the leaves, and why some draws came to nothing."""
        shape = len(draws), self.ground.panel.values.height
        out: dict[str, Floats] = {}
        reasons: dict[int, str] = {}
        figures = np.where(draws.figures > 0, -1, 0) if self._side_by_side else draws.figures
        keys = np.column_stack([figures, draws.paths, draws.aggregation])
        keys[figures < 0, len(STEPS)] = 0  # where nothing is missing, all that is known compares
        groups, member = np.unique(keys, axis=0, return_inverse=True)
        member = member.reshape(-1)
        for number, group in enumerate(groups.tolist()):
            own = np.flatnonzero(member == number)
            path = self._path(tuple(group[:-1]))
            if isinstance(path, str):
                reasons.update(dict.fromkeys(own.tolist(), path))
                continue
            failed = Failed(len(own))
            climb = path.climb.choosing(aggregation_of(self._plan, group[-1]))
            if group[0] < 0:
                climb = climb.over(path.climb.leaves[draws.figures[own] - 1])
            found = climb.scores(draws.weights[own], failed)
            for k, name in enumerate(self.ground.inner):
                found[name][:, ~path.compared[:, k]] = np.nan
                if len(groups) > 1:
                    out.setdefault(name, np.full(shape, np.nan))[own] = found[name]
            if len(groups) == 1:
                out = found
            reasons.update({int(own[draw]): why for draw, why in failed.reasons.items()})
        if not out:
            out = {name: np.full(shape, np.nan) for name in self.ground.inner}
        for scores in out.values():
            scores[list(reasons)] = np.nan
        return out, reasons

    def _path(self, key: tuple[int, ...]) -> Path | str:
        if key not in self._paths:
            try:
                self._paths[key] = self._gone(key)
            except CityfluxError as error:
                self._paths[key] = reason_of(error)
        return self._paths[key]

    def _gone(self, key: tuple[int, ...]) -> Path:
        """Go a path: the version of the figures, and the number of the option of each step."""
        if key[0] < 0:
            return self._gone_by_all(key[1:])
        all_known = is_all_known(self._plan, key[1:])
        if quick := self._gone_quickly(key, all_known):
            return quick
        steps = (*key[1:-1], 0) if all_known else key[1:]  # one run gives both results
        versions, number = self._versions, key[0]
        if (number, *steps) not in self._runs:
            panel = versions.panel(self.ground, number - 1) if versions and number else None
            self._runs[number, *steps] = self.ground.run(self._plan, steps, panel)
        return self.ground.path(self._runs[number, *steps], all_known=all_known)

    def _gone_quickly(self, key: tuple[int, ...], all_known: bool) -> Path | None:
        """A path that differs from the index in treatment and standardization alone.

        What compares is then what compares in the index, and only the leaves have other scores.
        None where that is not sure: where cells are filled or taken out, weights come from scores,
        a method is no formula, or a leaf has scores for other cities.
        """
        imputation, treatment, standardization, _ = key[1:]
        if key[0] or imputation or not (treatment or standardization) or not self._is_plain:
            return None
        base = self._base(all_known)
        known, compared = self._treated(treatment), self._variant(0, standardization)
        if base is None or not is_formula(compared, self.ground.methods):
            return None
        if any(
            (leaf.standardization or compared.standardization).method == "fraction_of_max"
            for leaf in compared.leaves
        ):
            return None  # which figures it takes the engine looks at
        both = standardized(compared, known, self._periods, self._signs, self.ground.methods)
        scores = both[[0 if all_known else 1]]
        if not np.array_equal(np.isnan(scores), np.isnan(base.climb.leaves)):
            return None
        return replace(base, climb=base.climb.over(scores))

    @cached_property
    def _is_plain(self) -> bool:
        definition = self.ground.definition
        filled = any(leaf.imputation for leaf in definition.leaves)
        weighed = any(node.weighting for node in definition.tree)
        return not (filled or weighed or definition.screening or definition.minimum_cities > 1)

    def _base(self, all_known: bool) -> Path | None:
        """The path of the index itself, over what compares or all that is known."""
        number = self._plan.options["comparability"].index(ALL_KNOWN) if all_known else 0
        path = self._path((0, 0, 0, 0, number))
        return None if isinstance(path, str) else path

    def _treated(self, number: int) -> Floats:
        """The leaves over all known figures and over those that compare, with a treatment."""
        if number not in self._known:
            ground, figures = self.ground, list(self.ground.definition.figures)
            compared = self._runs[(0,) * (1 + len(STEPS))].comparable.figures
            assert compared is not None
            values = np.stack([to_matrix(ground.panel.values[figures]), compared])
            self._known[number] = treated(
                self._variant(number, 0), values, self._periods, ground.methods
            )
        return self._known[number]

    def _variant(self, treatment: int, standardization: int) -> Definition:
        key = treatment, standardization
        if key not in self._variants:
            self._variants[key] = variant(self.ground.definition, self._plan, (0, *key, 0))
        return self._variants[key]

    @cached_property
    def _periods(self) -> Rows:
        return rows_of_periods(self.ground.panel.values)

    @cached_property
    def _signs(self) -> dict[str, int]:
        leaves, directions = self.ground.definition.leaves, self.ground.directions
        return {leaf.id: leaf.direction or directions.get(leaf.id, 1) for leaf in leaves}

    @cached_property
    def _side_by_side(self) -> bool:
        """Whether all versions of the figures go a path together."""
        if not self._versions or not self._versions.complete:
            return False
        numbers = range(len(self._plan.options["standardization"]))
        at = STEPS.index("standardization")
        ways = ([number if k == at else 0 for k in range(len(STEPS))] for number in numbers)
        variants = (variant(self.ground.definition, self._plan, steps) for steps in ways)
        return all(is_formula(each, self.ground.methods) for each in variants)

    def _gone_by_all(self, steps: tuple[int, ...]) -> Path:
        """A path that all versions of the figures go at once; nothing is missing in them."""
        ground, versions = self.ground, self._versions
        assert versions is not None
        first = ground.path(ground.run(self._plan, steps, versions.panel(ground, 0)))
        definition = variant(ground.definition, self._plan, steps)
        leaves = leaf_scores(
            definition, versions.values, self._periods, self._signs, ground.methods
        )
        compared = first.compared & versions.seen[:, None]
        return Path(first.climb.over(leaves), compared, first.free)
