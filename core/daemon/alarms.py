"""Each change of state is told once: what fails, is well again or stale, who changed places."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from cityflux.core.daemon.webhook import Message, Webhook, message_of
from cityflux.storage.alarms import (
    clear_alarm,
    drop_messages,
    keep_message,
    keep_only_alarms,
    raise_alarm,
    read_alarms,
    read_messages,
    read_told_stale,
    save_told_stale,
)
from cityflux.storage.database import write
from cityflux.storage.results import read_ranks

#: What an alarm may be about besides the sources.
OWN = ("recompute", "backup", "triggers")
#: How many cities or indicators the text of a message names.
_NAMED = 10


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
        for number, message in read_messages(connection).items():
            webhook.send(message, number)

    def state(self, what: str, problem: str) -> None:
        """Say how something is doing.

        Args:
            what: the id of a source, or one of `OWN`.
            problem: why it fails; empty where it is well.
        """
        earlier = self._told.get(what, "")
        if problem == earlier:
            return
        message = None
        if not earlier:
            text = f"cityflux: {what} fails: {problem}"
            message = message_of("failed", text, what=what, problem=problem)
        elif not problem:
            text = f"cityflux: {what} is well again"
            message = message_of("recovered", text, what=what, problem=earlier)
        with self._telling(message):
            if problem:
                raise_alarm(self._connection, what, problem)
            else:
                clear_alarm(self._connection, what)
        self._told[what] = problem

    def stale(self, late: Mapping[str, int]) -> None:
        """Say which indicators are stale now, and how many days each is late."""
        if not self._webhook.wanted:
            return
        told = read_told_stale(self._connection)
        news, fresh = sorted(late.keys() - told), sorted(told - late.keys())
        if news:
            text = _listed(
                "stale indicators", [f"{name} ({late[name]} days late)" for name in news]
            )
            days = {name: late[name] for name in news}
            with self._telling(message_of("stale", text, indicators=days)):
                save_told_stale(self._connection, news, [])
        if fresh:
            text = _listed("no longer stale", fresh)
            with self._telling(message_of("fresh", text, indicators=fresh)):
                save_told_stale(self._connection, [], fresh)

    def forget_delivered(self) -> None:
        """Forget the messages that have arrived; to be called now and then."""
        if numbers := self._webhook.over():
            with write(self._connection):
                drop_messages(self._connection, numbers)

    def ranks(self) -> None:
        """Look who changed places in the indices since the last look."""
        earlier, present = self._ranks, self._read_ranks()
        for index_id, ranks in present.items():
            moved = [
                {"period": period, "city_id": city, "before": before, "after": rank}
                for (period, city), rank in ranks.items()
                if (before := earlier.get(index_id, {}).get((period, city), rank)) != rank
            ]
            if moved:
                lines = [
                    f"{each['city_id']} {each['period']}: {each['before']} → {each['after']}"
                    for each in moved
                ]
                text = _listed(f"ranks in {index_id}", lines)
                with self._telling(
                    message_of("ranks_changed", text, index=index_id, changes=moved)
                ):
                    pass
        self._ranks = present

    @contextmanager
    def _telling(self, message: Message | None) -> Iterator[None]:
        """A transaction in which a message is kept until it is delivered; then it is sent."""
        wanted = message if self._webhook.wanted else None
        with write(self._connection):
            yield
            number = keep_message(self._connection, wanted) if wanted else None
        if wanted:
            self._webhook.send(wanted, number)

    def _read_ranks(self) -> dict[str, dict[tuple[str, str], int]]:
        """The rank of each city in each index and period; nothing where nobody asks."""
        return read_ranks(self._connection) if self._webhook.wanted else {}


def _listed(what: str, lines: Sequence[str]) -> str:
    more = [f"{len(lines) - _NAMED} more"] if len(lines) > _NAMED else []
    return f"cityflux: {what}: {', '.join([*lines[:_NAMED], *more])}"
