"""What a panel has come to: its statistics, whether it agrees, and the weights of an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cityflux.core.app.panels import families, keys
from cityflux.core.engine.delphi.agreement import (
    Concordance,
    Item,
    authority,
    concordance,
    items,
    stability,
)
from cityflux.core.engine.delphi.weights import (
    By,
    best_and_worst,
    from_pairs,
    from_ratings,
    hierarchy,
    mean_of,
    together,
)
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.whatif.settings import with_weights
from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData
from cityflux.core.model.questionnaire import STRONGEST
from cityflux.core.reading.asked import asked_nodes
from cityflux.storage import panels as storage
from cityflux.storage.database import write
from cityflux.storage.panels import Panel

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition

#: What stands before the name of a panel where a set of weights is wanted.
PREFIX = "panel:"
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Rated:
    """The answers of a round.

    Attributes:
        experts: who answered.
        keys: part, node and other of each column.
        values: experts x keys; NaN where there is no answer.
    """

    experts: list[str]
    keys: list[Key]
    values: Floats


@dataclass(frozen=True)
class ItemStatus:
    """One item of a round: its statistics, and what they say.

    Attributes:
        part: of the item, with ``node`` and ``other``.
        node: the node.
        other: the other one of a pair.
        name_zh: of the node.
        name_en: of the node.
        item: the statistics.
        stable: p of the Wilcoxon test that it did not move since the round before.
        agreed: whether the rule is met.
    """

    part: str
    node: str
    other: str
    name_zh: str
    name_en: str
    item: Item
    stable: float | None
    agreed: bool

    def row(self) -> dict[str, Any]:
        """The same flat, for machines."""
        own = {name: value for name, value in vars(self).items() if name != "item"}
        return {**own, **asdict(self.item), "iqr": self.item.spread}


@dataclass(frozen=True)
class Status:
    """How a round of a panel stands.

    Attributes:
        panel: the panel.
        round: its number.
        closed: when it was closed; None while it is open.
        asked: how many experts were.
        answered: how many did.
        items: one each.
        whole: Kendall's W; None where no scale is rated.
        authority: the mean coefficient Cr, of ``judged`` experts; None where nobody said.
        judged: see ``authority``.
        notes: codes of what a reader must know.
        proposals: what was struck or proposed, and by how many.
    """

    panel: Panel
    round: int
    closed: str | None
    asked: int
    answered: int
    items: Sequence[ItemStatus]
    whole: Concordance | None
    authority: float | None
    judged: int
    notes: Sequence[tuple[str, int]] = ()
    proposals: Sequence[tuple[str, str, int]] = field(default_factory=tuple)

    @property
    def agreed(self) -> bool:
        """Whether the rule is met by every item, and by the panel as a whole where it can be."""
        p = self.whole.p if self.whole else None
        together = p is None or p < self.panel.rule["p"]
        return bool(self.items) and together and all(each.agreed for each in self.items)

    @property
    def again(self) -> list[str]:
        """The nodes for which another round is worth while."""
        return list(dict.fromkeys(each.node for each in self.items if not each.agreed))


def rated(connection: sqlite3.Connection, panel: Panel, number: int) -> Rated:
    """The answers of a round as a matrix."""
    columns = keys(panel.kind, storage.round_nodes(connection, panel.name, number))
    place = {key: i for i, key in enumerate(columns)}
    given = storage.last_ratings(connection, panel.name, number)
    experts = sorted(given)
    values = np.full((len(experts), len(columns)), np.nan)
    for row, expert in enumerate(experts):
        for each in given[expert]:
            values[row, place[each.part, each.node_id, each.other_id]] = each.value
    return Rated(experts, columns, values)


def status_of(connection: sqlite3.Connection, panel: Panel, number: int | None = None) -> Status:
    """How a round stands, the last one unless given.

    Raises:
        NotEnoughData: the panel has no such round.
    """
    known = storage.rounds(connection, panel.name)
    own = next((each for each in known if each.round == (number or len(known))), None)
    if own is None:
        raise NotEnoughData(f"{panel.name} has no round {number}; there are {len(known)}")
    found = rated(connection, panel, own.round)
    most = panel.most if panel.kind == "scale" else STRONGEST
    before = rated(connection, panel, own.round - 1) if own.round > 1 else None
    said = storage.last_answers(connection, panel.name, own.round)
    judged = np.array(list(said.values()), dtype=np.float64).reshape(-1, 2)
    cr = authority(judged[:, 0], judged[:, 1])
    cr = cr[~np.isnan(cr)]
    whole = concordance(found.values) if panel.kind == "scale" else None
    names = asked_nodes(connection, panel.index_id, [node for _, node, _ in found.keys])
    rows = []
    for place, (key, item) in enumerate(zip(found.keys, items(found.values, most), strict=True)):
        part, node, other = key
        rows.append(
            ItemStatus(
                part,
                node,
                other,
                names[node].name_zh,
                names[node].name_en,
                item,
                _stability(found, before, key, place),
                _agrees(item, panel.rule),
            )
        )
    return Status(
        panel,
        own.round,
        own.closed,
        len(storage.experts(connection, panel.name)),
        len(said),
        rows,
        whole,
        float(cr.mean()) if len(cr) else None,
        len(cr),
        _notes(found, before, whole),
        storage.last_proposals(connection, panel.name, own.round),
    )


def _agrees(item: Item, rule: Mapping[str, float]) -> bool:
    spread, cv = item.spread, item.cv
    return (
        item.n > 1
        and spread is not None
        and spread <= rule["iqr"] + 1e-9
        and (cv is None or cv <= rule["cv"] + 1e-9)
    )


def _stability(found: Rated, before: Rated | None, key: Key, place: int) -> float | None:
    """Of the experts who answered both rounds."""
    if before is None or key not in before.keys:
        return None
    column = before.values[:, before.keys.index(key)]
    last = dict(zip(before.experts, column.tolist(), strict=True))
    pairs = [
        (last[expert], value)
        for expert, value in zip(found.experts, found.values[:, place].tolist(), strict=True)
        if expert in last
    ]
    both = np.array(pairs, dtype=np.float64).reshape(-1, 2)
    return stability(both[:, 0], both[:, 1])


def _notes(found: Rated, before: Rated | None, whole: Concordance | None) -> list[tuple[str, int]]:
    notes = []
    lacking = int(np.isnan(found.values).any(axis=1).sum())
    if lacking:
        notes.append(("missing", lacking))
    if before is not None and len(found.experts) < len(before.experts):
        notes.append(("fewer", len(before.experts) - len(found.experts)))
    if whole is not None and whole.why:
        notes.append((whole.why, whole.experts))
    return notes


def last_round(connection: sqlite3.Connection, panel: Panel) -> int:
    """The last round that anybody answered.

    Raises:
        NotEnoughData: nobody answered any.
    """
    for each in reversed(storage.rounds(connection, panel.name)):
        if storage.last_ratings(connection, panel.name, each.round):
            return each.round
    raise NotEnoughData(f"nobody has answered {panel.name} yet")


@dataclass(frozen=True)
class Weighed:
    """The weights of a panel.

    Attributes:
        weights: by node.
        method: how they came about.
        round: of which round they are.
        ratios: by parent the consistency ratio, or ξ of best-worst; of scales none.
    """

    weights: Mapping[str, float]
    method: str
    round: int
    ratios: Mapping[str, float]


def weigh(
    connection: sqlite3.Connection,
    panel: Panel,
    by: By = "mean",
    *,
    integer: bool = False,
    forced: bool = False,
) -> Weighed:
    """The weights that the last round comes to.

    Raises:
        NotEnoughData: nobody answered, or nobody answered something.
        IndexDefinitionError: the judgements contradict each other, and they are not forced.
    """
    number = last_round(connection, panel)
    found = rated(connection, panel, number)
    if panel.kind == "scale":
        values = from_ratings(found.values, by, integer=integer)
        weights = {node: value for (_, node, _), value in zip(found.keys, values, strict=True)}
        return Weighed(weights, f"{by}, integer" if integer else by, number, {})
    weights, ratios = {}, {}
    nodes = storage.round_nodes(connection, panel.name, number)
    for parent, siblings in families(nodes).items():
        every = [_judged(found, row, siblings) for row in range(len(found.experts))]
        whole = [each for each in every if each is not None]
        if not whole:
            raise NotEnoughData(f"nobody compared all of {parent}; ask again")
        if panel.kind == "ahp":
            judged = hierarchy(together([from_pairs(siblings, e) for e in whole]), forced=forced)
            own, ratios[parent] = judged.weights, judged.inconsistency
        else:
            each_one = [_best_worst(siblings, each) for each in whole]
            own = mean_of([judged.weights for judged in each_one])
            ratios[parent] = max(judged.inconsistency for judged in each_one)
        weights |= dict(zip(siblings, own, strict=True))
    return Weighed(weights, panel.kind, number, ratios)


def _judged(found: Rated, row: int, siblings: Sequence[str]) -> dict[tuple[str, str], float] | None:
    """What one expert said of some siblings, by a pair or by part and node; None if not all."""
    own: dict[tuple[str, str], float] = {}
    for (part, node, other), value in zip(found.keys, found.values[row].tolist(), strict=True):
        if node in siblings:
            own[(node, other) if part == "pair" else (part, node)] = value
    return None if any(np.isnan(value) for value in own.values()) else own


def _best_worst(siblings: Sequence[str], own: Mapping[tuple[str, str], float]) -> Any:
    best, worst = ({node: own[part, node] for node in siblings} for part in ("best", "worst"))
    return best_and_worst(siblings, best, worst)


def expert_weights(connection: sqlite3.Connection, panel: Panel) -> dict[str, dict[str, float]]:
    """The weights of each expert alone, by pseudonym; of those who answered everything.

    Raises:
        NotEnoughData: nobody did.
    """
    number = last_round(connection, panel)
    found = rated(connection, panel, number)
    nodes = storage.round_nodes(connection, panel.name, number)
    result: dict[str, dict[str, float]] = {}
    for row, expert in enumerate(found.experts):
        if np.isnan(found.values[row]).any():
            continue
        own: dict[str, float] = {}
        if panel.kind == "scale":
            pairs = zip(found.keys, found.values[row].tolist(), strict=True)
            own = {node: value for (_, node, _), value in pairs}
        else:
            for siblings in families(nodes).values():
                said = _judged(found, row, siblings) or {}
                if panel.kind == "ahp":
                    judged = hierarchy(from_pairs(siblings, said), forced=True)
                else:
                    judged = _best_worst(siblings, said)
                own |= dict(zip(siblings, judged.weights, strict=True))
        result[expert] = own
    if not result:
        raise NotEnoughData(f"nobody has answered the whole of round {number} of {panel.name}")
    return result


def keep_weights(connection: sqlite3.Connection, panel: Panel, weighed: Weighed) -> None:
    """Keep weights as those of the panel, for `with_panel`."""
    with write(connection):
        storage.save_weights(connection, panel.name, weighed.weights, weighed.method, weighed.round)


def with_panel(connection: sqlite3.Connection, definition: Definition, name: str) -> Definition:
    """An index with the weights that a panel came to.

    Args:
        connection: any connection.
        definition: the index.
        name: of the panel, with or without `PREFIX`.

    Raises:
        UnknownName: there is no such panel, or the index lacks a node of it.
        IndexDefinitionError: it is a panel of another index, or has no weights yet.
    """
    panel = panel_of(connection, definition, name)
    weights = storage.panel_weights(connection, panel.name)
    if not weights:
        raise IndexDefinitionError(
            f"the panel {panel.name} has no weights yet; make them with: "
            f"cityflux delphi weights {panel.name}"
        )
    return with_weights(definition, weights)


def panel_of(connection: sqlite3.Connection, definition: Definition, name: str) -> Panel:
    """A panel of an index.

    Raises:
        UnknownName: there is none of this name.
        IndexDefinitionError: it is one of another index.
    """
    panel = storage.find_panel(connection, name.removeprefix(PREFIX))
    if panel.index_id != definition.id:
        raise IndexDefinitionError(
            f"the panel {panel.name} is of {panel.index_id}, not of {definition.id}"
        )
    return panel
