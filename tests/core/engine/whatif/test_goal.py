"""Goal-seeking: every answer is fed back through the whole engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings

from cityflux.core.engine.audit.assumptions import Assumptions
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.audit.versions import Versions
from cityflux.core.engine.measures.matrix import Floats
from cityflux.core.engine.scoring import score
from cityflux.core.engine.whatif.chance import Draws, chance
from cityflux.core.engine.whatif.goal import Change, Goal, Nearest, levers, smallest
from cityflux.core.engine.whatif.probing import Aim, Probe, Probing, probe
from cityflux.core.engine.whatif.seeking import Asked, Past, seek
from cityflux.core.engine.whatif.sets import Together, smallest_set
from cityflux.core.engine.whatif.settings import Setting, Settings, changed
from cityflux.core.model.errors import CityfluxError, IndexDefinitionError, UnknownName
from tests.core.engine.audit.worlds import ground, grounds

LINEAR: dict[str, Any] = {"standardization": {"method": "minmax", "lower": 0, "upper": 100}}


def _ranks(ground: Ground, aim: Aim, figures: dict[str, float]) -> Floats:
    """The ranks at a node by the whole engine, with other figures of a city."""
    set_ = tuple(Setting(aim.city, *each, aim.period) for each in figures.items())
    other = changed(ground, Settings(set_))
    found = score(other.definition, other.panel, other.directions, other.methods)
    own = (found.comparable.keys["period"] == aim.period).to_numpy()
    places: Floats = found.comparable.places[own, found.comparable.nodes.index(aim.node)]
    return places


def _reached(ground: Ground, aim: Aim, goal: Goal, figures: dict[str, float]) -> bool:
    ranks = _ranks(ground, aim, figures)
    own = ranks[goal.city]
    return bool(own < ranks[goal.rival] if goal.rival is not None else own <= goal.rank)


def _part(change: Change, share: float) -> float:
    return change.before + share * (change.after - change.before)


def _check(world: Ground) -> None:
    """What is answered is reached, and with a change 1 % smaller it is not."""
    definition = world.definition
    aim = Aim(definition.cities[0], definition.periods.of[-1], definition.id)
    names = [leaf.id for leaf in definition.leaves]
    try:
        probing = probe(world, aim)
    except CityfluxError:
        assume(False)
    places = _ranks(world, aim, {})
    assume(np.isfinite(places[0]) and places[0] > 1)
    goal = Goal(0, int(places[0]) - 1)
    own = levers(probing, names)[: None if isinstance(probing, Probe) else 2]
    for lever in own:
        found = smallest(probing, goal, lever)
        if isinstance(found, Change):
            assert _reached(world, aim, goal, {found.indicator: found.after})
            assert not _reached(world, aim, goal, {found.indicator: _part(found, 0.99)})
        elif found.figures:
            assert _ranks(world, aim, dict(found.figures))[0] == found.rank
    together = smallest_set(probing, goal, own, 0.5)
    if isinstance(together, Together):
        for share, wanted in ((1.0, True), (0.99, False)):
            figures = {each.indicator: _part(each, share) for each in together.changes}
            assert _reached(world, aim, goal, figures) is wanted
        assert all(each.effort <= 0.5 + 1e-9 for each in together.changes)
    elif together.figures:
        assert _ranks(world, aim, dict(together.figures))[0] == together.rank


@settings(max_examples=4)
@given(grounds())
def test_what_is_answered_is_reached_and_with_less_it_is_not(world: Ground) -> None:
    _check(world)


@pytest.mark.deep
@settings(max_examples=100)
@given(grounds())
def test_so_it_is_on_a_hundred_indices(world: Ground) -> None:
    _check(world)


def _world(seed: int = 3, cities: int = 8, **changes: Any) -> Ground:
    x = np.exp(np.random.default_rng(seed).normal(size=(cities, 5)))
    return ground(x, **{**LINEAR, **changes})


def _aimed(world: Ground, rank: int = 1) -> tuple[Probing, Aim, Goal]:
    """The last city of an index, which is to be so many ranks better."""
    probing = probe(world, Aim("c0", "2015", "i"))
    places = _ranks(world, probing.aim, {})
    last = int(np.nanargmax(places))
    aim = Aim(world.definition.cities[last], "2015", "i")
    return probe(world, aim), aim, Goal(last, int(places[last]) - rank)


def test_a_linear_index_has_the_set_that_a_knapsack_has() -> None:
    world = _world()
    probing, _, goal = _aimed(world)
    own = levers(probing, [f"x{j}" for j in range(5)])
    x = np.array([probing.figures[f"x{j}"] for j in range(5)]).T
    found = smallest_set(probing, goal, own, 0.15)
    assert isinstance(found, Together)
    # No figure becomes the largest or least of all, so that a point is so much and no more.
    rates = {lever.indicator: lever.spread / np.ptp(x[:, int(lever.indicator[1])]) for lever in own}
    scores = probing.joint([{}])[0] / 100 * 5
    missing = np.sort(scores)[1] - scores.min()
    effort = 0.0
    for rate in sorted(rates.values(), reverse=True):
        step = min(0.15, missing / rate)
        effort, missing = effort + step, missing - step * rate
    assert found.effort == pytest.approx(effort, rel=1e-5)


def test_the_quick_way_is_the_engine_where_it_is_taken() -> None:
    world = _world(standardization={"method": "zscore"})
    aim = Aim("c2", "2015", "i")
    fast, slow = probe(world, aim), probe(world, aim, quick=False)
    assert isinstance(fast, Probe)
    assert not isinstance(slow, Probe)
    values = np.array([0.1, 1.0, 7.0])
    assert fast.scores("x1", values) == pytest.approx(slow.scores("x1", values), abs=1e-12)
    points = [{"x1": 2.0, "x4": 0.3}, {}]
    assert fast.joint(points) == pytest.approx(slow.joint(points), abs=1e-12)
    moved = fast.at({"x0": 5.0}).scores("x1", values)
    assert moved == pytest.approx(slow.at({"x0": 5.0}).scores("x1", values), abs=1e-12)


def test_where_figures_are_filled_the_whole_engine_is_asked() -> None:
    x = np.exp(np.random.default_rng(1).normal(size=(12, 4)))
    x[3, 1] = np.nan
    world = ground(x, imputation={"method": "median"}, **LINEAR)
    assert not isinstance(probe(world, Aim("c0", "2015", "i")), Probe)


def test_what_cannot_be_reached_says_the_nearest_rank() -> None:
    x = np.array([[1.0, 1.0], [50.0, 50.0], [60.0, 40.0], [100.0, 100.0]])
    world = ground(x, **LINEAR)
    world = Ground(world.definition, world.panel, {"x0": 1, "x1": 1}, world.methods)
    sought = seek(world, Asked(Aim("c0", "2015", "i"), rank=1), ["x0"], {})
    assert sought.answers == ()
    assert sought.short[0].rank == 2
    assert not sought.together
    assert sought.nearest == Nearest(4, sought.nearest.figures if sought.nearest else {})


def test_only_what_a_city_can_move_is_moved() -> None:
    probing, _, _ = _aimed(_world())
    assert [lever.indicator for lever in levers(probing, ["x1", "x3"])] == ["x1", "x3"]


def test_a_rank_that_is_reached_needs_nothing() -> None:
    world = _world()
    sought = seek(world, Asked(Aim("c0", "2015", "i"), rank=8), ["x0"], {})
    assert sought.reached
    assert sought.answers == ()


def test_answers_are_sorted_by_what_is_asked() -> None:
    world = _world()
    _, aim, goal = _aimed(world)
    names = [f"x{j}" for j in range(5)]
    years = {
        name: Past(np.array([0.0, 1.0]), np.array([1.0, 1.1 + i])) for i, name in enumerate(names)
    }
    for by in ("deviations", "years"):
        found = seek(world, Asked(aim, rank=goal.rank, by=by), names, years).answers
        efforts = [
            each.change.effort if by == "deviations" else each.years or np.inf for each in found
        ]
        assert len(found) > 1
        assert efforts == sorted(efforts)


def test_overtaking_is_to_be_above() -> None:
    world = _world()
    _, aim, goal = _aimed(world)
    ranks = _ranks(world, aim, {})
    rival = world.definition.cities[int(np.flatnonzero(ranks == goal.rank)[0])]
    found = seek(world, Asked(aim, rival=rival), [f"x{j}" for j in range(5)], {})
    first = found.answers[0].change
    after = _ranks(world, aim, {first.indicator: first.after})
    assert after[goal.city] < after[world.definition.cities.index(rival)]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked(Aim("nowhere", "2015", "i"), rank=1), "i has no city 'nowhere'; there are: c0"),
        (Asked(Aim("c0", "2015", "i"), rank=99), "there is no rank 99 among 8 cities"),
        (Asked(Aim("c0", "2015", "i"), rival="c0"), "c0 cannot overtake itself"),
    ],
)
def test_a_goal_that_makes_no_sense_is_refused(asked: Asked, message: str) -> None:
    with pytest.raises((UnknownName, IndexDefinitionError), match=message):
        seek(_world(), asked, ["x0"], {})


def test_the_chance_is_the_share_of_the_draws() -> None:
    world = _world()
    _, aim, goal = _aimed(world)
    none = Versions(np.zeros((0, 8, 5)), "none", np.ones(8, dtype=bool))
    certain = Draws(Assumptions(), none, 20)
    found = seek(world, Asked(aim, rank=goal.rank), ["x0", "x1"], {}, certain)
    assert found.answers[0].chance == 1.0  # nothing is varied
    unsure = Draws(Assumptions.model_validate({"weights": {"noise": 1.0}}), none, 200)
    first = found.answers[0].change
    share = chance(world, aim, goal, {first.indicator: first.after}, unsure)
    assert share is not None
    assert 0 < share < 1


def test_years_are_those_of_the_growth_so_far() -> None:
    rate = Past(np.array([2018.0, 2019.0, 2020.0]), np.array([100.0, 110.0, 121.0]))
    assert rate.years_to(121.0, 121 * 1.1**3) == pytest.approx(3.0)
    assert rate.years_to(121.0, 100.0) is None
    distance = Past(np.array([2018.0, 2020.0]), np.array([-4.0, 2.0]), ratio=False)
    assert distance.years_to(2.0, 8.0) == pytest.approx(2.0)
    assert Past(np.array([2020.0]), np.array([1.0])).years_to(1.0, 2.0) is None
