"""From stored figures to stored scores, against computations by numpy alone."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.engine.compute import compute, evaluate
from cityflux.core.engine.definition.index import Definition, parse_definition, read_definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import NotEnoughData
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures
from cityflux.storage.runs import is_current

CITIES = ("a", "b", "c", "d")
INDICES = Path(__file__).resolve().parents[3] / "plugins" / "indices"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path / "t.db") as connection:
        with write(connection):
            catalog.save_cities(connection, [{"id": c, "name_zh": c, "name_en": c} for c in CITIES])
            catalog.save_sources(
                connection,
                [
                    {"id": "s", "publisher": "p", "priority": 2},
                    {"id": "t", "publisher": "q", "priority": 1},
                ],
            )
            for name in ("x", "y", "z"):
                row = {"id": name, "name_zh": name, "name_en": name, "unit": "个", "direction": 1}
                catalog.save_indicators(connection, [row])
        yield connection


def put(
    connection: sqlite3.Connection,
    indicator: str,
    rows: Iterable[tuple[str, str, float]],
    source: str = "s",
) -> None:
    with write(connection):
        store_figures(connection, indicator, source, [Figure(*row) for row in rows])


def index(**changes: Any) -> Definition:
    values = {
        "id": "i",
        "name_zh": "i",
        "name_en": "i",
        "cities": list(CITIES),
        "periods": {"of": ["2020"]},
        "indicators": ["x", "y"],
        **changes,
    }
    return parse_definition(values, "test")


def root(
    connection: sqlite3.Connection, definition: Definition, as_of: str | None = None
) -> dict[str, float | None]:
    found = evaluate(connection, definition, Methods(), as_of)
    return dict(found.scores.select("city", definition.id).iter_rows())


def z(values: list[float]) -> np.ndarray:
    column = np.array(values)
    result: np.ndarray = (column - column.mean()) / column.std(ddof=1)
    return result


def test_zscores_and_their_mean(database: sqlite3.Connection) -> None:
    x, y = [1.0, 2.0, 4.0, 8.0], [5.0, 3.0, 3.5, 1.0]
    put(database, "x", [(c, "2020", v) for c, v in zip(CITIES, x, strict=True)])
    put(database, "y", [(c, "2020", v) for c, v in zip(CITIES, y, strict=True)])
    expected = dict(zip(CITIES, (z(x) + z(y)) / 2, strict=True))
    assert root(database, index()) == pytest.approx(expected, rel=1e-12)
    turned = index(indicators=["x", {"id": "y", "direction": -1}])
    expected = dict(zip(CITIES, (z(x) - z(y)) / 2, strict=True))
    assert root(database, turned) == pytest.approx(expected, rel=1e-12)
    weighed = index(
        indicators=["x", {"id": "y", "weight": 3}], aggregation={"method": "weighted_sum"}
    )
    expected = dict(zip(CITIES, z(x) + 3 * z(y), strict=True))
    assert root(database, weighed) == pytest.approx(expected, rel=1e-12)


def test_the_best_source_stands_and_suspects_do_not(database: sqlite3.Connection) -> None:
    put(database, "x", [(c, "2020", float(n)) for n, c in enumerate(CITIES)])
    only_x = index(indicators=["x"])
    before = root(database, only_x)
    put(database, "x", [("a", "2020", 100.0)], source="t")
    assert root(database, only_x) == pytest.approx(
        dict(zip(CITIES, z([100.0, 1.0, 2.0, 3.0]), strict=True)), rel=1e-12
    )
    with write(database):
        store_figures(
            database, "x", "t", [Figure("a", "2020", 100.0, "suspect", "ten times as much")]
        )
    assert root(database, only_x) == before


def test_a_missing_child_leaves_its_weight_to_the_others(database: sqlite3.Connection) -> None:
    x, y = [1.0, 2.0, 4.0, 8.0], [5.0, 3.0, 3.5]
    put(database, "x", [(c, "2020", v) for c, v in zip(CITIES, x, strict=True)])
    put(database, "y", [(c, "2020", v) for c, v in zip(CITIES, y, strict=False)])
    definition = index(aggregation={"method": "weighted_sum"})
    found = evaluate(database, definition, Methods())
    scores = dict(found.scores.select("city", "i").iter_rows())
    assert scores["d"] == pytest.approx(2 * z(x)[3], rel=1e-12)
    assert dict(found.coverage.select("city", "i").iter_rows()) == {
        "a": 1,
        "b": 1,
        "c": 1,
        "d": 0.5,
    }
    strict = index(aggregation={"method": "mean", "threshold": 1})
    assert root(database, strict)["d"] is None


def test_single_periods_become_a_span(database: sqlite3.Connection) -> None:
    rows = [
        (c, str(year), float(n * year % 7))
        for n, c in enumerate(CITIES, 2)
        for year in range(2011, 2021)
    ]
    put(database, "x", [row for row in rows if row[:2] != ("a", "2015")])
    span = index(indicators=["x"], periods={"of": ["2011/2020"]})
    means = [
        float(np.mean([v for c, y, v in rows if c == city and (c, y) != ("a", "2015")]))
        for city in CITIES
    ]
    assert root(database, span) == pytest.approx(
        dict(zip(CITIES, z(means), strict=True)), rel=1e-12
    )
    found = evaluate(database, span, Methods())
    assert dict(found.coverage.select("city", "i").iter_rows()) == {
        "a": 0.9,
        "b": 1,
        "c": 1,
        "d": 1,
    }
    put(database, "x", [("a", "2011/2020", 50.0)])
    whole = evaluate(database, span, Methods())
    assert whole.coverage["i"].to_list() == [1, 1, 1, 1]
    assert dict(whole.scores.select("city", "i").iter_rows()) == pytest.approx(
        dict(zip(CITIES, z([50.0, *means[1:]]), strict=True)), rel=1e-12
    )


def test_months_become_a_year_and_never_mix_with_one(database: sqlite3.Connection) -> None:
    for n, city in enumerate(CITIES):
        put(
            database, "x", [(city, f"2020-{month:02d}", float(n + month)) for month in range(1, 13)]
        )
    summed = index(indicators=["x"], periods={"of": ["2020"], "reduce": "sum"})
    totals = [12.0 * n + 78 for n in range(4)]
    assert root(database, summed) == pytest.approx(dict(zip(CITIES, z(totals), strict=True)))
    put(database, "x", [("a", "2020", 500.0)])
    assert root(database, summed) == pytest.approx(
        dict(zip(CITIES, z([500.0, *totals[1:]]), strict=True))
    )


def test_years_compare_when_standardized_together(database: sqlite3.Connection) -> None:
    rows = [
        (c, str(y), float((n + 1) * (y - 2000))) for n, c in enumerate(CITIES) for y in (2019, 2020)
    ]
    put(database, "x", rows)
    definition = index(
        indicators=["x"],
        periods={"of": ["2019", "2020"]},
        standardization={"method": "zscore", "within": "all"},
    )
    found = evaluate(database, definition, Methods())
    expected = z([value for _, _, value in sorted(rows, key=lambda row: (row[1], row[0]))])
    assert found.scores["i"].to_list() == pytest.approx(expected.tolist(), rel=1e-12)
    assert found.ranks()["i"].to_list() == [4, 3, 2, 1] * 2


def test_the_index_as_it_was_known(database: sqlite3.Connection) -> None:
    only_x = index(indicators=["x"])
    put(database, "x", [(c, "2020", float(n)) for n, c in enumerate(CITIES)])
    before = root(database, only_x)
    (moment,) = database.execute("SELECT max(recorded_at) FROM observations").fetchone()
    with write(database):
        database.execute(
            "UPDATE observations SET value = 99, recorded_at = '2099-01-01T00:00:00.000Z' "
            "WHERE city_id = 'a'"
        )
        database.execute("UPDATE revisions SET superseded_at = '2099-01-01T00:00:00.000Z'")
    assert root(database, only_x) != before
    assert root(database, only_x, as_of=moment) == before
    notes = evaluate(database, only_x, Methods(), moment).notes
    assert notes == (f"x: of 4 figures, 0 were not known on {moment[:10]}, 1 were others",)
    put(database, "x", [("b", "2019", 5.0)])
    older = index(indicators=["x"], periods={"of": ["2019", "2020"]})
    assert "of 5 figures, 1 were not known" in evaluate(database, older, Methods(), moment).notes[0]
    assert evaluate(database, only_x, Methods()).notes == ()
    with pytest.raises(NotEnoughData, match="i has no data"):
        root(database, only_x, as_of="2000-01-01T00:00:00.000Z")


def test_a_run_stores_what_changed_and_knows_where_it_stood(database: sqlite3.Connection) -> None:
    definition = index(indicators=["x"])
    put(database, "x", [(c, "2020", float(n)) for n, c in enumerate(CITIES)])
    assert not is_current(database, definition.id, definition.hash)
    assert compute(database, definition, Methods(), "1").changed == 8
    assert is_current(database, definition.id, definition.hash)
    assert compute(database, definition, Methods(), "1").changed == 0
    put(database, "x", [("a", "2020", 0.5)])
    assert not is_current(database, definition.id, definition.hash)
    assert compute(database, definition, Methods(), "1").changed > 0
    other = index(indicators=["x"], periods={"of": ["2020"], "reduce": "sum"})
    assert not is_current(database, other.id, other.hash)


def test_nothing_is_stored_of_an_index_without_data(database: sqlite3.Connection) -> None:
    put(database, "x", [("a", "2020", 1.0)])
    with pytest.raises(NotEnoughData):
        compute(database, index(), Methods(), "1")
    for table in ("runs", "scores", "indices", "nodes"):
        assert database.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_neither_the_order_of_rows_nor_of_cities_matters(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    chance = random.Random(seed)
    figures = [(i, c, chance.gauss(0, 1)) for i in "xy" for c in CITIES if chance.random() < 0.9]
    results = []
    for _ in range(2):
        chance.shuffle(figures)
        cities = chance.sample(CITIES, len(CITIES))
        with open_database(tmp_path_factory.mktemp("order") / "t.db") as connection:
            with write(connection):
                catalog.save_cities(
                    connection, [{"id": c, "name_zh": c, "name_en": c} for c in CITIES]
                )
                catalog.save_sources(connection, [{"id": "s", "publisher": "p"}])
                for name in "xy":
                    row = {"id": name, "name_zh": name, "name_en": name, "unit": "个"}
                    catalog.save_indicators(connection, [row])
                for name, city, value in figures:
                    store_figures(connection, name, "s", [Figure(city, "2020", value)])
            try:
                results.append(root(connection, index(cities=cities)))
            except NotEnoughData:
                results.append({})
    missing = [{city for city, found in result.items() if found is None} for result in results]
    assert missing[0] == missing[1]
    known = [{c: v for c, v in result.items() if v is not None} for result in results]
    assert known[0] == pytest.approx(known[1], rel=1e-9, abs=1e-9)


def test_the_flow_index_is_the_papers_method(home: Path) -> None:
    """Σ weight × group score; a group without a score leaves its weight to its class."""
    definition = read_definition(INDICES / "flow_index.toml")
    with open_database(home / "data" / "cityflux.db") as connection:
        found = evaluate(connection, definition, Methods()).scores
    groups = {node.id: node for node in definition.tree if node.level == 2}
    assert len(groups) == 11
    assert sum(group.weight for group in groups.values()) == 34
    shanghai = found.filter(city="shanghai").to_dicts()[0]
    total = 0.0
    for name in {group.parent for group in groups.values()}:
        members = [group for group in groups.values() if group.parent == name]
        known = [group for group in members if shanghai[group.id] is not None]
        own = sum(group.weight * shanghai[group.id] for group in known)
        share = sum(group.weight for group in known) / sum(group.weight for group in members)
        total += own / share
    assert shanghai["flow_index"] == pytest.approx(total, rel=1e-12)


def test_what_the_last_run_used_and_touched_is_stored(database: sqlite3.Connection) -> None:
    put(database, "x", [(c, "2020", float(n)) for n, c in enumerate("abc")])
    put(database, "y", [(c, "2020", float(n * n)) for n, c in enumerate(CITIES)])
    minmax = {"method": "minmax"}
    filled = index(
        imputation={"method": "mean"}, weighting={"method": "entropy"}, standardization=minmax
    )
    run = compute(database, filled, Methods(), "1").run_id
    assert database.execute("SELECT * FROM adjustments").fetchall() == [
        ("i", "x", "d", "2020", "imputed", "mean", None, 1.0, run)
    ]
    rows = database.execute("SELECT node_id, weight, method, run_id FROM weights").fetchall()
    assert [(node, method, by) for node, _, method, by in rows] == [
        ("x", "entropy", run),
        ("y", "entropy", run),
    ]
    assert sum(weight for _, weight, _, _ in rows) == pytest.approx(1)
    run = compute(database, index(indicators=["x"]), Methods(), "1").run_id
    assert database.execute("SELECT * FROM adjustments").fetchall() == []
    rows = database.execute("SELECT node_id, weight, method, run_id FROM weights").fetchall()
    assert rows == [("x", 1.0, "", run)]
