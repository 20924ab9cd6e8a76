"""Each change of state is told once: what fails, what is well again, who changed places."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable

from core.daemon.webhook import Webhook
from storage.alarms import clear_alarm, keep_only_alarms, raise_alarm, read_alarms
from storage.database import write

#: What an alarm may be about besides the sources.
OWN = ("recompute", "backup")
#: How many cities a message names.
_NAMED = 10

Ranks = dict[str, dict[tuple[str, str], int]]

_RANKS = """
SELECT s.index_id, s.period, s.city_id, s.rank
FROM scores s
JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id AND n.parent_id IS NULL
WHERE s.rank IS NOT NULL ORDER BY s.index_id, s.period, s.rank, s.city_id
"""


class Alarms:
    """Compares with what was told, which the database keeps, and tells what is new.

    Args:
        connection: for writing; the same one at every call.
        webhook: who is told.
        sources: those that are scheduled; alarms of others are dropped.
    """

    def __init__(
        self, connection: sqlite3.Connection, webhook: Webhook, sources: Iterable[str]
    ) -> None:
        self._connection, self._webhook = connection, webhook
        with write(connection):
            keep_only_alarms(connection, [*sources, *OWN])
        self._told = read_alarms(connection)
        self._ranks = self._read_ranks()

    def state(self, what: str, problem: str) -> None:
        """Say how something is doing.

        Args:
            what: the id of a source, or one of `OWN`.
            problem: why it fails; empty where it is well.
        """
        earlier = self._told.get(what, "")
        if problem == earlier:
            return
        with write(self._connection):
            if problem:
                raise_alarm(self._connection, what, problem)
            else:
                clear_alarm(self._connection, what)
        self._told[what] = problem
        if not earlier:
            text = f"cityflux: {what} fails: {problem}"
            self._webhook.tell("failed", text, what=what, problem=problem)
        elif not problem:
            text = f"cityflux: {what} is well again"
            self._webhook.tell("recovered", text, what=what, problem=earlier)

    def ranks(self) -> None:
        """Look who changed places in the indices since the last look."""
        earlier, self._ranks = self._ranks, self._read_ranks()
        for index_id, ranks in self._ranks.items():
            moved = [
                {"period": period, "city_id": city, "before": before, "after": rank}
                for (period, city), rank in ranks.items()
                if (before := earlier.get(index_id, {}).get((period, city), rank)) != rank
            ]
            if moved:
                lines = [
                    f"{each['city_id']} {each['period']}: {each['before']} → {each['after']}"
                    for each in moved[:_NAMED]
                ]
                more = [f"{len(moved) - _NAMED} more"] if len(moved) > _NAMED else []
                text = f"cityflux: ranks in {index_id}: {', '.join(lines + more)}"
                self._webhook.tell("ranks_changed", text, index=index_id, changes=moved)

    def _read_ranks(self) -> Ranks:
        """The rank of each city in each index and period; nothing where nobody asks."""
        found: Ranks = defaultdict(dict)
        if self._webhook.wanted:
            for index_id, period, city, rank in self._connection.execute(_RANKS):
                found[index_id][period, city] = rank
        return found
