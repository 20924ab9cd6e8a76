"""Can the first city be told from the second, and which groups make the difference?

Asked in SQL of what is stored, for `cityflux show` answers before polars would be there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

from cityflux.core.model.verdict import Count, Part, Verdict, Way
from cityflux.core.reading import answers
from cityflux.core.reading.audits import apart
from cityflux.core.reading.brackets import groups
from cityflux.core.reading.indices import choose
from cityflux.core.reading.places import NOTHING, counted
from cityflux.core.reading.scores import scores

# The nodes, each with its weight times what the method of its parent scales the weights to. Where a
# node is neither a mean nor a sum, nothing adds up. The view `contributions` says the same of all
# cities, in ten times as long.
_TREE = """
WITH RECURSIVE tree AS MATERIALIZED (
    SELECT n.node_id AS node, n.parent_id AS parent, n.indicator_id IS NOT NULL AS leaf,
        n.aggregation AS method, coalesce(w.weight, n.weight) AS weight
    FROM nodes n
    LEFT JOIN weights w ON w.index_id = n.index_id AND w.node_id = n.node_id
    WHERE n.index_id = :index
),
additive AS (SELECT min(method IN ('mean', 'weighted_sum')) AS yes FROM tree WHERE NOT leaf),
scaled AS MATERIALIZED (
    SELECT t.*, iif(p.method = 'weighted_sum', sum(t.weight) OVER siblings, 1.0) * t.weight AS part,
        sum(t.weight) OVER siblings AS every, min(t.leaf) OVER siblings AS lowest
    FROM tree t JOIN tree p ON p.node = t.parent WINDOW siblings AS (PARTITION BY t.parent)
),
cities AS MATERIALIZED (SELECT city_id AS city FROM scores
    WHERE index_id = :index AND node_id = :index AND period = :period),
"""
# The totals over the indicators that all cities have, and of how many groups they are. A group is
# the mean of these, and a total the sum of the groups with the weights as written.
_SHARED = f"""{_TREE}
shared AS MATERIALIZED (
    SELECT t.node FROM tree t CROSS JOIN cities c CROSS JOIN scores s ON s.index_id = :index
        AND s.node_id = t.node AND s.city_id = c.city AND s.period = :period
    WHERE t.leaf AND s.coverage > 0
    GROUP BY t.node HAVING count(s.score) = (SELECT count(*) FROM cities)
),
above (node) AS (
    SELECT node FROM shared UNION SELECT t.parent FROM above JOIN tree t USING (node)
),
let_in AS MATERIALIZED (
    SELECT node, parent, part / iif(lowest,
        sum(weight) FILTER (WHERE node IN shared) OVER (PARTITION BY parent), every) AS part
    FROM scaled
),
brought (node, part) AS (
    SELECT :index, 1.0
    UNION ALL
    SELECT l.node, b.part * l.part FROM brought b JOIN let_in l ON l.parent = b.node
)
SELECT s.city_id AS city, sum(b.part * s.score) AS total,
    (SELECT count(*) FROM above JOIN json_each(:groups) g ON g.value = above.node) AS groups
FROM brought b JOIN shared USING (node) CROSS JOIN cities c CROSS JOIN scores s
    ON s.index_id = :index AND s.node_id = b.node AND s.city_id = c.city AND s.period = :period
WHERE (SELECT yes FROM additive) GROUP BY s.city_id
"""
# Of each group in how many cities it has a score, and what it brings to the lead of the one city
# over the other; what is missing leaves its weight to its siblings.
_GROUPS = f"""{_TREE}
known AS MATERIALIZED (
    SELECT t.node, t.parent, s.city_id AS city, s.score,
        t.part / sum(t.weight) OVER (PARTITION BY t.parent, s.city_id) AS part
    FROM scaled t CROSS JOIN scores s ON s.index_id = :index AND s.node_id = t.node
        AND s.city_id IN (:first, :second) AND s.period = :period
    WHERE s.score IS NOT NULL
),
brought (node, city, part, score) AS (
    SELECT :index, city, 1.0, 0.0 FROM cities WHERE city IN (:first, :second)
    UNION ALL
    SELECT k.node, k.city, b.part * k.part, k.score
    FROM brought b JOIN known k ON k.parent = b.node AND k.city = b.city
)
SELECT g.value AS node, (SELECT count(s.score) FROM cities c CROSS JOIN scores s
        ON s.index_id = :index AND s.node_id = g.value AND s.city_id = c.city
        AND s.period = :period) AS n,
    (SELECT sum(iif(b.city = :first, 1, -1) * b.part * b.score) FROM brought b, additive
        WHERE b.node = g.value AND additive.yes) AS lead
