"""The draws of an audit run through the same index: the nominal one is it, node by node."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import assume, given, settings

from cityflux.core.engine.audit.assumptions import ALL_KNOWN, Assumptions, Weights
from cityflux.core.engine.audit.auditing import audit
from cityflux.core.engine.audit.auditor import Auditor
from cityflux.core.engine.audit.design import Sampling, saltelli, sample
from cityflux.core.engine.audit.drawing import Plan
from cityflux.core.engine.audit.gathering import Settings
from cityflux.core.engine.audit.paths import Ground
from cityflux.core.engine.definition.choices import Aggregation, Standardization, TreatmentChoice
from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.measures.matrix import to_matrix
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.model.errors import CityfluxError, NotEnoughData
from tests.core.engine.audit.worlds import ground, grounds


def computed(world: Ground, **changes: Any) -> Scores | None:
    """The index by the engine; None where it refuses."""
    values = world.definition.model_dump(exclude_defaults=True) | changes
    try:
        return score(parse_definition(values, "test"), world.panel, world.directions, world.methods)
    except CityfluxError:
        return None


@settings(max_examples=25)
@given(grounds())
def test_the_nominal_draw_is_the_index_node_by_node(world: Ground) -> None:
    found = computed(world)
    assume(found is not None and found.comparable.parts)
    assert found is not None
    plan = Plan(world.definition, Assumptions(comparability=[ALL_KNOWN]))
    auditor = Auditor(world, plan)
    for known in (False, True):
        draws = plan.nominal()
        draws.paths[0, -1] = int(known)
        scores, reasons = auditor.scores(draws)
        assert not reasons
        path = world.path(found, all_known=known)
        frame = found.scores if known else found.comparable.scores
        for k, node in enumerate(world.inner):
            expected = np.where(path.compared[:, k], to_matrix(frame[[node]])[:, 0], np.nan)
            assert np.allclose(scores[node][0], expected, rtol=1e-12, atol=1e-12, equal_nan=True)
        if not known:
            free = to_matrix(found.ranks()[world.inner])
            placed = audit(world, Assumptions(), Settings(2, 0)).nominal
            assert np.array_equal(np.where(path.free, placed, 0), np.nan_to_num(free))


def test_a_draw_is_the_index_with_its_choices() -> None:
    random = np.random.default_rng(4)
    x = np.exp(random.normal(size=(12, 6)))
    world = ground(x, standardization={"method": "minmax", "lower": 1, "upper": 10})
    ways: dict[str, Any] = {
        "standardization": [Standardization(method="rank")],
        "aggregation": [Aggregation(method="geometric"), Aggregation(method="harmonic")],
        "treatment": [TreatmentChoice(winsorize=1, skewness=0.5, kurtosis=0.5)],
    }
    plan = Plan(world.definition, Assumptions(weights=Weights(), **ways))
    draws = plan.realize(sample(24, sum(plan.groups), seed=3))
    scores, reasons = Auditor(world, plan).scores(draws)
    assert not reasons
    for row in range(24):
        own: dict[str, Any] = {
            "indicators": [
                {"id": name, "weight": w}
                for name, w in zip(
                    world.panel.values.columns[2:], draws.weights[row, 1:], strict=True
                )
            ]
        }
        numbers = dict(
            zip(("imputation", "treatment", "standardization"), draws.paths[row], strict=False)
        )
        numbers["aggregation"] = draws.aggregation[row]
        for name, number in numbers.items():
            if number:
                own[name] = ways[name][number - 1].model_dump()
        alone = computed(world, **own)
        assert alone is not None
        assert np.allclose(scores["i"][row], to_matrix(alone.scores[["i"]])[:, 0], rtol=1e-12)


def test_failed_draws_are_counted_by_reason_and_left_out() -> None:
    x = np.random.default_rng(2).normal(size=(8, 4))
    world = ground(x)
    ways = [Aggregation(method="geometric")]
    found = audit(world, Assumptions(weights=Weights(), aggregation=ways), Settings(100, 16))
    assert found.failed == {"a geometric mean takes positive scores only": 50}
    assert found.done == 50
    assert not np.isnan(found.ranks).any()
    with pytest.raises(NotEnoughData, match="all 10 draws failed, 10 of them as"):
        audit(ground(x, aggregation={"method": "geometric"}), Assumptions(), Settings(10, 0))


def test_the_same_seed_gives_the_same_numbers() -> None:
    world = ground(np.random.default_rng(2).normal(size=(8, 4)))
    varied = Assumptions(weights=Weights(), standardization=[Standardization(method="minmax")])
    for sampling in get_args(Sampling):
        one, two = (audit(world, varied, Settings(60, 8, 5, sampling)) for _ in range(2))
        assert np.array_equal(one.scores, two.scores)
        assert np.array_equal(one.pairs[0], two.pairs[0], equal_nan=True)
        assert np.array_equal(one.effects[0].total_ends, two.effects[0].total_ends, equal_nan=True)
    other = audit(world, varied, Settings(60, 8, 6))
    assert not np.array_equal(one.scores, other.scores)


def test_nothing_varied_is_a_point() -> None:
    found = audit(ground(np.random.default_rng(2).normal(size=(8, 4))), Assumptions(), Settings(20))
    assert np.array_equal(found.ranks[0], found.ranks[2])
    assert np.array_equal(found.ranks[1][:, 0], found.nominal[:, 0])


def test_interrupted_it_keeps_what_is_done() -> None:
    world = ground(np.random.default_rng(2).normal(size=(8, 4)))

    def stop(done: int) -> None:
        if done == 1024:
            raise KeyboardInterrupt

    found = audit(world, Assumptions(weights=Weights()), Settings(5000, 8), stop)
    assert (found.done, found.stopped) == (1024, True)
    assert found.shares["i"][0].sum() == pytest.approx(8)


def test_what_is_left_out_has_no_weight() -> None:
    x = np.random.default_rng(8).normal(size=(9, 5))
    world = ground(x)
    found = audit(world, Assumptions(), Settings(2, 0)).left
    for j, name in enumerate(found.nodes):
        without = computed(world, exclude=[name])
        assert without is not None
        assert found.ranks[j].tolist() == without.ranks()["i"].to_list()


def test_latin_hypercubes_fill_every_slice_once() -> None:
    points = sample(50, 3, seed=1)
    assert np.array_equal(
        np.sort((points * 50).astype(int), axis=0), np.tile(np.arange(50)[:, None], 3)
    )
    mixed = saltelli(8, [2, 1], seed=1)
    a, b, first, second = mixed.reshape(4, 8, 3)
    assert np.array_equal(first, np.column_stack([b[:, :2], a[:, 2]]))
    assert np.array_equal(second, np.column_stack([a[:, :2], b[:, 2]]))
