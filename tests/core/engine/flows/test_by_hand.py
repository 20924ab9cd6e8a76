"""Measures worked out by hand, on networks that can be looked at."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from cityflux.core.engine.flows import backbone, centrality, dominance, strength
from cityflux.core.engine.flows.interlocking import connectivity, interlocking
from cityflux.core.engine.flows.measures import measure
from cityflux.core.engine.flows.network import network_of
from cityflux.core.model.errors import UnknownName
from tests.core.engine.flows.networks import of_matrix


def test_the_regions_of_nystuen_and_dacey() -> None:
    """Two regions: b over a and c, c over d; f over e. b's largest flow goes to the smaller c."""
    network = of_matrix(
        [
            # a  b  c  d  e  f
            [0, 9, 1, 0, 0, 0],  # a to b
            [2, 0, 8, 0, 0, 1],  # b to c, which is smaller: b is independent
            [0, 9, 0, 3, 0, 0],  # c to b
            [0, 2, 5, 0, 0, 0],  # d to c
            [0, 1, 0, 0, 0, 7],  # e to f
            [0, 0, 0, 0, 6, 0],  # f to e, which is smaller: f is independent
        ]
    )
    assert network.inflow.tolist() == [2, 21, 14, 3, 6, 8]
    found = dominance.hierarchy(network)
    assert found.above.tolist() == [1, -1, 1, 2, 5, -1]
    assert found.top.tolist() == [1, 1, 1, 1, 5, 5]
    assert found.level.tolist() == [1, 0, 1, 2, 1, 0]
    assert found.below.tolist() == [0, 3, 1, 0, 0, 1]


def test_of_equal_outflows_the_one_to_the_larger_city_counts() -> None:
    found = dominance.hierarchy(of_matrix([[0, 5, 5], [0, 0, 1], [0, 0, 0]]))
    assert found.above.tolist() == [2, 2, -1]


def test_of_equal_sizes_none_dominates() -> None:
    assert dominance.hierarchy(of_matrix([[0, 4], [4, 0]])).above.tolist() == [-1, -1]


def test_the_disparity_filter_of_a_star() -> None:
    """The centre sends 7, 1, 1, 1: alpha = (1 - p)^3, which keeps the first alone."""
    network = of_matrix([[0, 7, 1, 1, 1], [0] * 5, [0] * 5, [0] * 5, [0] * 5])
    expected = [0.3**3, 0.9**3, 0.9**3, 0.9**3]
    assert backbone.disparity(network).tolist() == pytest.approx(expected)
    assert backbone.backbone_links(network).tolist() == [1, 1, 0, 0, 0]


def test_the_noise_corrected_backbone_by_hand() -> None:
    """Of four cities that trade 10 all round and 40 along one link, only that one stands out."""
    flows = np.full((4, 4), 10.0)
    np.fill_diagonal(flows, 0)
    flows[0, 1] = 40
    found = backbone.noise_corrected(of_matrix(flows))
    # Of the link: N.. = 150, both ends 60: kappa N = 150 / 3600 * 40 = 5 / 3.
    assert found.score[0] == pytest.approx((5 / 3 - 1) / (5 / 3 + 1))
    mean = 3600 / 150**2
    spread = 3600 * 90 * 90 / (150**4 * 149)
    prior = mean**2 / spread * (1 - mean) - mean
    other = mean / spread * (1 - mean) ** 2 - (1 - mean)
    likely = (prior + 40) / (prior + other + 150)
    slope = 1 / 3600 - 150 * 120 / 3600**2
    factor = 2 * (150 / 3600 + 40 * slope) / (5 / 3 + 1) ** 2
    deviation = math.sqrt(150 * likely * (1 - likely)) * abs(factor)
    assert found.deviation[0] == pytest.approx(deviation)
    assert found.kept()[0] == 1
    assert backbone.noise_corrected(of_matrix([[0, 1], [0, 0]])).kept().tolist() == [0]


