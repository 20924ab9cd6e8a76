"""What is kept in memory between two computations is used only as long as nobody changed it."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cityflux.core.engine import panel
from cityflux.core.engine.compute import compute, evaluate, score_rows
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog, observations
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures
from cityflux.storage.read_only import read_database

CITIES = ("a", "b", "c", "d")
NAMES = ("x", "y", "z")
YEARS = ("2018", "2019", "2020")


def index(name: str, names: tuple[str, ...], periods: list[str]) -> Definition:
    """An index over some of the indicators."""
    return parse_definition(
        {
            "id": name,
            "name_zh": name,
            "name_en": name,
            "cities": [*CITIES],
            "periods": {"of": periods},
            "standardization": {"method": "minmax"},
            "indicators": [*names],
        },
        "test",
    )


INDICES = (
    index("years", NAMES, [*YEARS]),
    index("span", ("z", "y"), ["2018/2020", "2020"]),
)

#: What a hand may do with the stock tools: each with a city, another one, an indicator and a value.
HANDS = (
    "UPDATE observations SET value = :value WHERE city_id = :city AND indicator_id = :name",
    "UPDATE observations SET status = 'suspect' WHERE city_id = :city AND indicator_id = :name",
    "UPDATE OR REPLACE observations SET city_id = :other WHERE city_id = :city AND period = '2019'",
    "UPDATE OR IGNORE observations SET period = '2017', value = :value WHERE city_id = :city",
    "UPDATE OR REPLACE observations SET indicator_id = :name WHERE city_id = :city",
    "DELETE FROM observations WHERE city_id = :city AND indicator_id = :name",
    "REPLACE INTO observations (indicator_id, city_id, period, source_id, value) "
    "VALUES (:name, :city, '2020', 't', :value)",
    "UPDATE sources SET priority = 5 - priority",
    "UPDATE indicators SET direction = -direction WHERE id = :name",
    "DELETE FROM changes WHERE seq < (SELECT max(seq) FROM changes)",
    "DROP TRIGGER IF EXISTS observations_delete",
    "DROP TRIGGER IF EXISTS observations_move",
    "UPDATE scores SET score = :value, coverage = 0.5, n = 9 WHERE city_id = :city",
    "UPDATE scores SET rank = 2, bracket = 'mine' WHERE city_id = :city",
    "DELETE FROM scores WHERE city_id = :city",
    "DELETE FROM scores WHERE index_id = 'span'",
    "UPDATE OR REPLACE scores SET city_id = :other WHERE city_id = :city",
    "REPLACE INTO scores SELECT index_id, node_id, city_id, period, :value, rank, coverage, "
    "run_id, comparable_score, n, bracket FROM scores WHERE city_id = :city AND node_id = :name",
    "INSERT OR IGNORE INTO scores (index_id, node_id, city_id, period, coverage, run_id) "
    "SELECT index_id, node_id, city_id, '1999', 1, run_id FROM scores WHERE city_id = :city",
    "UPDATE OR REPLACE scores SET index_id = 'years' WHERE index_id = 'span' AND node_id = 'y'",
    "DROP TRIGGER IF EXISTS scores_update_is_told",
    "UPDATE scores SET n = 8 WHERE city_id = :city",
    "UPDATE nodes SET weight = 7, name_zh = 'mine'",
    "UPDATE indices SET definition = 'mine'",
    "DELETE FROM weights",
)
WRITES = st.lists(
    st.tuples(
        st.sampled_from(HANDS),
        st.sampled_from(CITIES),
        st.sampled_from(CITIES),
        st.sampled_from(NAMES),
        st.sampled_from((0.0, 1.0, 2.5, 7.0)),
        st.booleans(),
    ),
    min_size=1,
    max_size=6,
)


def fill(connection: sqlite3.Connection) -> None:
    """Cities, sources, indicators, and figures of every year."""
    with write(connection):
        names = [{"id": name, "name_zh": name, "name_en": name} for name in (*CITIES, *NAMES)]
        catalog.save_cities(connection, names[: len(CITIES)])
        catalog.save_sources(connection, [{"id": name, "publisher": "p"} for name in "st"])
        rows = [{**row, "unit": "个"} for row in names[len(CITIES) :]]
        catalog.save_indicators(connection, rows)
        for i, name in enumerate(NAMES):
            figures = [
                Figure(city, year, float((i + 3) * (j + 1) * int(year) % 17))
                for j, city in enumerate(CITIES)
                for year in YEARS
            ]
            store_figures(connection, name, "s", figures)


def check(path: Path, connection: sqlite3.Connection) -> None:
    """Compute by a connection that keeps what it read; the same must come of a fresh look."""
    for definition in INDICES:
        try:
            compute(connection, definition, Methods(), "0")
        except Exception as error:
            with read_database(path) as fresh, pytest.raises(type(error)):
                evaluate(fresh, definition, Methods())
            continue
        with read_database(path) as fresh:
            wanted = [*score_rows(definition, evaluate(fresh, definition, Methods()))]
            stored = fresh.execute(
                "SELECT node_id, city_id, period, score, rank, coverage, comparable_score, n, "
                "bracket FROM scores WHERE index_id = ? ORDER BY 1, 2, 3",
                (definition.id,),
            ).fetchall()
            mine = fresh.execute(
                "SELECT count(*) FROM nodes WHERE index_id = ? AND name_zh = 'mine'",
                (definition.id,),
            ).fetchone()
        assert stored == [tuple(row) for row in wanted]
        assert mine == (0,)


@settings(max_examples=5, deadline=None)
@given(WRITES)
@example([(hand, "a", "b", "y", 2.5, False) for hand in HANDS])
@example([(hand, "b", "a", "z", 7.0, True) for hand in HANDS])
def test_whoever_writes_the_result_is_that_of_a_fresh_look(
    writes: list[tuple[str, str, str, str, float, bool]],
) -> None:
    with tempfile.TemporaryDirectory() as name, open_database(Path(name) / "t.db") as connection:
        fill(connection)
        check(Path(name) / "t.db", connection)
        with closing(sqlite3.connect(Path(name) / "t.db", isolation_level=None)) as others:
            for hand, city, other, indicator, value, ours in writes:
                asked = {"city": city, "other": other, "name": indicator, "value": value}
                (connection if ours else others).execute(hand, asked)
                check(Path(name) / "t.db", connection)


def test_only_what_changed_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    real = observations.read_series

    def spy(connection: sqlite3.Connection, names: list[str], *rest: object) -> object:
        read.append([*names])
        return real(connection, names, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(panel, "read_series", spy)
    with open_database(tmp_path / "t.db") as connection:
        fill(connection)
        for _ in range(2):  # storing the first scores changes the schema, and that is no reason
            compute(connection, INDICES[0], Methods(), "0")
        with closing(sqlite3.connect(tmp_path / "t.db", isolation_level=None)) as others:
            others.execute("UPDATE observations SET value = 3 WHERE indicator_id = 'y'")
        compute(connection, INDICES[0], Methods(), "0")
    assert read == [[*NAMES], ["y"]]
