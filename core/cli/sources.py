"""``cityflux sources``: who publishes, how the last fetch went, and how the hosts are doing."""

from __future__ import annotations

from urllib.parse import urlsplit

import click

from cityflux.core.cli.output import json_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.catalog import sources as sources_of
from cityflux.storage.hosts import read_hosts

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
        rows = [dict(row) for row in sources_of(connection)]
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
