"""The log of changes read backwards gives every earlier state of the figures."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cityflux.core.model.errors import StorageError
from cityflux.storage import catalog
from cityflux.storage.changes import position
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import read_series, source_order
from cityflux.storage.rewind import check_log, read_changes, read_directions
from tests.storage.test_history import prepare, tick

CITIES = st.sampled_from("ab")
VALUES = st.floats(-1e6, 1e6)
HANDS = st.one_of(
    st.tuples(st.just("put"), CITIES, VALUES),
    st.tuples(st.just("replace"), CITIES, VALUES),
    st.tuples(st.just("doubt"), CITIES, st.just(0.0)),
    st.tuples(st.just("delete"), CITIES, st.just(0.0)),
    st.tuples(st.just("move"), CITIES, st.just(0.0)),
    st.tuples(st.just("move and set"), CITIES, VALUES),
)
COLUMNS = "indicator_id, city_id, period, source_id, value"
SQL = {
    "put": f"INSERT INTO observations ({COLUMNS}) VALUES ('x', :city, '2020', 's', :value) "
    "ON CONFLICT DO UPDATE SET value = excluded.value",
    "replace": f"REPLACE INTO observations ({COLUMNS}) VALUES ('x', :city, '2020', 's', :value)",
    "doubt": "UPDATE observations SET status = 'suspect' WHERE city_id = :city",
    "delete": "DELETE FROM observations WHERE city_id = :city",
    "move": "UPDATE OR IGNORE observations SET city_id = :city",
    "move and set": "UPDATE OR IGNORE observations SET city_id = :city, value = :value",
}


def do(connection: sqlite3.Connection, hand: str, city: str, value: float) -> None:
    with write(connection):
        connection.execute(SQL[hand], {"city": city, "value": value})
    tick()


@settings(max_examples=40, deadline=None)
@given(st.lists(HANDS, max_size=8))
@example([("put", "a", 1.0), ("doubt", "a", 0.0), ("put", "a", 1.0), ("put", "a", 0.0)])
@example([("put", "a", 1.0), ("doubt", "a", 0.0), ("put", "a", 1.0), ("replace", "a", 5.0)])
def test_every_state_can_be_told_from_the_log(hands: list[tuple[str, str, float]]) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        open_database(Path(name) / "t.db") as connection,
    ):
        prepare(connection)
        states = {position(connection): read_series(connection, ["x"])}
        for hand in hands:
            do(connection, *hand)
            states[position(connection)] = read_series(connection, ["x"])
        for place, series in states.items():
            assert read_series(connection, ["x"], position=place) == series


def test_only_what_differs_in_the_end_is_a_change(tmp_path: Path) -> None:
    with open_database(tmp_path / "t.db") as connection:
        prepare(connection)
        do(connection, "put", "a", 1.0)
        do(connection, "put", "b", 2.0)
        start = position(connection)
        do(connection, "put", "a", 5.0)
        do(connection, "put", "a", 1.0)
        do(connection, "doubt", "b", 0.0)
        middle = position(connection)
        do(connection, "delete", "a", 0.0)
        (doubted,) = read_changes(connection, start, middle, ["x"])
        assert (doubted.city_id, doubted.before, doubted.after) == ("b", 2.0, 2.0)
        assert (doubted.status_before, doubted.status_after) == ("ok", "suspect")
        assert doubted.publisher == "p"
        (gone,) = read_changes(connection, middle, position(connection), ["x"])
        assert (gone.city_id, gone.before, gone.after) == ("a", 1.0, None)
        assert read_changes(connection, start, middle, ["y"]) == []


def test_priorities_and_directions_are_told_too(tmp_path: Path) -> None:
    with open_database(tmp_path / "t.db") as connection:
        prepare(connection)
        with write(connection):
            catalog.save_sources(connection, [{"id": "t", "publisher": "q", "priority": 500}])
        do(connection, "put", "a", 1.0)
        start = position(connection)
        with write(connection):
            connection.execute("UPDATE sources SET priority = 1 WHERE id = 't'")
            connection.execute("UPDATE indicators SET direction = -1 WHERE id = 'x'")
        assert source_order(connection) == ["t", "s"]
        assert source_order(connection, start) == ["s", "t"]
        assert read_directions(connection, start) == {"x": 1}
        assert read_directions(connection, position(connection)) == {"x": -1}


def test_a_log_that_was_thinned_out_is_not_trusted(tmp_path: Path) -> None:
    with open_database(tmp_path / "t.db") as connection:
        prepare(connection)
        for value in (1.0, 2.0, 3.0):
            do(connection, "put", "a", value)
        with write(connection):
            connection.execute("DELETE FROM changes WHERE seq = 2")
        check_log(connection, 2)
        with pytest.raises(StorageError, match="1 are no longer in the table changes"):
            check_log(connection, 1)
