"""Missing figures: drawn so that intervals hold what they say, and never from nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cityflux.core.engine.audit.assumptions import Assumptions, Error, Missing, Weights
from cityflux.core.engine.audit.auditing import Audit, audit
from cityflux.core.engine.audit.auditor import Auditor
from cityflux.core.engine.audit.completion import complete
from cityflux.core.engine.audit.drawing import Plan
from cityflux.core.engine.audit.gathering import Settings
from cityflux.core.engine.audit.paths import Ground, ground_of
from cityflux.core.engine.audit.versions import Versions, copies, single_periods, versions_of
from cityflux.core.engine.definition.choices import Standardization
from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures
from tests.core.engine.audit.worlds import ground


def panel(cities: int, indicators: int, years: int, seed: int) -> Floats:
    """Figures with two factors, cities that are special, and years that drift."""
    random = np.random.default_rng(seed)
    size = random.normal(size=(cities, 2)) @ np.abs(random.normal(size=(2, indicators)))
    own = size + 0.4 * random.normal(size=size.shape)
    drift = 0.08 * random.normal(size=(cities, indicators, years)).cumsum(axis=2)
    return np.asarray(np.exp(3 + own[..., None] + drift))


def without(x: Floats, share: float, seed: int) -> Floats:
    """The same without a share of its series."""
    out = x.copy()
    out[np.random.default_rng(seed).random(x.shape[:2]) < share] = np.nan
    return out


def test_what_is_known_stays_and_the_same_seed_fills_the_same() -> None:
    x = without(panel(12, 6, 2, 1), 0.3, 2)
    signs = np.array([1.0, -1.0, 1.0, 1.0, 1.0, -1.0])
    one, two = (list(complete(x, 3, np.random.default_rng(5), signs=signs)) for _ in range(2))
    gap = np.isnan(x)
    for copy, again in zip(one, two, strict=True):
        assert np.array_equal(copy[~gap], x[~gap])
        assert np.isfinite(copy).all()
        assert np.array_equal(copy, again)
    assert not np.array_equal(one[0][gap], one[1][gap])


def test_an_indicator_or_city_without_figures_and_a_constant_are_no_obstacle() -> None:
    x = panel(12, 5, 3, 3)
    x[:, 1], x[4], x[:, 2], x[:, 3] = np.nan, np.nan, 7.0, -x[:, 3]
    for copy in complete(x, 2, np.random.default_rng(1), signs=np.ones(5)):
        assert np.isfinite(copy).all()
    alone = x[:, :, :1]
    for copy in complete(alone, 2, np.random.default_rng(1), signs=np.ones(5)):
        assert np.isfinite(copy).all()


def test_intervals_hold_what_they_say() -> None:
    """A short form of ``python -m benchmarks.audit calibration``: 30 % of series, three seeds."""
    scores, places = [], []
    for seed in (1, 2, 3):
        x = panel(36, 12, 1, seed)
        truth, gone = x[:, :, 0], without(x, 0.3, seed)[:, :, 0]
        world = ground(gone)
        drawn = complete(gone[:, :, None], 100, np.random.default_rng(seed), signs=np.ones(12))
        values = np.stack([each[:, :, 0] for each in drawn])
        found = audit(
            world, Assumptions(), Settings(100, 0), versions=Versions(values, "filled", seen(gone))
        )
        right = audit(ground(truth), Assumptions(), Settings(2, 0))
        low, _, high = found.scores[:, :, 0]
        scores.append((low <= right.scores[1, :, 0]) & (right.scores[1, :, 0] <= high))
        low, _, high = found.ranks[:, :, 0]
        places.append((low <= right.ranks[1, :, 0]) & (right.ranks[1, :, 0] <= high))
    assert 0.82 <= np.mean(scores) <= 0.96
    assert np.mean(places) >= 0.9


def seen(x: Floats) -> Any:
    return ~np.isnan(x).all(axis=1)


def test_versions_side_by_side_are_the_engine_one_by_one() -> None:
    x = panel(10, 5, 1, 4)[:, :, 0]
    changes = {
        "treatment": {"winsorize": 1, "skewness": 0.5, "kurtosis": 0.5},
        "denominators": {"x1": {"by": "x4", "scale": 10}},
        "nodes": [{"id": "g", "name_zh": "g", "name_en": "g", "indicators": ["x3", "x4"]}],
        "indicators": ["x0", "x1", "x2"],
    }
    world = ground(np.concatenate([x, x * 1.1]), periods=2, **changes)
    random = np.random.default_rng(2)
    values = np.concatenate([x, x * 1.1]) * (1 + 0.1 * random.normal(size=(4, 20, 5)))
    values[:, 3:6, 0], values[:, :, 2] = values[:, 2:3, 0], np.round(values[:, :, 2], -1)  # ties
    versions = Versions(values, "none", np.ones(20, dtype=bool))
    ways = [Standardization(method=m) for m in ("minmax", "percentile_rank", "distance_to_best")]
    ways += [Standardization(method="rank", ties=t) for t in ("min", "max", "average", "dense")]  # type: ignore[call-arg]
    ways += [Standardization(method="goalposts", lower=1, upper=90)]  # type: ignore[call-arg]
    varied = Assumptions(standardization=ways)
    plan = Plan(world.definition, varied, versions=4)
    together, apart = Auditor(world, plan, versions), Auditor(world, plan, versions)
    apart.__dict__["_side_by_side"] = False
    draws = plan.realize(np.random.default_rng(1).random((30, 2)))
    for found, expected in zip(
        *(a.scores(draws)[0].values() for a in (together, apart)), strict=True
    ):
        assert np.allclose(found, expected, rtol=1e-10, atol=1e-10)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path / "t.db") as connection:
        yield connection


def stored(connection: sqlite3.Connection, x: Floats, own: int, years: str) -> Ground:
    """An index over the first cities of a panel that is stored, with the others beside them."""
    cities = [f"c{i}" for i in range(len(x))]
    names = [f"x{j}" for j in range(x.shape[1])]
    with write(connection):
        catalog.save_cities(connection, [{"id": c, "name_zh": c, "name_en": c} for c in cities])
        catalog.save_sources(connection, [{"id": "s", "publisher": "s"}])
        catalog.save_indicators(
            connection, [{"id": x, "name_zh": x, "name_en": x, "unit": "-"} for x in names]
        )
        for j, name in enumerate(names):
            figures = [
                Figure(cities[i], str(2015 + t), float(x[i, j, t]))
                for i, t in zip(*np.nonzero(np.isfinite(x[:, j])), strict=True)
            ]
            store_figures(connection, name, "s", figures)
    definition = parse_definition(
        {
            "id": "i",
            "name_zh": "i",
            "name_en": "i",
            "cities": cities[:own],
            "periods": {"of": [years]},
            "indicators": names,
        },
        "test",
    )
    return ground_of(connection, definition, Methods())


def audited(connection: sqlite3.Connection, world: Ground, varied: Assumptions) -> Audit:
    versions = versions_of(connection, world, varied, 1)
    return audit(world, varied, Settings(100, 0), versions=versions)


def test_single_years_are_filled_before_they_are_reduced(database: sqlite3.Connection) -> None:
    x = panel(26, 6, 3, 5)
    x[0, 0, 1:], x[3, 2] = np.nan, np.nan
    world = stored(database, x, 24, "2015/2017")
    found = copies(database, world, Missing(copies=5), 1)
    assert found.shape == (5, 24, 6)
    assert found[:, 1, 1] == pytest.approx(x[1, 1].mean())
    assert len(np.unique(found[:, 0, 0])) == 5  # one year of three is known
    assert copies(database, world, Missing(copies=5), 1) is found
    assert single_periods(["2015/2017", "2016", "2017-Q2"]) == ["2015", "2016", "2017", "2017-Q2"]


def test_few_cities_borrow_from_the_others(database: sqlite3.Connection) -> None:
    x = panel(30, 8, 2, 6)
    truth = x[0, 0].mean()
    x[0, 0] = np.nan
    world = stored(database, x, 5, "2015/2016")
    drawn = copies(database, world, Missing(copies=100), 1)[:, 0, 0]
    assert np.quantile(drawn, 0.01) < truth < np.quantile(drawn, 0.99)
    spread = np.log(drawn).std()
    with write(database):
        database.execute("DELETE FROM observations WHERE city_id NOT IN ('c0','c1','c2','c3','c4')")
    alone = copies(
        database, ground_of(database, world.definition, world.methods), Missing(copies=100), 1
    )
    assert spread < np.log(alone[:, 0, 0]).std()


def test_missing_figures_widen_and_a_complete_city_has_an_interval_too(
    database: sqlite3.Connection,
) -> None:
    x = panel(24, 6, 1, 7)
    x[:8, :2] = np.nan
    world = stored(database, x, 24, "2015")
    found = audited(database, world, Assumptions())
    assert found.missing == "filled"
    low, _, high = found.scores[:, :, 0]
    width = high - low
    assert (width[8:] > 0).all()
    assert width[:8].mean() > 2 * width[8:].mean()
    never = audited(database, world, Assumptions(missing=Missing(fill="never")))
    assert (never.missing, never.copies) == ("left", 0)
    assert (never.scores[0] == never.scores[2])[~np.isnan(never.scores[0])].all()


def test_with_nothing_missing_every_draw_is_the_same(database: sqlite3.Connection) -> None:
    found = audited(database, stored(database, panel(22, 4, 2, 8), 22, "2015/2016"), Assumptions())
    assert (found.missing, found.copies) == ("none", 0)
    assert np.array_equal(found.scores[0], found.scores[2])


def test_a_year_of_a_span_is_missing_too(database: sqlite3.Connection) -> None:
    x = panel(22, 4, 2, 8)
    x[0, 0, 1] = np.nan
    found = audited(database, stored(database, x, 22, "2015/2016"), Assumptions())
    assert (found.missing, found.copies) == ("filled", 200)
    assert found.scores[0, 0, 0] < found.scores[2, 0, 0]


def test_a_city_without_figures_is_not_ranked(database: sqlite3.Connection) -> None:
    x = panel(22, 4, 1, 9)
    x[5], x[6, 0] = np.nan, np.nan
    found = audited(database, stored(database, x, 22, "2015"), Assumptions())
    assert np.isnan(found.ranks[:, 5, 0]).all()
    assert not np.isnan(found.ranks[:, 6, 0]).any()


def test_fewer_than_half_of_the_indicators_determine_nothing(database: sqlite3.Connection) -> None:
    x = panel(22, 7, 1, 10)
    x[:, 3:], x[0, 0] = np.nan, np.nan
    found = audited(database, stored(database, x, 22, "2015"), Assumptions(weights=Weights()))
    assert (found.missing, found.copies) == ("not determined", 0)


def test_not_at_random_can_be_tried(database: sqlite3.Connection) -> None:
    x = panel(22, 4, 1, 11)
    x[:6, 0] = np.nan
    world = stored(database, x, 22, "2015")
    plain = copies(database, world, Missing(copies=20), 1)
    moved = copies(database, world, Missing(copies=20, shift=0.5), 1)
    assert (np.log(moved[:, :6, 0]).mean(axis=0) < np.log(plain[:, :6, 0]).mean(axis=0)).all()
    assert np.array_equal(moved[:, 6:], plain[:, 6:])


def test_figures_that_may_be_off_move_ranks(database: sqlite3.Connection) -> None:
    world = stored(database, panel(22, 4, 1, 12), 22, "2015")
    with write(database):
        database.execute("UPDATE observations SET value = value * 1.2 WHERE indicator_id = 'x1'")
    world = ground_of(database, world.definition, world.methods)
    known = versions_of(database, world, Assumptions(error=Error()), 1)
    assert known.values.shape == (200, 22, 4)
    figures = world.panel.values[list(world.definition.figures)].to_numpy()
    spread = (known.values / figures).std(axis=0)
    assert spread[:, 0].max() == 0
    assert spread[:, 1].mean() == pytest.approx(0.1 / 1.1 * 2**0.5, rel=0.1)
    small, large = (
        audited(database, world, Assumptions(error=Error(relative=share, known=False)))
        for share in (0.001, 0.2)
    )
    widths = [np.nanmean(a.ranks[2] - a.ranks[0]) for a in (small, large)]
    assert widths[0] < widths[1]
