"""What an expert must know of a node to rate it: names, what is counted, and how much is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from cityflux.core.reading import answers

_NODES = """
SELECT n.name_zh, n.name_en, coalesce(i.definition, '') AS definition,
    (SELECT avg(s.coverage) FROM scores s WHERE s.index_id = n.index_id AND s.node_id = n.node_id
        AND s.period = (SELECT max(period) FROM scores k WHERE k.index_id = n.index_id
            AND k.node_id = n.index_id)) AS coverage
FROM nodes n LEFT JOIN indicators i ON i.id = n.indicator_id
WHERE n.index_id = ? AND n.node_id = ?
"""


class AskedNode(NamedTuple):
    """A node; ``coverage`` is the mean over the cities in the last period, None before any run."""

    name_zh: str
    name_en: str
    definition: str
    coverage: float | None


def asked_nodes(
    connection: sqlite3.Connection, index: str, nodes: Sequence[str]
) -> dict[str, AskedNode]:
    """Some nodes by id; one that the index has no more has no names."""
    found = {name: AskedNode(name, name, "", None) for name in nodes}
    for name in found:
        if row := answers.first(connection, _NODES, (index, name)):
            found[name] = AskedNode(*row)
    return found
