"""What-if settings that were kept, beside the index as it is."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from cityflux.core.model.errors import UnknownName
from cityflux.core.reading import answers

_SCENARIOS = """
SELECT a.name, a.index_id, a.run_id, a.made, a.settings, a.version,
    a.run_id < (SELECT max(id) FROM runs r WHERE r.index_id = a.index_id) AS stale
FROM scenarios a WHERE a.index_id = ? ORDER BY a.made, a.id
"""
_BOARD = """
SELECT b.* FROM scenario_board b JOIN nodes n ON n.index_id = b.index_id AND n.node_id = b.node_id
WHERE b.index_id = ? AND b.scenario = ? ORDER BY n.sort_order, b.period, b.scenario_rank IS NULL,
    b.scenario_rank, b.city_id
"""


def scenarios(connection: sqlite3.Connection, index: str) -> list[dict[str, Any]]:
    """The scenarios of an index, the oldest first; ``stale`` where it was computed since."""
    rows = [dict(row) for row in answers.rows(connection, _SCENARIOS, (index,))]
    return [
        {**row, "settings": json.loads(row["settings"]), "stale": bool(row["stale"])}
        for row in rows
    ]


def scenario_board(connection: sqlite3.Connection, index: str, name: str) -> list[dict[str, Any]]:
    """Every node, city and period of a scenario beside the index, as the view of this name.

    Raises:
        UnknownName: the index has no such scenario.
    """
    rows = answers.rows(connection, _BOARD, (index, name))
    if not rows:
        known = ", ".join(each["name"] for each in scenarios(connection, index)) or "none"
        raise UnknownName(f"{index} has no scenario {name!r}; there are: {known}")
    return [dict(row) for row in rows]
