"""Can the first city be told from the second, and which groups make the difference?

In plain Python from what is stored, for `cityflux show` answers before polars would be there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from cityflux.core.model.verdict import Count, Part, Verdict, Way
from cityflux.core.reading import answers
from cityflux.core.reading.indices import choose
from cityflux.core.reading.nodes import Node, nodes
from cityflux.core.reading.scores import Score, scores

_ADDITIVE = ("mean", "weighted_sum")
_DEFINITION = """
SELECT definition FROM indices
WHERE id = ? AND json_valid(definition) AND json_type(definition) = 'object'
"""
# Other indices with the same groups, cities and period; that with the most groups first.
_OTHERS = """
SELECT o.index_id, i.name_zh, i.name_en, count(DISTINCT o.node_id) AS groups
FROM nodes n
JOIN nodes o ON o.node_id = n.node_id AND o.index_id <> n.index_id
JOIN indices i ON i.id = o.index_id
JOIN scores s ON s.index_id = o.index_id AND s.node_id = o.node_id AND s.period = :period
WHERE n.index_id = :index AND n.node_id IN (SELECT value FROM json_each(:groups))
    AND s.city_id IN (:first, :second) AND s.score IS NOT NULL
GROUP BY o.index_id HAVING count(DISTINCT s.city_id) = 2 ORDER BY groups DESC, o.index_id
"""
#: Two scores that differ by less are one.
_NOTHING = 1e-9


def verdict(
    connection: sqlite3.Connection, index: str, period: str | None = None
) -> Verdict | None:
    """Say whether the first city of an index can be told from the second.

    Args:
        connection: any connection.
        index: the index.
        period: one of its periods, the last one unless given.

    Returns:
        None where fewer than two cities have a score.

    Raises:
        IndexDefinitionError: the index was not computed, or not for this period.
    """
    chosen = choose(connection, index, period)
    tree = _Tree(connection, index, scores(connection, index, period=chosen.period))
    known = tree.column(index)
    if len(known) < 2:
        return None
    counts: list[tuple[Count, dict[str, float], int]]
    counts = [("all_known", known, tree.counted(known=True))]
    if shared := tree.shared():
        counts.append(("shared", *shared))
    compared = tree.column(index, comparable=True)
    if compared:
        counts.append(("comparable", compared, tree.counted(known=False)))
    first, second = _pair([found for _, found, _ in counts])
    ways = [
        Way(count, "", "", groups, found[first] - found[second], _first(found))
        for count, found, groups in counts
        if first in found and second in found
    ]
    ways += _others(connection, index, chosen.period, tree.groups, (first, second))
    ranked = all(row.bracket is None for row in tree.of(index) if row.city in (first, second))
    signs = {_sign(way.lead) for way in ways}
    return Verdict(
        index,
        chosen.period,
        first,
        second,
        ranked and len(signs) == 1 and 0 not in signs,
        ranked,
        tuple(ways),
        tree.parts(first, second),
    )


def _pair(counts: Sequence[Mapping[str, float]]) -> tuple[str, str]:
    """The first city over all known figures, and who is first otherwise, or else the second."""
    known = sorted(counts[0], key=lambda city: (-counts[0][city], city))
    for found in counts[1:]:
        best = max(sorted(found), key=lambda city: found[city])
        if best != known[0] and best in counts[0] and known[0] in found:
            return known[0], best
    return known[0], known[1]


def _first(found: Mapping[str, float]) -> str | None:
    """Who is first alone."""
    best = max(found.values())
    ahead = [city for city, value in found.items() if best - value < _NOTHING]
    return ahead[0] if len(ahead) == 1 else None


def _sign(lead: float) -> int:
    return 0 if abs(lead) < _NOTHING else 1 if lead > 0 else -1


def _others(
    connection: sqlite3.Connection,
    index: str,
    period: str,
    groups: Sequence[Node],
    pair: tuple[str, str],
) -> list[Way]:
    """As other indices with at least half of the groups have it."""
    names = [group.node for group in groups]
    asked = {"index": index, "period": period, "groups": json.dumps(names)}
    asked |= {"first": pair[0], "second": pair[1]}
    ways = []
    for row in answers.rows(connection, _OTHERS, asked):
        if 2 * row["groups"] < len(names):
            continue
        found = {
            each.city: each.score
            for each in scores(connection, row["index_id"], row["index_id"], period)
            if each.score is not None
        }
        if pair[0] in found and pair[1] in found:
            lead = found[pair[0]] - found[pair[1]]
            name = (row["name_zh"], row["name_en"])
            ways.append(Way("other", *name, row["groups"], lead, _first(found)))
    return ways


class _Tree:
    """The nodes of an index with the scores of one period."""

    def __init__(self, connection: sqlite3.Connection, index: str, rows: Sequence[Score]) -> None:
        self._nodes = nodes(connection, index)
        self._rows = {(row.node, row.city): row for row in rows}
        # A hand may have deleted scores: a city without all of its own is told of by its total.
        counts: dict[str, int] = {}
        for each in rows:
            counts[each.city] = counts.get(each.city, 0) + 1
        self._cities = [
            row.city for row in rows if row.node == index and counts[row.city] >= len(self._nodes)
        ]
        self._children: dict[str | None, list[Node]] = {}
        for node in self._nodes:
            self._children.setdefault(node.parent, []).append(node)
        lowest = {node.parent for node in self._nodes if node.indicator}
        inner = [node for node in self._nodes if node.node in lowest and node.level]
        self.groups = inner or [node for node in self._nodes if node.level == 1]
        row = answers.first(connection, _DEFINITION, (index,))
        self._methods = _methods(json.loads(row["definition"]) if row else {}, self._nodes)
        self._additive = set(self._methods.values()) <= set(_ADDITIVE)

    def of(self, node: str) -> list[Score]:
        """The scores of a node, a row for each city."""
        return [self._rows[node, city] for city in self._cities]

    def column(self, node: str, *, comparable: bool = False) -> dict[str, float]:
        """The scores of a node by city; those over what compares of whom they are like."""
        found = {}
        for row in self.of(node):
            value = row.comparable_score if comparable else row.score
            lacks = comparable and "weight" in (row.bracket or "")
            if value is not None and not lacks:
                found[row.city] = value
        return found

    def counted(self, *, known: bool) -> int:
        """How many groups have a score, or compare."""
        if known:
            return sum(bool(self.column(group.node)) for group in self.groups)
        return sum(any(row.bracket is None for row in self.of(each.node)) for each in self.groups)

    def shared(self) -> tuple[dict[str, float], int] | None:
        """The totals over the indicators that all cities have, and of how many groups they are.

        A group is the mean of these, and a total the sum of the groups with the weights as written.
        """
        if not self._additive:
            return None
        totals: dict[str, dict[str, float]] = {}
        for node in reversed(self._nodes):
            if node.indicator:
                rows = self.of(node.node)
                if all(row.score is not None and row.coverage > 0 for row in rows):
                    totals[node.node] = {row.city: row.score or 0.0 for row in rows}
                continue
            children = self._children[node.node]
            there = [child for child in children if child.node in totals]
            if there:
                totals[node.node] = self._total(node, children, there, totals)
        groups = sum(group.node in totals for group in self.groups)
        root = self._nodes[0].node
        return (totals[root], groups) if root in totals else None

    def _total(
        self,
        node: Node,
        children: Sequence[Node],
        there: Sequence[Node],
        totals: Mapping[str, Mapping[str, float]],
    ) -> dict[str, float]:
        every = sum(child.weight for child in children)
        leaves = all(child.indicator for child in children)
        over = sum(child.weight for child in there) if leaves else every
        scale = every if self._methods[node.node] == "weighted_sum" else 1.0
        return {
            city: scale * sum(c.weight * totals[c.node][city] for c in there) / over
            for city in self._cities
        }

    def parts(self, first: str, second: str) -> tuple[Part, ...]:
        """What each group brings to the lead over all known figures."""
        if not self._additive:
            return ()
        one, other = self._brought(first), self._brought(second)
        parts = []
        for group in self.groups:
            if group.node not in one and group.node not in other:
                continue
            rows = self.of(group.node)
            parts.append(
                Part(
                    group.node,
                    group.name_zh,
                    group.name_en,
                    one.get(group.node, 0.0) - other.get(group.node, 0.0),
                    sum(row.score is not None for row in rows),
                    len(rows),
                    any(row.bracket is None for row in rows),
                )
            )
        return tuple(sorted(parts, key=lambda part: -abs(part.lead)))

    def _brought(self, city: str) -> dict[str, float]:
        """The points of each node in the score of a city; what is missing left its weight."""
        factors, points = {self._nodes[0].node: 1.0}, {}
        for node in self._nodes:
            score = self._rows[node.node, city].score
            if score is None or node.node not in factors:
                continue
            points[node.node] = factors[node.node] * score
            children = self._children.get(node.node, [])
            there = [c for c in children if self._rows[c.node, city].score is not None]
            weights = sum(child.weight for child in there)
            scale = 1.0
            if self._methods.get(node.node) == "weighted_sum":
                scale = sum(child.weight for child in children)
            for child in there:
                factors[child.node] = factors[node.node] * scale * child.weight / weights
        return points


def _methods(definition: Mapping[str, Any], tree: Sequence[Node]) -> dict[str, str]:
    """How each node is aggregated: as it says itself, or its level, or the index."""
    levels, tables = definition.get("levels") or {}, definition.get("nodes") or []
    own = {each["id"]: each for each in tables}
    found = {}
    for node in tree:
        if node.indicator:
            continue
        level = levels.get(str(node.level)) or {}
        for table in (own.get(node.node) or {}, level, definition):
            # What is as it would be anyway is stored as an empty table.
            if (chosen := table.get("aggregation")) is not None:
                found[node.node] = str(chosen.get("method", "mean"))
                break
        else:
            found[node.node] = "mean"
    return found
