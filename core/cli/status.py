"""``cityflux status``: what is stored, what is late and what failed."""

from __future__ import annotations

import sqlite3
from typing import Any

import click

from core.cli.output import json_option, print_json, print_table
from core.cli.session import Session, pass_session

_FAILED = """
SELECT f.indicator_id, f.source_id, f.started, f.error FROM fetches f
WHERE f.outcome = 'failed' AND f.id = (SELECT max(id) FROM fetches g
    WHERE g.indicator_id = f.indicator_id AND g.source_id = f.source_id)
ORDER BY f.id DESC
"""
_RUNS = """
SELECT r.index_id, r.id AS run, r.ended AS computed, r.changed, r.position
FROM runs r WHERE r.id = (SELECT max(id) FROM runs q WHERE q.index_id = r.index_id)
ORDER BY r.index_id
"""


def facts(session: Session, connection: sqlite3.Connection) -> dict[str, Any]:
    """Everything that status says, as one object."""
    from storage.observations import position

    connection.row_factory = sqlite3.Row
    counts = {
        table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("indicators", "observations", "revisions", "fetches", "snapshots", "scores")
    }
    now_at = position(connection)
    runs = [dict(row) for row in connection.execute(_RUNS)]
    for run in runs:
        run["up_to_date"] = run["position"] == now_at
    (stale,) = connection.execute("SELECT count(*) FROM stale_indicators").fetchone()
    return {
        "database": str(session.database),
        "bytes": session.database.stat().st_size,
        "change_position": now_at,
        "counts": counts,
        "stale_indicators": stale,
        "indices": runs,
        "failed": [dict(row) for row in connection.execute(_FAILED)],
    }


@click.command(epilog="Example: cityflux status --json")
@json_option
@pass_session
def status(session: Session, as_json: bool) -> None:
    """Say what is stored, which indices are up to date, and which sources failed last."""
    with session.read() as connection:
        found = facts(session, connection)
    if as_json:
        print_json(found)
        return
    counts = ", ".join(f"{count:,} {name}" for name, count in found["counts"].items())
    click.echo(f"database: {found['database']} ({found['bytes'] / 2**20:.1f} MiB)")
    click.echo(f"holds: {counts}; {found['change_position']:,} changes so far")
    click.echo(f"late or without a figure: {found['stale_indicators']} indicators")
    print_table(
        "indices",
        ("index", "run", "computed", "scores changed", "up to date"),
        [
            (
                r["index_id"],
                r["run"],
                r["computed"],
                r["changed"],
                "yes" if r["up_to_date"] else "no",
            )
            for r in found["indices"]
        ],
        color=session.color,
        right=("run", "scores changed"),
    )
    if found["failed"]:
        print_table(
            "failed",
            ("what", "source", "when", "why"),
            [tuple(row.values()) for row in found["failed"]],
            color=session.color,
        )
