"""Whether the daemon is well, read from the database, so that any process can ask."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta

from cityflux.storage.alarms import read_alarms
from cityflux.storage.changes import first_after
from cityflux.storage.database import as_moment, as_text
from cityflux.storage.jobs import read_daemon, read_troubled

#: How long past its time a source may be before it is late.
ALLOWED = timedelta(minutes=5)
#: How old the last sign of life may be: it comes every half minute.
LONGEST_SILENCE = timedelta(minutes=2)


def problems(connection: sqlite3.Connection, now: datetime | None = None) -> list[str]:
    """What is wrong, a line each; nothing where all is well.

    Args:
        connection: any connection.
        now: the present moment; that of the clock if left out.
    """
    moment = now or datetime.now(UTC)
    state = read_daemon(connection)
    if state is None or state["stopped"]:
        return ["no daemon is running"]
    found = []
    beat = as_moment(state["beat"])
    if beat is None or moment - beat > LONGEST_SILENCE:
        found.append(f"the daemon has given no sign of life since {state['beat']}")
    if state["problem"]:
        found.append(f"recompute: {state['problem']}")
    if state["recomputed"] and _behind(connection, state["position"], moment):
        found.append("the indices do not know the last changes")
    alarms = read_alarms(connection)
    found += [f"{what}: {alarms[what]}" for what in ("backup", "triggers") if what in alarms]
    for job in read_troubled(connection, as_text(moment - ALLOWED)):
        found.append(f"{job.source_id}: {job.error or f'was due at {job.next_run}'}")
    return found


def _behind(connection: sqlite3.Connection, known: int, moment: datetime) -> bool:
    first = as_moment(first_after(connection, known))
    return first is not None and moment - first > ALLOWED
