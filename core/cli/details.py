"""What the last run of an index used and touched: weights, imputed and treated figures."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import TYPE_CHECKING, Literal

from cityflux.core.cli.output import print_json, print_table
from cityflux.core.engine.tree import effective_weights

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition

_ADJUSTMENTS = """
SELECT a.node_id, a.city_id, a.period, a.method, a.before, a.after
FROM adjustments a
JOIN nodes n ON n.index_id = a.index_id AND n.node_id = a.node_id
WHERE a.index_id = ? AND a.kind = ?
ORDER BY n.sort_order, a.period, a.city_id
"""
_WEIGHTS = """
SELECT n.node_id, n.parent_id, n.name_zh, n.level, n.weight, coalesce(w.weight, 1.0),
    coalesce(w.method, '')
FROM nodes n
LEFT JOIN weights w ON w.index_id = n.index_id AND w.node_id = n.node_id
WHERE n.index_id = ?
ORDER BY n.sort_order
"""


def print_adjustments(
    connection: sqlite3.Connection,
    definition: Definition,
    kind: Literal["imputed", "treated"],
    *,
    as_json: bool,
    color: bool,
) -> None:
    """Print every figure that was imputed, or treated: before and after, and by which method."""
    rows = connection.execute(_ADJUSTMENTS, (definition.id, kind)).fetchall()
    columns = ["indicator", "city", "period", "method", "before", "after"]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    title = f"{definition.name_zh} ({definition.id}): {len(rows)} figures {kind}"
    print_table(title, columns, rows, color=color, right=["before", "after"])


def print_weights(
    connection: sqlite3.Connection, definition: Definition, *, as_json: bool, color: bool
) -> None:
    """Print the weight of every node: as written, as used, and its share of the whole index."""
    rows = connection.execute(_WEIGHTS, (definition.id,)).fetchall()
    shares = effective_weights({row[0]: row[1] for row in rows}, {row[0]: row[5] for row in rows})
    if as_json:
        print_json(
            [
                {
                    "node": node,
                    "written": written,
                    "used": used,
                    "method": method or None,
                    "share": shares[node],
                }
                for node, _, _, _, written, used, method in rows
            ]
        )
        return
    print_table(
        f"{definition.name_zh} ({definition.id}): weights",
        ["node", "written", "used", "method", "share"],
        [
            ["  " * level + (name or node), written, used, method or None, f"{shares[node]:.2%}"]
            for node, _, name, level, written, used, method in rows
        ],
        color=color,
        right=["written", "used", "share"],
    )


def imputed_below(
    connection: sqlite3.Connection, definition: Definition
) -> Counter[tuple[str, str, str]]:
    """How many imputed figures each score rests on, by node, city and period."""
    above = {leaf.id: (leaf.id, *leaf.path) for leaf in definition.leaves}
    rows = connection.execute(
        "SELECT node_id, city_id, period FROM adjustments WHERE index_id = ? AND kind = 'imputed'",
        (definition.id,),
    )
    return Counter(
        (node, city, period) for leaf, city, period in rows for node in above.get(leaf, ())
    )
