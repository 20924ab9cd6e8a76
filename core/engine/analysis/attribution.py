"""Why a score changed: the difference between two states of an index, split among its causes.

A cause is an indicator whose figures or whose direction differ, or the definition. The causes are
carried over one by one, from the state before to the state after, and the index is computed after
each; what a step moves is the effect of its cause. As that depends on the order, it is done in an
order and in its reverse, and the mean is taken: the average of the two polar decompositions, which
comes close to the mean over all orders (Dietzenbacher & Los 1998, Structural decomposition
techniques: sense and sensitivity, Economic Systems Research 10(4), 307-324). It holds for every
method, and the effects sum to the whole difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.panel import Panel
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData

#: The cause that is no indicator.
DEFINITION = "definition"

#: The score of each city; a city that is not there has none.
CityScores = dict[str, float | None]


@dataclass(frozen=True)
class State:
    """An index at one moment.

    Attributes:
        definition: its definition.
        directions: 1 or -1 by indicator, where the definition does not say otherwise.
        panel: the figures that were known, as a definition wants them.
    """

    definition: Definition
    directions: Mapping[str, int]
    panel: Callable[[Definition], Panel]


def attribute(
    before: State, after: State, methods: Methods, node: str, period: str
) -> dict[str, CityScores]:
    """Split the change of the scores of a node among its causes.

    Args:
        before: the earlier state.
        after: the later one.
        methods: those that the definitions may name.
        node: of which the scores are wanted; the root of both definitions is the same one.
        period: of which the scores are wanted.

    Returns:
        By cause, in the order of the tree and the definition first, the effect on the score of
        each city; None where a score is missing before, after, or on the way.
    """
    mixed = _Mixture(before, after)
    causes = mixed.causes()
    paths = []
    for order in (causes, causes[::-1]):
        steps = [order[:taken] for taken in range(len(order) + 1)]
        found = [_scores(mixed, taken, methods, node, period) for taken in steps]
        paths.append(
            {
                cause: _difference(found[place], found[place + 1])
                for place, cause in enumerate(order)
            }
        )
    forward, backward = paths
    return {cause: _mean(forward[cause], backward[cause]) for cause in causes}


def ranked(
    state: State, methods: Methods, node: str, period: str
) -> dict[str, tuple[float | None, int | None]]:
    """The score and the rank of each city in a state, the best one first.

    Args:
        state: the index as a run knew it.
        methods: those that its definition may name.
        node: whose scores.
        period: of which period.
    """
    found = _found(state.definition, state.panel(state.definition), state.directions, methods)
    if found is None or node not in found.scores.columns:
        return {}
    scores, ranks = (
        dict(frame.filter(period=period).select("city", node).iter_rows())
        for frame in (found.scores, found.ranks())
    )
    order = sorted(scores, key=lambda city: (ranks[city] is None, ranks[city], city))
    return {city: (scores[city], ranks[city]) for city in order}


def check_place(definition: Definition, node: str | None, period: str | None) -> tuple[str, str]:
    """The node and the period that are meant: the root and the last one, if none is named.

    Raises:
        IndexDefinitionError: the index has no such node or period.
    """
    chosen = definition.subtree(node)[0]
    if period is not None and period not in definition.periods.of:
        raise IndexDefinitionError(
            f"{definition.id}: {period!r} is none of its periods: "
            f"{', '.join(definition.periods.of)}"
        )
    return chosen.id, period or definition.periods.of[-1]


class _Mixture:
    """Two states, and every state between them."""

    def __init__(self, before: State, after: State) -> None:
        self._before = before
        self._after = after
        self._panels = {
            (definition.hash, late): state.panel(definition)
            for definition in (before.definition, after.definition)
            for late, state in ((False, before), (True, after))
        }

    def causes(self) -> list[str]:
        """What differs between the two states."""
        old, new = self._before.definition, self._after.definition
        names = dict.fromkeys([*new.figures, *old.figures])
        differing = [name for name in names if self._differs(name)]
        return [DEFINITION] * (old.hash != new.hash) + differing

    def state(self, taken: Sequence[str]) -> tuple[Definition, Panel, dict[str, int]]:
        """The state before, with some causes taken from the state after."""
        chosen = self._after if DEFINITION in taken else self._before
        definition = chosen.definition
        old, new = (self._panels[definition.hash, late] for late in (False, True))
        columns = [name for name in taken if name in new.values.columns]
        directions = dict(self._before.directions)
        directions |= {name: self._after.directions.get(name, 1) for name in taken}
        return (
            definition,
            Panel(
                old.values.with_columns(*new.values.select(columns)),
                old.coverage.with_columns(*new.coverage.select(columns)),
                new.places,
            ),
            directions,
        )

    def _differs(self, name: str) -> bool:
        if self._before.directions.get(name, 1) != self._after.directions.get(name, 1):
            return True
        return any(
            not panel.values[name].equals(self._panels[key, True].values[name], null_equal=True)
            for (key, late), panel in self._panels.items()
            if not late and name in panel.values.columns
        )


def _scores(
    mixed: _Mixture, taken: Sequence[str], methods: Methods, node: str, period: str
) -> CityScores:
    found = _found(*mixed.state(taken), methods)
    if found is None or node not in found.scores.columns:
        return {}
    return dict(found.scores.filter(period=period).select("city", node).iter_rows())


def _found(
    definition: Definition, panel: Panel, directions: Mapping[str, int], methods: Methods
) -> Scores | None:
    try:
        return score(definition, panel, directions, methods)
    except NotEnoughData:
        return None


def _difference(before: CityScores, after: CityScores) -> CityScores:
    found: CityScores = {}
    for city in before.keys() | after.keys():
        old, new = before.get(city), after.get(city)
        found[city] = None if old is None or new is None else new - old
    return found


def _mean(one: CityScores, other: CityScores) -> CityScores:
    found: CityScores = {}
    for city in sorted(one.keys() | other.keys()):
        first, second = one.get(city), other.get(city)
        found[city] = None if first is None or second is None else (first + second) / 2
    return found
