"""`cityflux doctor --repair`: what a hand broke is mended, after a copy, and nothing is lost."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from cityflux.core.app.doctor import Finding, examine
from cityflux.core.app.repair import repair
from cityflux.core.app.session import Session
from cityflux.core.model.errors import StorageError
from cityflux.storage.alarms import save_told_stale
from cityflux.storage.blueprint import blueprint
from cityflux.storage.database import write
from cityflux.storage.fetches import Answer, begin_fetch, end_fetch
from cityflux.storage.housekeeping import Policy, run_housekeeping
from tests.conftest import Cityflux
from tests.hands import world
from tests.test_stored_rows import PAST_CHECKS, by_hand, made, row, scores, session

__all__ = ["by_hand", "made", "session"]  # fixtures


def failed(session: Session) -> list[Finding]:
    return [finding for finding in examine(session) if finding.state == "failed"]


def aside(session: Session) -> list[tuple[str, dict[str, object]]]:
    with session.read() as connection:
        rows = connection.execute("SELECT table_name, body FROM quarantine ORDER BY id").fetchall()
    return [(table, json.loads(body)) for table, body in rows]


@pytest.mark.parametrize(
    ("script", "check", "moved"),
    [
        (row(period="'2021年'"), "figures", ["observations"]),
        (row(value="9e999"), "figures", ["observations"]),
        (row(status="'certain'"), "figures", ["observations"]),
        ("DELETE FROM cities WHERE id = 'shanghai'", "foreign keys", []),
        ("DELETE FROM indicators WHERE id = 'rows.r'", "foreign keys", []),
        ("UPDATE observations SET city_id = 'a,b' WHERE city_id = 'beijing' "
         "AND indicator_id = 'rows.p'", "foreign keys", ["observations"]),
        ("DROP TRIGGER observations_insert", "triggers", []),
        ("DROP TRIGGER observations_insert; CREATE TRIGGER observations_insert "
         "AFTER INSERT ON observations BEGIN SELECT 1; END", "triggers", []),
        ("DROP TABLE scores", "tables", []),
        ("DROP TABLE changes", "tables", []),
        ("DROP TABLE observations; CREATE TABLE observations (city_id, period, value)",
         "tables", []),
        ("DROP TABLE indicators_fts", "search", []),
        ("DROP TABLE _sqlite_migrations", "schema", []),
        ("DELETE FROM _sqlite_migrations WHERE name = 'first_tables'", "schema", []),
    ],
)  # fmt: skip
def test_what_is_broken_is_mended(
    session: Session, by_hand: Callable[[str], None], script: str, check: str, moved: list[str]
) -> None:
    by_hand(script)
    found = failed(session)
    assert check in {each.check for each in found}
    assert any("cityflux doctor --repair" in each.detail for each in found), found
    lines = [*repair(session)]
    assert failed(session) == []
    assert [table for table, _ in aside(session)] == moved
    with closing(sqlite3.connect(lines[0].removeprefix("a copy as it was: "))) as copy:
        assert copy.execute("SELECT count(*) FROM sqlite_master").fetchone() > (20,)
    if "DROP TABLE observations" not in script:
        assert world.compute(session).failed == []
        before = scores(session)
        world.compute(session, force=True)
        assert scores(session) == before
        assert len(before) == 4 * 5


def test_a_table_that_another_tool_made_anew_has_its_checks_again(
    session: Session, by_hand: Callable[[str], None]
) -> None:
    by_hand(
        "CREATE TABLE other AS SELECT indicator_id, city_id, period, source_id, value, status, "
        "fetch_id, recorded_at FROM observations; DROP TABLE observations;"
        "PRAGMA legacy_alter_table = ON; ALTER TABLE other RENAME TO observations;"
    )
    by_hand(row(period="'2021年'"))
    by_hand("UPDATE observations SET value = 'a text' WHERE period = '2020' AND rowid = 1")
    assert {"tables", "triggers"} <= {finding.check for finding in failed(session)}
    assert world.compute(session).failed == []
    assert "observations_insert: made again" in " ".join(repair(session))
    assert failed(session) == []
    assert [body["value"] for _, body in aside(session)] == ["a text", 9.0]


def test_more_columns_are_nobodys_damage(session: Session, by_hand: Callable[[str], None]) -> None:
    with session.open() as connection:
        tables = [thing.name for thing in blueprint().values() if thing.kind == "table"]
    for table in tables:
        by_hand(f"ALTER TABLE {table} ADD COLUMN mine TEXT DEFAULT 'x'")
    assert failed(session) == []
    answers = [Answer(name, sha256(name.encode()).hexdigest(), name.encode) for name in "ab"]
    with session.open() as connection:
        with write(connection):
            fetch = begin_fetch(connection, "rows.p", world.SOURCE, "a", "2020-01-01T00:00:00.000Z")
            end_fetch(connection, fetch, "stored", answers, 1, 1)
            save_told_stale(connection, ["rows.p"], [])
        assert run_housekeeping(connection, Policy(1, 1)).fetches == 0
    assert world.compute(session, force=True).failed == []


def test_damaged_pages_are_not_mended_and_the_copy_is_named(session: Session) -> None:
    folder = session.config.backup.folder
    with session.database.open("r+b") as file:
        file.seek(session.database.stat().st_size // 2)
        file.write(b"\xff" * 40_000)
    with pytest.raises(StorageError, match=f"there is none in {folder}"):
        [*repair(session)]
    assert "docs/operations.md" in failed(session)[0].detail


def test_the_command_mends_and_then_looks(home: Path, cityflux: Cityflux) -> None:
    database = home / "data" / "cityflux.db"
    assert cityflux("doctor", "--repair").returncode == 0
    assert [*database.parent.glob("*-20*.db")] == []  # nothing was wrong, so no copy
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(PAST_CHECKS + "DROP VIEW provenance")
    done = cityflux("doctor", "--repair")
    assert done.returncode == 0, done.stdout
    assert "mended a copy as it was: " in done.stdout
    assert "mended view provenance: made again" in done.stdout
    assert "FAILED" not in done.stdout
