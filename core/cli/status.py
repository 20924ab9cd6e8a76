"""``cityflux status``: how the daemon is doing, what is stored, what is late and what failed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Mapping
from typing import Any

import click

from cityflux.core.cli.output import json_option, number, print_json, print_table
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.runs import latest_runs
from cityflux.core.reading.status import counts, failed_fetches
from cityflux.storage.jobs import Job, read_daemon, read_jobs


def facts(session: Session, connection: sqlite3.Connection) -> dict[str, Any]:
    """Everything that status says, as one object."""
    from cityflux.storage.changes import position
    from cityflux.storage.staleness import read_late

    stale, without = read_late(connection)
    runs = [
        {
            "index_id": run.index_id,
            "run": run.id,
            "computed": run.ended,
            "changed": run.changed,
            "position": run.position,
            "up_to_date": bool(run.up_to_date),
        }
        for run in latest_runs(connection)
    ]
    return {
        "daemon": _daemon(session, connection),
        "sources": [_job(job) for job in read_jobs(connection).values()],
        "database": str(session.database),
        "bytes": session.database.stat().st_size,
        "change_position": position(connection),
        "counts": counts(connection),
        "stale": [each._asdict() for each in stale],
        "without_figure": without,
        "indices": runs,
        "failed": [dict(row) for row in failed_fetches(connection)],
    }


def _daemon(session: Session, connection: sqlite3.Connection) -> dict[str, Any] | None:
    """The state that the daemon wrote down, and whether it is still up."""
    from cityflux.core.app.lock import is_running

    state = read_daemon(connection)
    return state and {**state, "running": is_running(session.database)}


def _job(job: Job) -> dict[str, Any]:
    """A source's job; it is late when its time has passed and nothing runs."""
    from cityflux.storage.database import now

    late = job.next_run is not None and job.next_run < now() and not job.running_since
    return {**job._asdict(), "late": late}


@click.command(epilog="Example: cityflux status --json")
@click.option("--watch", is_flag=True, help="Show it again every two seconds, until stopped.")
@json_option
@pass_session
def status(session: Session, watch: bool, as_json: bool) -> None:
    """Say how the daemon is doing, what is stored, what is late and what failed last."""
    while True:
        with session.read() as connection:
            found = facts(session, connection)
        if watch and not as_json:
            click.clear()
        if as_json:
            print_json(found)
        else:
            _print(session, found)
        if not watch:
            return
        time.sleep(2)


def _print_daemon(session: Session, found: dict[str, Any]) -> None:
    state = found["daemon"]
    if not state or not state["running"]:
        click.echo("daemon: not running; start it with: cityflux run")
        return
    click.echo(f"daemon: up since {state['started']}, pid {state['pid']} on {state['host']}")
    if state["recomputed"]:
        click.echo(f"last recompute: {state['recomputed']}, {number(state['recompute_seconds'])} s")
    if state["problem"]:
        click.echo(f"problem: {state['problem']}")
    shown = ("source_id", "schedule", "next_run", "last_run", "last_success", "late", "error")
    print_table(
        f"{len(found['sources'])} sources",
        shown,
        [["yes" if job[c] is True else job[c] or None for c in shown] for job in found["sources"]],
        color=session.color,
    )


def _together(failed: Iterable[Mapping[str, str]]) -> list[tuple[str, str, str, str]]:
    """The failed fetches, the latest first; what failed together, such as all of a page, once."""
    from cityflux.core.refresh.tasks import named

    causes: dict[tuple[str, str], list[Mapping[str, str]]] = {}
    for row in failed:
        causes.setdefault((row["place"], row["error"]), []).append(row)
    found = []
    for (place, error), rows in causes.items():
        found.append(
            (named({row["indicator_id"] for row in rows}), place, rows[0]["started"], error)
        )
    return found


def _print(session: Session, found: dict[str, Any]) -> None:
    _print_daemon(session, found)
    rows = {**found["counts"]}
    suspect = rows.pop("suspect")
    counts = ", ".join(f"{number(count, 0)} {name}" for name, count in rows.items())
    click.echo(f"database: {found['database']} ({number(found['bytes'] / 2**20, 1)} MiB)")
    click.echo(f"holds: {counts}; {number(found['change_position'], 0)} changes so far")
    click.echo(f"suspect: {number(suspect, 0)} figures; see: cityflux indicators --suspect")
    click.echo(
        f"stale (later than their frequency allows): {len(found['stale'])} indicators; "
        f"without a figure: {found['without_figure']}; see: cityflux indicators --stale"
    )
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
            _together(found["failed"]),
            color=session.color,
        )
