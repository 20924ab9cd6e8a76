"""Other figures and weights: as if they stood in the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cityflux.core.engine.audit.paths import Ground, ground_of
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.engine.whatif.outcome import moved
from cityflux.core.engine.whatif.settings import Setting, Settings, changed
from cityflux.core.model.errors import CityfluxError
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import write
from cityflux.storage.observations import store_figures
from tests.core.engine.figures import bundled, bundled_figures

RAIL, WAGE = "transport.rail_passengers", "people.average_wage"


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    with bundled_figures(tmp_path_factory.mktemp("whatif") / "figures.db") as opened:
        yield opened


def _ground(connection: sqlite3.Connection) -> Ground:
    return ground_of(connection, bundled("flow_index"), Methods())


def _scores(ground: Ground) -> Scores:
    return score(ground.definition, ground.panel, ground.directions, ground.methods)


@pytest.mark.parametrize(
    ("city", "indicator", "period"),
    [
        ("shanghai", WAGE, "2015"),  # a year that is known
        ("shanghai", "people.labour_force", "2019"),  # one that is not
        ("shanghai", RAIL, "2011/2020"),  # a span that was printed as one figure
        ("hangzhou", "science_innovation.rd_personnel", "2014"),  # of which nothing is known
    ],
)
def test_what_is_set_does_what_a_stored_figure_does(
    connection: sqlite3.Connection, city: str, indicator: str, period: str
) -> None:
    ground = _ground(connection)
    found = _scores(changed(ground, Settings((Setting(city, indicator, 12_345.0, period),))))
    connection.execute("SAVEPOINT aside")
    try:
        catalog.save_sources(connection, [{"id": "set", "publisher": "me", "priority": 0}])
        store_figures(connection, indicator, "set", [Figure(city, period, 12_345.0)])
        stored = _scores(_ground(connection))
    finally:
        connection.execute("ROLLBACK TO aside")
        connection.execute("RELEASE aside")
    for name in ("places", "values", "n"):
        theirs = getattr(stored.comparable, name)
        assert getattr(found.comparable, name) == pytest.approx(theirs, nan_ok=True, rel=1e-12)
    assert found.coverage.equals(stored.coverage)
    assert (found.comparable.reasons == stored.comparable.reasons).all()


def test_a_figure_of_a_span_stands_in_each_of_its_years(connection: sqlite3.Connection) -> None:
    ground = _ground(connection)
    before, place = _scores(ground), list(ground.definition.figures).index(WAGE)
    after = _scores(changed(ground, Settings((Setting("shanghai", WAGE, 9_999.0),))))
    assert after.comparable.figures is not None
    row = ground.definition.cities.index("shanghai")
    assert after.comparable.figures[row, place] == pytest.approx(9_999.0)
    assert (after.comparable.reasons == before.comparable.reasons).all()


def test_what_moved_is_told_with_ranks(connection: sqlite3.Connection) -> None:
    ground = _ground(connection)
    other = changed(ground, Settings((Setting("hangzhou", RAIL, 1e6),)))
    rows = {(row.node, row.city): row for row in moved(_scores(ground), _scores(other))}
    own = rows[RAIL, "hangzhou"]
    assert own.rank_after == 1
    assert own.change is not None
    assert own.change > 0
    still = rows["regional_pull", "beijing"]
    assert (still.change, still.rank_after) == (0.0, still.rank_before)


def test_a_weight_is_that_of_its_node_and_none_leaves_it_out(
    connection: sqlite3.Connection,
) -> None:
    ground = _ground(connection)
    group = ground.definition.children[ground.definition.id][0].id
    assert _scores(changed(ground, Settings(weights={group: 7.5}))).weights[group] == 7.5
    without = changed(ground, Settings(weights={group: 0}))
    assert group not in {node.id for node in without.definition.tree}
    rows = [*moved(_scores(ground), _scores(without))]
    assert all(row.after is None and row.change is None for row in rows if row.node == group)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings((Setting("paris", RAIL, 1.0),)), "flow_index has no city 'paris'"),
        (Settings((Setting("beijing", "no.such", 1.0),)), "flow_index uses no figure 'no.such'"),
        (Settings((Setting("beijing", RAIL, 1.0, "1999"),)), "'1999' is no part of the periods"),
        (Settings((Setting("beijing", RAIL, 1.0, "soon"),)), "'soon' is no part of the periods"),
        (Settings((Setting("beijing", RAIL, np.nan),)), "nan is no figure"),
        (
            Settings((Setting("beijing", RAIL, 1.0, "2015-07"),)),
            "is not made up of periods such as",
        ),
        (Settings(weights={"nobody": 1.0}), "no node 'nobody' with a weight"),
        (Settings(weights={"flow_index": 1.0}), "no node 'flow_index' with a weight"),
        (Settings(weights={"transport": -1.0}), "-1 is no weight"),
    ],
)
def test_what_cannot_be_set_is_refused_in_a_line(
    connection: sqlite3.Connection, settings: Settings, message: str
) -> None:
    with pytest.raises(CityfluxError, match=message):
        changed(_ground(connection), settings)


def test_a_computed_weight_cannot_be_set() -> None:
    from tests.core.engine.audit.worlds import ground

    computed: dict[str, Any] = {"levels": {"0": {"weighting": {"method": "standard_deviation"}}}}
    world = ground(np.exp(np.random.default_rng(0).normal(size=(5, 3))), **computed)
    with pytest.raises(CityfluxError, match="its weight is computed by standard_deviation"):
        changed(world, Settings(weights={"x0": 2.0}))


def test_nothing_is_written(connection: sqlite3.Connection, tmp_path: Path) -> None:
    before = connection.total_changes
    with write(connection):
        _scores(changed(_ground(connection), Settings((Setting("beijing", RAIL, 1.0),))))
    assert connection.total_changes == before
