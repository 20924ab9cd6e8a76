"""The figures of a draw on their way to the tree: each distinct path of steps is gone once.

A path is a choice of imputation, treatment, standardization and comparability, over one version of
the figures. It is gone by the engine itself, so that what it finds is what the index would be.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cityflux.core.engine.audit.drawing import STEPS, Plan, is_all_known
from cityflux.core.engine.audit.kernel import Climb
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.measures.matrix import Bools, to_matrix
from cityflux.core.engine.panel import Panel, read_panel
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError
from cityflux.storage import catalog

#: With fewer of its indicators seen anywhere, missing figures leave an index undetermined.
SEEN = 0.5


@dataclass(frozen=True)
class Path:
    """Figures that are ready to be weighted, and what of them is compared.

    Attributes:
        climb: the tree over them.
        compared: rows x nodes above the leaves; which cities have a place there.
        free: the same shape; whose place is a rank, as nothing is in brackets.
    """

    climb: Climb
    compared: Bools
    free: Bools


@dataclass(frozen=True)
class Ground:
    """What all paths of an index start from.

    Attributes:
        definition: the index.
        panel: the figures as they stand.
        directions: 1 or -1 by indicator.
        methods: those that the definition may name.
    """

    definition: Definition
    panel: Panel
    directions: Mapping[str, int]
    methods: Methods

    @property
    def inner(self) -> list[str]:
        """The nodes above the leaves, the root first."""
        return [node.id for node in self.definition.tree if not node.indicator]

    def run(self, plan: Plan, steps: Sequence[int], panel: Panel | None = None) -> Scores:
        """The index by the engine, with the choices of a path.

        Args:
            plan: whose options the steps are.
            steps: the number of the option of each of `STEPS`.
            panel: other figures than those that stand.

        Raises:
            CityfluxError: a step cannot be done.
        """
        chosen = variant(self.definition, plan, steps)
        return score(chosen, panel or self.panel, self.directions, self.methods)

    def path(self, found: Scores, *, all_known: bool = False) -> Path:
        """What is to be weighted of a run.

        Args:
            found: what `run` gave.
            all_known: whether all known figures are let in, or what compares.

        Raises:
            CityfluxError: what compares could not be computed.
        """
        names = [leaf.id for leaf in self.definition.leaves]
        every, inner = to_matrix(found.scores[names])[None], self.inner
        compared = found.comparable
        keys = compared.keys
        if all_known:
            climb = Climb(self.definition, keys, self.methods, every)
            there = ~np.isnan(to_matrix(found.scores[inner]))
            return Path(climb, there, there)
        if not compared.parts:
            raise IndexDefinitionError(f"{self.definition.id}: {compared.notes[-1]}")
        place = {name: i for i, name in enumerate(compared.nodes)}
        leaves = compared.values[:, [place[name] for name in names]][None]
        climb = Climb(self.definition, keys, self.methods, leaves, compared.parts, every)
        city = np.stack([compared.parts[name].city for name in inner], axis=1)
        return Path(climb, city, compared.free[:, [place[name] for name in inner]])


def missing_of(ground: Ground) -> str:
    """Whether figures of a ground are missing, and whether too many are to say anything of them.

    Returns:
        ``none``, ``left`` (some are, or single years of a span), or ``not determined`` where fewer
        than `SEEN` of the indicators have a figure for any city.
    """
    leaves = [leaf.id for leaf in ground.definition.leaves]
    there = ~np.isnan(to_matrix(ground.panel.values[leaves]))
    if there.all() and (to_matrix(ground.panel.coverage[leaves]) >= 1).all():
        return "none"
    return "left" if there.any(axis=0).mean() >= SEEN else "not determined"


def ground_of(connection: sqlite3.Connection, definition: Definition, methods: Methods) -> Ground:
    """Read the figures of an index.

    Args:
        connection: to a cityflux database.
        definition: the index.
        methods: those that it may name.
    """
    panel = read_panel(connection, definition.figures, definition.cities, definition.periods)
    return Ground(definition, panel, catalog.directions(connection), methods)


def variant(definition: Definition, plan: Plan, steps: Sequence[int]) -> Definition:
    """The definition of an index with the choices of a path.

    Its nodes are joined by the mean, whatever they are written with: which figures compare does not
    hang on it, and a geometric mean of z-scores would stop here what only some draws do. Where a
    method computes weights from scores, they stay as they are written.

    Args:
        definition: the index.
        plan: whose options the steps are.
        steps: the number of the option of each of `STEPS`.
    """
    options = {
        name: plan.options[name][number]
        for name, number in zip(STEPS, steps, strict=True)
        if number and not (name == "comparability" and is_all_known(plan, steps))
    }
    values = definition.model_dump(exclude_defaults=True)
    for name, option in options.items():
        if option == "none":
            values.pop(name, None)
        else:
            values[name] = option.model_dump(exclude_defaults=False)
    if not any(node.weighting for node in definition.tree):
        tables: list[dict[str, Any]] = [values, *values.get("nodes", ())]
        for table in (*tables, *values.get("levels", {}).values()):
            own = table.get("aggregation")
            if own is not None:
                table["aggregation"] = {"method": "mean", "threshold": own.get("threshold", 0.0)}
    elif not options:
        return definition
    return parse_definition(values, definition.origin)