def test_centrality_and_power_differ() -> None:
    """Neal's point: the middle of a star has the power, its leaves are central through it."""
    star = of_matrix([[0, 1, 1, 1], [1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]])
    assert dominance.recursive_centrality(star).tolist() == [12, 12, 12, 12]
    assert dominance.recursive_power(star).tolist() == pytest.approx([3, 1 / 3, 1 / 3, 1 / 3])


def test_what_is_above_the_mean_dominates() -> None:
    found = dominance.dominance_index(of_matrix([[0, 6, 2], [0, 0, 0], [0, 0, 0]]))
    assert found.tolist() == pytest.approx([8 / 4, 6 / 5, 2 / 7])


def test_growth_is_that_of_the_city() -> None:
    before, now = of_matrix([[0, 4], [0, 0]]), of_matrix([[0, 6, 1], [0, 0, 0], [0, 0, 0]])
    found = strength.growth(now, before)
    assert found[:2].tolist() == pytest.approx([0.75, 0.5])
    assert math.isnan(found[2])
    assert measure(now, ["growth"], before=before)["growth"].to_list()[2] is None


def test_a_sample_says_its_error() -> None:
    """A ring with chords, of 60 cities of which 20 are looked at: as wrong as it says."""
    flows = pl.DataFrame(
        [(f"c{i:02}", f"c{(i + step) % 60:02}", 1.0) for i in range(60) for step in (1, 7, 59)],
        schema=["origin", "destination", "value"],
        orient="row",
    )
    network = network_of(flows)
    exact = centrality.betweenness(network)
    assert exact.error.tolist() == [0] * 60
    draws = [centrality._sampled(network, 20, seed) for seed in range(30)]
    misses = np.array([draw.value - exact.value for draw in draws])
    said = np.array([draw.error for draw in draws])
    assert np.sqrt((misses**2).mean() / (said**2).mean()) == pytest.approx(1, abs=0.1)
    assert np.abs(misses.mean(axis=0)).max() < 4 * said.mean() / np.sqrt(30)


def test_rows_that_are_no_flow_are_counted_and_left_out() -> None:
    network = network_of(
        pl.DataFrame(
            {
                "origin": ["a", "a", "a", "b", "b", "c"],
                "destination": ["b", "b", "a", "a", "c", "a"],
                "value": [1.0, 2.0, 9.0, -1.0, None, 0.0],
            }
        )
    )
    assert (network.cities, network.value.tolist()) == (("a", "b"), [3.0])
    assert network.left_out == {
        "goes from a city to itself": 1,
        "is no number": 1,
        "is below zero": 1,
        "is zero": 1,
    }


def test_firms_link_cities() -> None:
    """Taylor's model: of two firms, 5 and 3 and 1 in three cities, and 2 and 2 in two of them."""
    services = pl.DataFrame(
        {
            "firm": ["x", "x", "x", "y", "y"],
            "city": ["a", "b", "c", "a", "b"],
            "value": [5.0, 3.0, 1.0, 2.0, 2.0],
        }
    )
    links = {(o, d): v for o, d, v in interlocking(services).iter_rows()}
    assert links == {
        **{("a", "b"): 19, ("b", "a"): 19, ("a", "c"): 5, ("c", "a"): 5},
        **{("b", "c"): 3, ("c", "b"): 3},
    }
    found = connectivity(services)
    assert found["city"].to_list() == ["a", "b", "c"]
    assert found["connectivity"].to_list() == [24, 22, 8]
    assert found["proportion"].to_list() == pytest.approx([1, 22 / 24, 8 / 24])
    assert (found["size"].to_list(), found["firms"].to_list()) == ([7, 5, 1], [2, 2, 1])
    alone = connectivity(services.head(1))
    assert alone.row(0) == ("a", 5.0, 0.0, None, 1)
    assert interlocking(services.clear()).is_empty()


def test_an_unknown_measure_is_named() -> None:
    with pytest.raises(UnknownName, match="no measure is called 'size'; there are: outflow"):
        measure(of_matrix([[0]]), ["size"])
