"""Anybody writes anything into a database that a job follows: `python -m tests.hands.rows`.

A round begins with a sound database. The writes are those of the stock sqlite-utils in the way that
its users write: foreign keys off, checks now and then off, too. After each of them the job follows,
as the daemon would, and people read. Nothing but our own errors and those of SQLite may come of it,
each one line. In the end `doctor --repair` mends the database, `doctor` finds nothing, and all
indices are what a computation in memory gives.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import click
from sqlite_utils import Database

from cityflux.core.app.doctor import examine
from cityflux.core.app.job import Job
from cityflux.core.app.repair import repair
from cityflux.core.app.session import Session
from cityflux.core.engine.compute import evaluate, score_rows
from cityflux.core.model.errors import CityfluxError
from cityflux.core.reading import figures, status
from cityflux.core.reading.scores import scores
from cityflux.core.web.server import DATABASE, make_datasette
from cityflux.storage.changes import position
from tests.conftest import run_module
from tests.hands import world

#: What may be raised: each a line that says what is wrong.
KNOWN = (CityfluxError, sqlite3.Error)

_TABLES = (
    *("observations", "cities", "sources", "indicators", "nodes", "scores", "runs", "changes"),
    *("indices", "definitions", "revisions", "weights", "jobs", "declared", "alarms", "breaks"),
    *("flows", "daemon", "_sqlite_migrations"),
)
_PERIODS = (
    "2020",
    "2021",
    "2020-Q3",
    "2020-07",
    "2021年",
    "",
    "2020,2021",
    "2020\n",
    "2020\0",
    "x",
)
_NAMES = (*world.CITIES, *world.INDICATORS, world.SOURCE, "a,b", "", "a\tb", "'", '"', "\0", "上海")
_VALUES = (0.0, -1.0, 1e300, 9e999, -9e999, None, 7, "text", "", b"\xff", 1e-300, 3.5, "9,9")
_COLUMNS = {
    "observations": ("period", "city_id", "source_id", "indicator_id", "value", "status", "note"),
    "sources": ("id", "priority", "publisher"),
    "indicators": ("id", "direction", "unit", "name_zh", "frequency"),
    "cities": ("id", "region", "latitude", "name_zh"),
    "indices": ("definition", "definition_hash", "id"),
    "nodes": ("weight", "parent_id", "level", "indicator_id"),
    "scores": ("score", "rank", "coverage", "period", "city_id"),
    "runs": ("position", "started", "definition_hash", "index_id"),
    "changes": ("indicator_id", "kind", "changed_at", "new_value"),
}


_COMMANDS = (
    *(
        ["show", "both"],
        ["show", "alone", "--json"],
        ["show", "both", "--leaves"],
        ["tree", "both"],
    ),
    *(["ranking", "both"], ["weights", "both"], ["adjustments", "both"], ["analyse", "both"]),
    *(
        ["status"],
        ["status", "--json"],
        ["indicators"],
        ["sources"],
        ["flows"],
        ["trends", "rows.p"],
    ),
    *(
        ["strengths", "shanghai", "both"],
        ["compare", "both"],
        ["compute"],
        ["refresh", "--offline"],
    ),
    *(["export", "figures", "figures.csv"], ["export", "scores", "scores.csv"]),
)


_PAGES = (
    *("/", "/-/index/both", "/-/index/alone?city=shanghai", "/-/city/shanghai", "/-/map"),
    *("/-/indicator/rows.p", "/-/search?q=rows", "/-/chart/ranking.svg?index=both"),
    *("/cityflux/observations", "/cityflux/scoreboard.json", "/-/fetch/1"),
    "/-/score?index=both&node=both&city=shanghai&period=2020",
)
_REPORT = ["report", "both", "--out", "report.md", "--format", "md"]


def write(db: Database, chance: random.Random) -> str:
    """Write something; returns what. What SQLite refuses is refused, and that is well."""
    act = chance.choice(_ACTS)
    try:
        db.execute(f"PRAGMA ignore_check_constraints = {chance.choice(('ON', 'OFF'))}")
        with db.atomic():
            return act(db, chance)
    except Exception as error:  # what sqlite-utils and SQLite refuse
        return f"refused: {error}"


def _insert(db: Database, chance: random.Random) -> str:
    row = {
        "indicator_id": chance.choice(_NAMES),
        "city_id": chance.choice(_NAMES),
        "period": chance.choice(_PERIODS),
        "source_id": chance.choice(_NAMES),
        "value": chance.choice(_VALUES),
        "status": chance.choice(("ok", "provisional", "suspect", "certain")),
    }
    if chance.random() < 0.7:  # most hands mean an indicator and a city that there are
        row |= {"indicator_id": chance.choice(world.INDICATORS), "source_id": world.SOURCE}
        row["city_id"] = chance.choice(world.CITIES)
    db.table("observations").insert(row, replace=chance.random() < 0.5)
    return f"insert {row}"


def _update(db: Database, chance: random.Random) -> str:
    table = chance.choice([*_COLUMNS])
    column = chance.choice(_COLUMNS[table])
    value = chance.choice((*_PERIODS, *_NAMES, *_VALUES))
    some = chance.choice(("1", "random() % 3 = 0", "random() % 2"))
    db.execute(f'UPDATE OR IGNORE "{table}" SET "{column}" = ? WHERE {some}', [value])
    return f"{table}.{column} = {value!r} where {some}"


def _garble(db: Database, chance: random.Random) -> str:
    """Bytes that are no UTF-8, as the stock sqlite3 takes them for a text."""
    table = chance.choice([*_COLUMNS])
    column = chance.choice(_COLUMNS[table])
    db.execute(
        f'UPDATE OR IGNORE "{table}" SET "{column}" = CAST(? AS TEXT) WHERE random() % 2',
        [chance.choice((b"\xff", b"2020\xff", b"\xe4\xb8", b"shanghai\xff"))],
    )
    return f"garble {table}.{column}"


def _delete(db: Database, chance: random.Random) -> str:
    table, some = chance.choice(_TABLES), chance.choice(("1", "random() % 2", "random() % 5 = 0"))
    db.table(table).delete_where(some)
    return f"delete from {table} where {some}"


def _drop(db: Database, chance: random.Random) -> str:
    kind = chance.choice(("trigger", "trigger", "view", "index", "table"))
    named = "SELECT name FROM sqlite_master WHERE type = ? AND sql IS NOT NULL ORDER BY name"
    names = [name for (name,) in db.execute(named, [kind]) if "_fts_" not in name]
    name = chance.choice(names)
    db.execute(f'DROP {kind} "{name}"')
    return f"drop {kind} {name}"


def _alter(db: Database, chance: random.Random) -> str:
    table = db.table(chance.choice(_TABLES))
    columns = [column.name for column in table.columns]
    act = chance.randrange(4)
    if act == 0:
        table.add_column(f"mine_{chance.randrange(1000)}", str)
    elif act == 1:
        table.transform(drop={chance.choice(columns)})
    elif act == 2:
        table.transform(types={chance.choice(columns): chance.choice((str, float, int))})
    else:
        db.execute("PRAGMA legacy_alter_table = ON")
        db.execute(f'CREATE TABLE other AS SELECT * FROM "{table.name}"')
        db.execute(f'DROP TABLE "{table.name}"')
        db.execute(f'ALTER TABLE other RENAME TO "{table.name}"')
    return f"alter {table.name} {act}"


_ACTS: tuple[Callable[[Database, random.Random], str], ...] = (
    *(_insert, _insert, _insert, _update, _update, _delete, _drop, _drop, _alter, _garble),
)


def follow(job: Job, connection: sqlite3.Connection) -> str:
    """What a turn of the daemon does; returns what it would say."""
    try:
        job.keep_catalogue()
        if position(connection) != job.position:
            return "; ".join(f"{name}: {error}" for name, error in job.follow().failed)
    except KNOWN as error:
        return str(error)
    return ""


def read(session: Session) -> str:
    """What people look at; returns what they are told instead, if anything."""
    try:
        with session.read() as connection:
            for index in world.INDICES:
                scores(connection, index, index)
            figures.figures_in_use(connection)
            status.counts(connection)
            status.late_indicators(connection)
    except KNOWN as error:
        return str(error)
    return ""


def browse(database: Path, paths: Sequence[str]) -> dict[str, str]:
    """Ask the web for pages; returns those at which it stumbles, and what it says."""
    try:
        site = make_datasette(database)
    except KNOWN:
        return {}  # `cityflux web` says the same and does not start

    async def ask() -> dict[str, str]:
        answers = {path: await site.client.get(path) for path in paths}
        return {path: each.text for path, each in answers.items() if each.status_code == 500}

    try:
        return asyncio.run(ask())
    finally:
        site.get_database(DATABASE).close()


def play(
    made: Session, folder: Path, chance: random.Random, writes: int, pages: int = 2
) -> list[str]:
    """One round; returns what was written.

    Args:
        made: from `tests.hands.world.make`.
        folder: for this round.
        chance: says what is done.
        writes: how many.
        pages: how many pages of the web are looked at, and with more than a few the report as well.

    Raises:
        AssertionError: the database is not sound in the end.
        Exception: anything that nobody may raise.
    """
    session, said = world.copy(made, folder), []
    with session.open() as connection:
        job = Job(connection, session)
        with closing(Database(session.database)) as db:
            for _ in range(writes):
                said.append(write(db, chance))
                told = follow(job, connection), read(session)
                assert not any("\n" in text.strip() for text in told), (told, said)
    stumbles = browse(session.database, chance.sample(_PAGES, pages))
    assert not stumbles, (stumbles, said)
    for command in [*chance.sample(_COMMANDS, 3), *([_REPORT] * (pages > 2))]:
        place = ("--config", str(made.config_file), "--database", str(session.database))
        done = run_module("cityflux", *place, *command, cwd=folder)
        assert "--debug" not in done.stderr, (command, done.stderr, said)
    for finding in examine(session):
        assert "\n" not in finding.detail.strip(), (finding, said)
    [*repair(session)]
    wrong = [finding for finding in examine(session) if finding.state == "failed"]
    assert not wrong, (wrong, said)
    failed = dict(world.compute(session).failed)
    with session.read() as connection:
        for index, definition in session.indices.items():
            if index in failed:
                _fails(connection, session, index)
                continue
            fresh = evaluate(connection, definition, session.methods)
            wanted = {each[:3]: each.score for each in score_rows(definition, fresh)}
            stored = connection.execute(
                "SELECT node_id, city_id, period, score FROM scores WHERE index_id = ?", (index,)
            )
            assert {row[:3]: row[3] for row in stored} == wanted, (index, said)
    return said


def _fails(connection: sqlite3.Connection, session: Session, index: str) -> None:
    """An index that was not computed cannot be computed."""
    try:
        evaluate(connection, session.indices[index], session.methods)
    except CityfluxError:
        return
    raise AssertionError(f"{index} can be computed, and was not")


@click.command()
@click.option("--writes", default=500, show_default=True)
@click.option("--of-round", default=10, show_default=True, help="Writes of one round.")
@click.option("--seed", default=None, type=int, help="The seed of the first round.")
def main(writes: int, of_round: int, seed: int | None) -> None:
    """Play rounds until there were so many writes."""
    first = random.SystemRandom().randrange(2**32) if seed is None else seed
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as name:
        made = world.make(Path(name))
        for number in range(-(-writes // of_round)):
            folder = Path(name) / str(number)
            folder.mkdir()
            click.echo(f"round {number}, seed {first + number}", err=True)
            said = play(made, folder, random.Random(first + number), of_round, len(_PAGES))
            counts.update(line.partition(" ")[0] for line in said)
    click.echo(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))


if __name__ == "__main__":
    main()
