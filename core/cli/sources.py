"""``cityflux sources``: who publishes, how the last fetch went, and how the hosts are doing."""

from __future__ import annotations

import sqlite3
from urllib.parse import urlsplit

import click

from cityflux.core.cli.output import json_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session
from cityflux.storage.hosts import read_hosts

_SOURCES = """
WITH last AS (
    SELECT y.source_id, max(y.fetch_id) AS fetch_id,
        max(CASE WHEN y.outcome <> 'failed' THEN f.ended END) AS last_good
    FROM fetch_yields y JOIN fetches f ON f.id = y.fetch_id GROUP BY y.source_id
)
SELECT s.id, s.publisher, s.access, s.priority, s.schedule, s.vintage, s.licence, s.address,
    s.reference,
    (SELECT count(*) FROM observations o WHERE o.source_id = s.id) AS figures,
    f.started AS last_fetch, f.outcome, f.error, l.last_good
FROM sources s
LEFT JOIN last l ON l.source_id = s.id
LEFT JOIN fetches f ON f.id = l.fetch_id
ORDER BY s.priority, s.id
"""


_COUNTS = ("in_a_row", "failures", "requests")


@click.command(epilog="Example: cityflux sources --failed")
@click.option("--failed", is_flag=True, help="Only those whose last fetch failed.")
@json_option
@pass_session
def sources(session: Session, failed: bool, as_json: bool) -> None:
    """List the sources: publisher, access, schedule, figures, and how the last fetch went.

    Below stand the hosts that were asked: a circuit that is open lets nothing pass until the
    moment that is named.
    """
    with session.read() as connection:
        hosts = {host.host: host for host in read_hosts(connection)}
        connection.row_factory = sqlite3.Row
        rows = [dict(row) for row in connection.execute(_SOURCES)]
    for row in rows:
        if row["access"] == "live":
            row["schedule"] = session.config.schedule.get(row["id"], row["schedule"])
        host = hosts.get(urlsplit(row["address"]).netloc)
        row["host"] = host and host._asdict()
    if failed:
        rows = [row for row in rows if row["outcome"] == "failed"]
    if as_json:
        print_json(rows)
        return
    shown = (
        *("id", "publisher", "access", "schedule", "priority", "figures"),
        *("last_fetch", "outcome", "error"),
    )
    print_table(
        f"{len(rows)} sources",
        shown,
        [[None if row[column] == "" else row[column] for column in shown] for row in rows],
        color=session.color,
        right=("priority", "figures"),
    )
    live = {urlsplit(row["address"]).netloc for row in rows}
    shown_hosts = [host for name, host in hosts.items() if name in live]
    if shown_hosts:
        columns = (
            "host",
            "circuit",
            "open_until",
            "in_a_row",
            "failures",
            "requests",
            "last_error",
        )
        print_table(
            f"{len(shown_hosts)} hosts",
            columns,
            [[getattr(host, column) for column in columns] for host in shown_hosts],
            color=session.color,
            right=_COUNTS,
        )
