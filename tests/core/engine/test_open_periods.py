"""Open periods: a year is there once something of it compares, and nobody writes it down."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cityflux.core.engine.compute import compute, evaluate
from cityflux.core.engine.open_periods import at_hand
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError
from cityflux.core.reading.indices import choose, definition_of
from cityflux.core.reading.scores import scores
from cityflux.storage.runs import is_current
from tests.core.engine.test_pipeline import database, index, put

__all__ = ["database"]  # a fixture

NEW = [("a", 1.0), ("b", 2.0), ("c", 4.0), ("d", 5.0)]


def periods(connection: sqlite3.Connection, **changes: Any) -> list[str]:
    return at_hand(connection, index(periods=changes)).periods.of


def fill(connection: sqlite3.Connection, name: str, *years: str, cities: int = 4) -> None:
    put(connection, name, [(c, year, v) for year in years for c, v in NEW[:cities]])


def test_a_year_is_there_once_an_indicator_has_figures_of_enough_cities(
    database: sqlite3.Connection,
) -> None:
    assert periods(database, **{"from": 2011}) == ["2011"]  # something to say that nothing is there
    fill(database, "x", "2010", "2011", "2012", "2014")
    fill(database, "y", "2015", cities=3)  # of four, 80 % are all
    fill(database, "z", "2016")  # no indicator of this index
    assert periods(database, **{"from": 2011}) == ["2011", "2012", "2014"]
    put(database, "y", [("d", "2015-12", 3.0), ("a", "2017-07", 3.0)])
    assert periods(database, **{"from": 2012}) == ["2012", "2014", "2015"]
    assert periods(database, of=["2011"]) == ["2011"]


def test_spans_end_with_the_years_that_are_there(database: sqlite3.Connection) -> None:
    fill(database, "x", *map(str, range(2011, 2022)))
    assert periods(database, **{"from": 2011, "spans": 10}) == ["2011/2020", "2012/2021"]
    fill(database, "y", "2013/2022", "2014/2022")  # printed for the span, and for another one
    of = periods(database, **{"from": 2011, "spans": 10})
    assert of == ["2011/2020", "2012/2021", "2013/2022"]
    found = evaluate(database, index(periods={"from": 2011, "spans": 10}), Methods())
    assert found.scores["period"].unique().sort().to_list() == of


def test_a_new_year_is_bracketed_until_it_compares_and_then_ranked(
    database: sqlite3.Connection,
) -> None:
    definition = index(periods={"from": 2019}, indicators=["x", "y", "z"])
    for name in ("x", "y", "z"):
        fill(database, name, "2019")
    compute(database, definition, Methods(), "1")
    assert choose(database, "i").periods == ["2019"]
    fill(database, "x", "2020")
    assert not is_current(database, "i", at_hand(database, definition).hash)
    compute(database, definition, Methods(), "1")
    assert is_current(database, "i", at_hand(database, definition).hash)
    assert definition_of(database, "i").periods.of == ["2019", "2020"]
    by_node = {
        node: {row.rank for row in scores(database, "i", node, "2020")} for node in ("i", "x")
    }
    assert by_node == {"i": {None}, "x": {1, 2, 3, 4}}
    fill(database, "y", "2020")
    compute(database, definition, Methods(), "1")
    assert {row.rank for row in scores(database, "i", "i", "2020")} == {1, 2, 3, 4}
    put(database, "y", [("d", "2020", 9.0)], "t")  # another figure makes no other definition
    before = at_hand(database, definition).hash
    compute(database, definition, Methods(), "1")
    assert at_hand(database, definition).hash == before


def test_what_is_divided_needs_its_divisor_in_that_year(database: sqlite3.Connection) -> None:
    fill(database, "x", "2019", "2020")
    fill(database, "z", "2019")
    divided = index(periods={"from": 2019}, indicators=["x"], denominators={"x": {"by": "z"}})
    assert at_hand(database, divided).periods.of == ["2019"]


def test_the_years_of_a_day_are_those_that_were_known_then(database: sqlite3.Connection) -> None:
    fill(database, "x", "2019")
    with database:
        database.execute("UPDATE observations SET recorded_at = '2020-01-01T00:00:00.000Z'")
    fill(database, "x", "2020")
    then = at_hand(database, index(periods={"from": 2019}), "2020-06-01T00:00:00.000Z")
    assert then.periods.of == ["2019"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({}, "write either of"),
        ({"of": ["2020"], "from": 2011}, "write either of"),
        ({"of": ["2020"], "spans": 10}, "spans goes with from"),
        ({"from": 2011, "spans": 1}, "periods.spans"),
        ({"from": "2011"}, "periods.from"),
    ],
)
def test_periods_are_written_in_one_way(written: dict[str, Any], said: str) -> None:
    with pytest.raises(IndexDefinitionError, match=said):
        index(periods=written)


def test_a_variant_of_an_open_index_is_open() -> None:
    whole = index(periods={"from": 2011, "spans": 10})
    assert whole.variant(exclude=["y"]).periods == whole.periods


def test_the_cities_of_the_bundled_indices_go_on(home: Path) -> None:
    with sqlite3.connect(home / "data" / "cityflux.db") as connection:
        connection.row_factory = sqlite3.Row
        assert choose(connection, "flow_index").periods == ["2011/2020"]
        assert choose(connection, "flow_index_yearly").periods[-1] == "2024"
        assert {*choose(connection, "main_cities_index").periods} >= {"2020", "2023"}
