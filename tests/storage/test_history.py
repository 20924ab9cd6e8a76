"""Changes and revisions, whoever writes: what was known, and when."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.changes import position
from cityflux.storage.database import now, open_database, write
from cityflux.storage.observations import read_series, remove_figures, store_figures

KEY = ("x", "a", "2020", "s")
REPLACE = (
    "INSERT OR REPLACE INTO observations (indicator_id, city_id, period, source_id, value) "
    "VALUES ('x', 'a', '2020', 's', ?)"
)


def prepare(connection: sqlite3.Connection) -> None:
    with write(connection):
        cities = [{"id": c, "name_zh": c, "name_en": c} for c in "ab"]
        catalog.save_cities(connection, cities)
        catalog.save_sources(connection, [{"id": "s", "publisher": "p"}])
        row = {"id": "x", "name_zh": "航运指数", "name_en": "Shipping", "unit": "个"}
        catalog.save_indicators(connection, [row])


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path / "t.db") as connection:
        prepare(connection)
        yield connection


def changes(connection: sqlite3.Connection) -> list[tuple[str, float | None, float | None]]:
    return connection.execute(
        "SELECT kind, old_value, new_value FROM changes ORDER BY seq"
    ).fetchall()


def revisions(connection: sqlite3.Connection) -> list[float]:
    rows = connection.execute("SELECT value FROM revisions ORDER BY recorded_at")
    return [value for (value,) in rows]


def tick() -> None:
    """Wait for the next millisecond: the finest difference between two moments."""
    moment = now()
    while now() == moment:
        pass


def store(connection: sqlite3.Connection, *figures: Figure) -> int:
    with write(connection):
        return store_figures(connection, "x", "s", figures)


def test_a_confirmed_figure_writes_nothing(database: sqlite3.Connection) -> None:
    figures = [Figure("a", "2020", 1.5), Figure("b", "2020", 2.5)]
    assert store(database, *figures) == 2
    before = database.execute("SELECT * FROM observations").fetchall()
    assert store(database, *figures) == 0
    assert database.execute("SELECT * FROM observations").fetchall() == before
    assert len(changes(database)) == position(database) == 2
    assert revisions(database) == []


def test_every_way_of_writing_counts(database: sqlite3.Connection) -> None:
    store(database, Figure("a", "2020", 1.0))
    database.execute("UPDATE observations SET value = 2")
    database.execute("UPDATE observations SET note = 'no change of a figure'")
    tick()
    database.execute(REPLACE, (3.0,))
    tick()
    database.execute("PRAGMA recursive_triggers = ON")
    database.execute(REPLACE, (4.0,))
    store(database, Figure("a", "2020", 5.0))
    database.execute("DELETE FROM observations")
    assert revisions(database) == [1, 2, 3, 4, 5]
    news = [new for kind, _, new in changes(database) if kind in ("insert", "update")]
    assert news == [1, 2, 3, 4, 5]
    assert changes(database)[-1] == ("delete", 5, None)


def test_two_changes_in_one_moment_are_two(database: sqlite3.Connection) -> None:
    store(database, Figure("a", "2020", 0.0))
    for value in range(1, 30):
        database.execute("UPDATE observations SET value = ?", (value,))
    assert revisions(database) == list(range(29))


def test_an_equal_replacement_is_no_news(database: sqlite3.Connection) -> None:
    store(database, Figure("a", "2020", 3.0))
    before = database.execute("SELECT * FROM observations").fetchall()
    tick()
    database.execute(REPLACE, (3.0,))
    assert database.execute("SELECT * FROM observations").fetchall() == before
    assert len(changes(database)) == 1


def test_a_change_of_status_is_a_change(database: sqlite3.Connection) -> None:
    store(database, Figure("a", "2020", 1.0))
    store(database, Figure("a", "2020", 1.0, "suspect", "ten times as much"))
    assert [kind for kind, *_ in changes(database)] == ["insert", "update"]
    assert database.execute("SELECT status FROM revisions").fetchall() == [("ok",)]
    assert read_series(database, ["x"]) == []
    assert len(database.execute("SELECT * FROM current_observations").fetchall()) == 0


def test_a_vanished_figure_stays_unless_it_was_derived(database: sqlite3.Connection) -> None:
    store(database, Figure("a", "2020", 1.0), Figure("b", "2020", 2.0))
    store(database, Figure("a", "2020", 1.0))
    assert database.execute("SELECT count(*) FROM observations").fetchone() == (2,)
    with write(database):
        assert remove_figures(database, "x", "s", [Figure("a", "2020", 1.0)]) == 1
    assert revisions(database) == [2]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), None, "much"])
def test_what_is_no_figure_is_refused_whole(database: sqlite3.Connection, value: object) -> None:
    rows = [("x", "b", "2020", "s", 1.0), ("x", "a", "2020", "s", value)]
    with pytest.raises(sqlite3.Error), write(database):
        database.executemany(
            "INSERT INTO observations (indicator_id, city_id, period, source_id, value) "
            "VALUES (?, ?, ?, ?, ?)",
            rows,
        )
    for table in ("observations", "changes", "revisions"):
        assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@pytest.mark.parametrize("key", [("y", "a", "s"), ("x", "atlantis", "s"), ("x", "a", "nobody")])
def test_what_the_catalogue_does_not_know_is_refused(
    database: sqlite3.Connection, key: tuple[str, str, str]
) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        database.execute(
            "INSERT INTO observations (indicator_id, city_id, source_id, period, value) "
            "VALUES (?, ?, ?, '2020', 1)",
            key,
        )


def test_the_last_change_stays(database: sqlite3.Connection) -> None:
    store(database, Figure("a", "2020", 1.0), Figure("b", "2020", 2.0))
    with pytest.raises(sqlite3.IntegrityError, match="the last change must stay"):
        database.execute("DELETE FROM changes")
    database.execute("DELETE FROM changes WHERE seq < 2")
    assert position(database) == 2


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["store", "update", "replace", "delete"]), st.integers(0, 3)),
        max_size=8,
    )
)
def test_what_was_known_at_every_moment(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    """Whatever is written, `read_series` tells what stood there at every moment before."""
    moments = (f"2000-01-01T00:00:{n:02d}.000Z" for n in itertools.count(1))
    with open_database(tmp_path_factory.mktemp("history") / "t.db") as connection:
        prepare(connection)
        known: list[tuple[str, float | None]] = []
        for action, value in steps:
            before = connection.execute("SELECT value FROM observations").fetchone()
            if action == "store":
                store(connection, Figure("a", "2020", float(value)))
            elif action == "update":
                connection.execute("UPDATE observations SET value = ?", (value,))
            elif action == "replace":
                connection.execute(REPLACE, (value,))
            else:
                connection.execute("DELETE FROM observations")
            after = connection.execute("SELECT value FROM observations").fetchone()
            moment = next(moments)
            if before != after:
                _date_back(connection, moment)
            known.append((moment, after[0] if after else None))
        for moment, value_then in known:
            found = read_series(connection, ["x"], as_of=moment)
            assert [series.values for series in found] == (
                [] if value_then is None else [[value_then]]
            )


def _date_back(connection: sqlite3.Connection, moment: str) -> None:
    """Give what was just written a moment of the test, as a clock of its own would have."""
    connection.execute(
        "UPDATE OR REPLACE revisions SET superseded_at = ? WHERE superseded_at > '2020'", (moment,)
    )
    connection.execute(
        "UPDATE observations SET recorded_at = ? WHERE recorded_at > '2020'", (moment,)
    )


def test_an_upsert_that_changes_nothing_leaves_no_revision(database: sqlite3.Connection) -> None:
    upsert = (
        "INSERT INTO observations (indicator_id, city_id, period, source_id, value) "
        "VALUES ('x', 'a', '2020', 's', 1.0) ON CONFLICT DO UPDATE SET value = excluded.value"
    )
    store(database, Figure("a", "2020", 1.0, "suspect", "why"))
    tick()
    with write(database):
        database.execute(upsert)
    assert revisions(database) == []
    assert [series.values for series in read_series(database, ["x"], as_of=now())] == []
    assert len(changes(database)) == 1
