"""Measures of flows as indicators: they follow the flows, by whichever hand, and name them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import run_module

SOURCE = "openflights.routes"
ROUTES = [
    ("shanghai", "beijing", 6.0),
    ("beijing", "shanghai", 6.0),
    ("shanghai", "london", 2.0),
    ("london", "shanghai", 2.0),
]


def by_hand(folder: Path, *statements: str, rows: list[tuple[Any, ...]] | None = None) -> None:
    with closing(sqlite3.connect(folder / "data" / "cityflux.db")) as connection:
        for statement in statements:
            if rows is None:
                connection.execute(statement)
            else:
                connection.executemany(statement, rows)
        connection.commit()


def asked(folder: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "data" / "cityflux.db")) as connection:
        return connection.execute(query).fetchall()


def figures(folder: Path, indicator: str) -> dict[str, float]:
    query = f"SELECT city_id, value FROM current_observations WHERE indicator_id = '{indicator}'"
    return dict(asked(folder, query))


def compute(folder: Path) -> None:
    done = run_module("cityflux", "compute", "paper_published", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_measures_follow_the_flows_by_whichever_hand(home: Path) -> None:
    by_hand(
        home,
        "INSERT INTO flows VALUES ('air_routes', ?, ?, '2014-06', ?, ?, '条', NULL)",
        rows=[(origin, destination, SOURCE, value) for origin, destination, value in ROUTES],
    )
    compute(home)
    assert figures(home, "flows.air.scale") == {"shanghai": 16, "beijing": 12, "london": 4}
    assert figures(home, "flows.air.range") == {"shanghai": 1, "beijing": 0.5, "london": 0.5}
    assert figures(home, "flows.air.international") == {"shanghai": 0.25, "beijing": 0, "london": 1}
    assert figures(home, "flows.air.dominance")["shanghai"] == 16 / 8
    assert figures(home, "flows.air.distance")["beijing"] == pytest.approx(1068, abs=5)

    by_hand(home, "UPDATE flows SET value = 9 WHERE destination_id = 'london'")
    compute(home)
    assert figures(home, "flows.air.scale") == {"shanghai": 23, "beijing": 12, "london": 11}
    assert asked(
        home,
        "SELECT origin_id, destination_id, value, own FROM flow_provenance "
        "WHERE indicator_id = 'flows.air.scale' AND city_id = 'london'",
    ) == [
        ("beijing", "shanghai", 6, 0),
        ("london", "shanghai", 2, 1),
        ("shanghai", "beijing", 6, 0),
        ("shanghai", "london", 9, 1),
    ]

    by_hand(home, "DELETE FROM flows")
    compute(home)
    assert figures(home, "flows.air.scale") == {}
    assert asked(home, "SELECT * FROM flow_derivations") == []


def test_flows_of_two_sources_are_never_mixed(home: Path) -> None:
    by_hand(
        home,
        "INSERT INTO flows VALUES ('people', ?, ?, '2020', ?, ?, '万人次', NULL)",
        rows=[
            ("shanghai", "beijing", "baidu.migration", 366.0),
            ("shanghai", "hangzhou", "cityflux.derived", 1.0),
        ],
    )
    compute(home)  # the better one of the two is the derived one
    assert figures(home, "flows.people.scale") == {"shanghai": 1, "hangzhou": 1}
    by_hand(home, "DELETE FROM flows WHERE source_id = 'cityflux.derived'")
    compute(home)
    assert figures(home, "flows.people.scale") == {"shanghai": 366, "beijing": 366}
    assert figures(home, "flows.people.frequency") == {"shanghai": 1, "beijing": 1}  # leap year


def test_a_change_of_a_flow_is_in_the_log(home: Path) -> None:
    before = asked(home, "SELECT max(seq) FROM changes")[0][0]
    by_hand(
        home,
        "INSERT INTO flows VALUES ('goods', 'shanghai', 'beijing', '2020', 'baidu.migration', "
        "3, '万吨', NULL)",
        "UPDATE flows SET fetch_id = NULL",  # which is no change
        "UPDATE flows SET value = 4",
        "DELETE FROM flows",
    )
    query = (
        "SELECT kind, indicator_id, city_id, period, old_value, new_value FROM changes "
        f"WHERE seq > {before} ORDER BY seq"
    )
    key = ("flow", "goods", None, "2020")
    assert asked(home, query) == [
        (*key, None, 3),
        (*key, 3, None),
        (*key, None, 4),
        (*key, 4, None),
    ]
