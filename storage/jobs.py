"""What the daemon does: its own state, and the jobs of the sources."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cityflux.storage.database import upsert


class Job(NamedTuple):
    """When a source was and will be looked at; moments in ISO 8601, or None."""

    source_id: str
    schedule: str
    next_run: str | None
    last_run: str | None
    last_success: str | None
    running_since: str | None
    error: str


_JOBS = f"SELECT {', '.join(Job._fields)} FROM jobs"


def read_jobs(connection: sqlite3.Connection) -> dict[str, Job]:
    """All jobs, by source."""
    rows = connection.execute(f"{_JOBS} ORDER BY source_id")
    return {job.source_id: job for job in map(Job._make, rows)}


def read_troubled(connection: sqlite3.Connection, latest: str) -> list[Job]:
    """The jobs that failed, and those that were due before ``latest`` and do not run."""
    late = "running_since IS NULL AND next_run < ?"
    rows = connection.execute(f"{_JOBS} WHERE error <> '' OR {late} ORDER BY source_id", (latest,))
    return [*map(Job._make, rows)]


def save_jobs(connection: sqlite3.Connection, jobs: Iterable[Job]) -> None:
    """Insert or update jobs, within the caller's transaction."""
    upsert(connection, "jobs", [job._asdict() for job in jobs], ["source_id"])


def keep_only_jobs(connection: sqlite3.Connection, source_ids: Iterable[str]) -> None:
    """Forget the jobs of sources that are not scheduled any more."""
    kept = set(source_ids)
    gone = [(source_id,) for source_id in read_jobs(connection) if source_id not in kept]
    connection.executemany("DELETE FROM jobs WHERE source_id = ?", gone)


def last_runs(connection: sqlite3.Connection) -> dict[str, str]:
    """When each source was fetched last, by whichever process."""
    return dict(
        connection.execute(
            "SELECT y.source_id, max(f.started) FROM fetch_yields y "
            "JOIN fetches f ON f.id = y.fetch_id GROUP BY y.source_id"
        )
    )


def save_daemon(connection: sqlite3.Connection, state: Mapping[str, Any]) -> None:
    """Write down the state of the daemon, within the caller's transaction."""
    upsert(connection, "daemon", [{"id": 1, **state}], ["id"])


def read_daemon(connection: sqlite3.Connection) -> dict[str, Any] | None:
    """The state of the present daemon, or of the last one; None where there never was one."""
    cursor = connection.execute("SELECT * FROM daemon")
    row = cursor.fetchone()
    if row is None:
        return None
    return dict(zip((column[0] for column in cursor.description), row, strict=True))