FROM json_each(:groups) g ORDER BY abs(lead) DESC, g.key
"""
# Other indices with at least half of the groups, cities and period; that with the most first.
_OTHERS = """
SELECT o.index_id, i.name_zh, i.name_en, count(DISTINCT o.node_id) AS groups
FROM nodes n
JOIN nodes o ON o.node_id = n.node_id AND o.index_id <> n.index_id
JOIN indices i ON i.id = o.index_id
JOIN scores s ON s.index_id = o.index_id AND s.node_id = o.node_id AND s.period = :period
WHERE n.index_id = :index AND n.node_id IN (SELECT value FROM json_each(:groups))
    AND s.city_id IN (:first, :second) AND s.score IS NOT NULL
GROUP BY o.index_id
HAVING count(DISTINCT s.city_id) = 2 AND 2 * count(DISTINCT o.node_id) >= json_array_length(:groups)
ORDER BY groups DESC, o.index_id
"""


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
    period = choose(connection, index, period).period
    root = scores(connection, index, index, period)
    over_all, over_comparable = counted(root)
    if len(over_all) < 2:
        return None
    standing = {group.node: group for group in groups(connection, index, period)}
    asked = {"index": index, "period": period, "groups": json.dumps([*standing])}
    shared = answers.rows(connection, _SHARED, asked)
    totals = {row["city"]: row["total"] for row in shared}
    first, second = _pair(over_all, totals, over_comparable)
    asked |= {"first": first, "second": second}
    brought = answers.rows(connection, _GROUPS, asked)
    with_score = sum(row["n"] > 0 for row in brought)
    compared = sum(group.bracket is None for group in standing.values())
    counts: list[tuple[str, Count, str, str, int, Mapping[str, float]]] = [
        (index, "all_known", "", "", with_score, over_all),
        (index, "shared", "", "", shared[0]["groups"] if shared else 0, totals),
        (index, "comparable", "", "", compared, over_comparable),
    ]
    for other, name_zh, name_en, n in answers.rows(connection, _OTHERS, asked):
        found, _ = counted(scores(connection, other, other, period))
        counts.append((other, "other", name_zh, name_en, n, found))
    ways = [
        Way(whose, count, name_zh, name_en, n, found[first] - found[second], _first(found))
        for whose, count, name_zh, name_en, n, found in counts
        if first in found and second in found
    ]
    ranked = all(row.bracket is None for row in root if row.city in (first, second))
    signs = {0 if abs(way.lead) < NOTHING else way.lead > 0 or -1 for way in ways}
    parts = [
        Part(node, each.name_zh, each.name_en, lead, n, each.cities, each.bracket is None)
        for node, n, lead in brought
        if lead is not None
        for each in [standing[node]]
    ]
    told = ranked and len(signs) == 1 and 0 not in signs
    told = told and apart(connection, index, period, first, second) is not False
    return Verdict(index, period, first, second, told, ranked, tuple(ways), tuple(parts))


def _pair(known: Mapping[str, float], *others: Mapping[str, float]) -> tuple[str, str]:
    """The first city over all known figures, and who is first otherwise, or else the second."""
    order = sorted(sorted(known), key=known.__getitem__, reverse=True)
    for found in filter(None, others):
        best = max(sorted(found), key=found.__getitem__)
        if best != order[0] and best in known and order[0] in found:
            return order[0], best
    return order[0], order[1]


def _first(found: Mapping[str, float]) -> str | None:
    """Who is first alone."""
    best = max(found.values())
    ahead = [city for city, value in found.items() if best - value < NOTHING]
    return ahead[0] if len(ahead) == 1 else None
