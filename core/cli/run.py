"""``cityflux run`` and ``cityflux refresh``."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.output import console, json_option, print_json, progress
from cityflux.core.cli.session import Session, pass_session

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.reading.scores import Score
    from cityflux.core.refresh.runner import Summary


def _report(lines: list[tuple[str, str]], color: bool) -> None:
    """Name what failed, a line each, on standard error."""
    out = console(color, stderr=True)
    for name, error in lines:
        out.print(f"failed: {name}: {error}", style="red", markup=False, soft_wrap=True)


def _refresh(session: Session, connection: sqlite3.Connection, **options: Any) -> Summary:
    """Fetch, with a line for each source that is left out and a bar that moves on."""
    from cityflux.core.app.fetching import fetch
    from cityflux.core.refresh.tasks import left_out

    if not any(options.values()):  # all sources are asked
        for line in left_out(session.plugins, session.config.secrets):
            click.echo(f"left out: {line}", err=True)
    with progress("refreshing", session.color) as moved:
        return fetch(connection, session, **options, progress=moved)


@click.command(epilog="Example: cityflux run --once --offline")
@click.option("--once", is_flag=True, help="Do it once and exit; without it, stay up.")
@click.option("--offline", is_flag=True, help="Ask no host: only figures that came with a plugin.")
@click.option(
    "--as-service",
    type=click.Choice(["systemd", "launchd", "container"]),
    help="Do not run: write the file with which this service manager keeps it up.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Where to write that file.")
@click.argument("index", required=False)
@pass_session
def run(
    session: Session,
    once: bool,
    offline: bool,
    as_service: str | None,
    out: Path | None,
    index: str | None,
) -> int:
    """Stay up: fetch what is due, and recompute the indices whenever a figure changes.

    With --once refresh every source, compute every index, print INDEX (or the default one).
    """
    if as_service:
        from cityflux.core.cli.service import write_unit

        write_unit(session, as_service, out)
        return 0
    if out:
        raise click.UsageError("--out goes with --as-service")
    if not once:
        return _stay_up(session)
    from cityflux.core.app.job import Job
    from cityflux.core.cli.notes import count_notes
    from cityflux.core.cli.scoreboard import print_scoreboard
    from cityflux.core.cli.verdict import print_verdict
    from cityflux.core.model.errors import IndexDefinitionError
    from cityflux.core.reading.scores import scores

    try:
        definition = session.index(index)
    except IndexDefinitionError:
        if not session.wrong_indices:
            raise
        definition = None  # the others are none the worse for it
    fresh = not session.database.exists()
    with session.open() as connection:
        job = Job(connection, session)
        failed = job.note_broken()
        summary = _refresh(session, connection, offline=offline)
        outcome = job.compute()
        failed += summary.failures() + outcome.failed + outcome.broken
        click.echo(
            f"{summary.tasks} sources: {summary.figures} figures read, {summary.changed} new or "
            f"different, {summary.unchanged} sources unchanged, {summary.trouble}; "
            f"{outcome.derived} derived figures changed; {len(outcome.computed)} indices computed",
            err=True,
        )
        for done in outcome.computed:
            count_notes(done)
        click.echo(f"the database is {session.database}" + ", made now" * fresh, err=True)
        _report(failed, session.color)
        if definition and definition.id not in dict(outcome.failed):
            rows = scores(connection, definition.id, definition.id)
            print_scoreboard(definition, rows, color=session.color)
            _print_classes(connection, definition.id)
            print_verdict(connection, definition.id, rows, None, color=session.color)
            failed += _audit(session, connection, definition)
            for each in [] if index else session.config.indices.beside:
                if each in session.indices and each != definition.id:
                    _print_beside(session.indices[each], scores(connection, each, each), session)
                    _print_classes(connection, each)
                    failed += _audit(session, connection, session.indices[each], brief=True)
    return 1 if failed else 0


def _print_beside(definition: Definition, rows: Sequence[Score], session: Session) -> None:
    """Print the cities of another index, and how many were ranked in each period."""
    from cityflux.core.cli.scoreboard import print_scoreboard
    from cityflux.core.words.catalogue import CODES, text

    if not rows:
        return
    click.echo()
    print_scoreboard(definition, rows, color=session.color)
    ranked = {row.period: 0 for row in rows} | Counter(row.period for row in rows if row.rank)
    counts = ", ".join(f"{period}: {ranked[period]}" for period in sorted(ranked))
    click.echo()
    for language in CODES:
        click.echo(text(language, "bracket.ranked_by_period", counts=counts))


def _print_classes(connection: sqlite3.Connection, index_id: str) -> None:
    """Print how many figures of an index come from official tables, from second hand, and so on."""
    from cityflux.core.reading.classes import figures_by_class
    from cityflux.core.words.catalogue import CODES
    from cityflux.core.words.classes import by_class

    found = figures_by_class(connection, index_id)
    lines = [line for code in CODES if (line := by_class(code, found))]
    for line in ["", *lines] if lines else []:
        click.echo(line)


def _audit(
    session: Session, connection: sqlite3.Connection, definition: Definition, brief: bool = False
) -> list[tuple[str, str]]:
    """Audit the index that is printed, unless that was done, and print how sure its ranks are.

    Brief is what the audit tells in words, without the interval of each city.
    """
    from cityflux.core.app.audits import keep_audited
    from cityflux.core.cli.audited import print_audit
    from cityflux.core.model.errors import CityfluxError, StorageError

    try:
        keep_audited(connection, session, definition)
    except StorageError:
        raise  # nothing is wrong with the index
    except CityfluxError as error:
        lines = [(f"audit of {definition.id}", str(error))]
        _report(lines, session.color)
        return lines
    print_audit(connection, definition.id, None, color=session.color, brief=brief)
    return []


def _stay_up(session: Session) -> int:
    from cityflux.core.daemon.service import Service

    Service(session.again).run()
    return 0


@click.command(epilog="Example: cityflux refresh overall_economy.gdp")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--offline", is_flag=True, help="Ask no host: only figures that came with a plugin.")
@click.option(
    "--from-snapshots",
    is_flag=True,
    help="Ask nobody: read the documents that are kept once more, after a parser was mended.",
)
@json_option
@pass_session
def refresh(
    session: Session, ids: tuple[str, ...], offline: bool, from_snapshots: bool, as_json: bool
) -> int:
    """Fetch the figures of the indicators, flows or sources ID, or of all of them."""
    from cityflux.core.app.job import Job
    from cityflux.core.model.errors import PluginError
    from cityflux.core.model.near import meant
    from cityflux.core.refresh.tasks import users

    known = {**session.plugins.indicators, **session.plugins.flows}
    served = users(session.plugins)
    ids = tuple(each for name in ids for each in served.get(name, [name]))
    if unknown := [name for name in ids if name not in known]:
        hint = meant(unknown[0], known, "list them with: cityflux indicators")
        raise PluginError(f"no plugin gives the indicator {unknown[0]!r}; {hint}")
    with session.open() as connection:
        job = Job(connection, session)
        failed = job.note_broken()
        summary = _refresh(
            session, connection, only=ids, offline=offline, from_snapshots=from_snapshots
        )
        outcome = job.compute(())
    failed += summary.failures() + outcome.failed + outcome.broken
    if as_json:
        print_json(
            {
                "sources": summary.tasks,
                "figures": summary.figures,
                "changed": summary.changed,
                "unchanged": summary.unchanged,
                "suspect": summary.suspect,
                "derived_changed": outcome.derived,
                "failed": [{"name": name, "error": error} for name, error in failed],
            }
        )
    else:
        click.echo(
            f"{summary.tasks} sources: {summary.figures} figures read, {summary.changed} new or "
            f"different, {summary.unchanged} sources unchanged, {summary.trouble}"
        )
        _report(failed, session.color)
    return 1 if failed else 0
