"""``cityflux sources``: who publishes, and how the last fetch went."""

from __future__ import annotations

import sqlite3

import click

from core.cli.output import json_option, print_json, print_table
from core.cli.session import Session, pass_session

_SOURCES = """
SELECT s.id, s.publisher, s.access, s.priority, s.schedule, s.vintage, s.licence, s.address,
    s.reference,
    (SELECT count(*) FROM observations o WHERE o.source_id = s.id) AS figures,
    f.started AS last_fetch, f.outcome, f.error
FROM sources s
LEFT JOIN fetches f ON f.id = (SELECT max(id) FROM fetches WHERE source_id = s.id)
ORDER BY s.priority, s.id
"""


@click.command(epilog="Example: cityflux sources --failed")
@click.option("--failed", is_flag=True, help="Only those whose last fetch failed.")
@json_option
@pass_session
def sources(session: Session, failed: bool, as_json: bool) -> None:
    """List the sources: publisher, access, priority, figures, and how the last fetch went."""
    with session.read() as connection:
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(_SOURCES)]
    if failed:
        rows = [row for row in rows if row["outcome"] == "failed"]
    if as_json:
        print_json(rows)
        return
    shown = ("id", "publisher", "access", "priority", "figures", "last_fetch", "outcome", "error")
    print_table(
        f"{len(rows)} sources",
        shown,
        [[row[column] for column in shown] for row in rows],
        color=session.color,
        right=("priority", "figures"),
    )
