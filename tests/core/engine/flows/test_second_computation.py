"""Each measure against networkx, or against sums over the matrix, on networks of every kind."""

from __future__ import annotations

import math
from typing import Any

import networkx
import numpy as np
import pytest
from hypothesis import example, given

from cityflux.core.engine.flows import backbone, centrality, distance, dominance, strength
from cityflux.core.engine.flows.measures import MEASURES, measure
from tests.core.engine.flows.networks import PLACES, matrices, of_matrix

NOTHING: Any = np.zeros((0, 0))
ALONE: Any = np.zeros((1, 1))
APART: Any = np.kron(np.eye(3), [[0, 2], [5, 0]])


def same(found: Any, expected: Any) -> None:
    assert np.asarray(found, dtype=float) == pytest.approx(
        np.asarray(expected, dtype=float), rel=1e-9, abs=1e-9, nan_ok=True
    )


def over(above: float, below: float) -> float:
    return above / below if below > 0 else math.nan


@given(matrices())
@example(NOTHING)
@example(ALONE)
@example(APART)
def test_sums_over_the_matrix(matrix: Any) -> None:
    network, n = of_matrix(matrix), len(matrix)
    both = matrix + matrix.T
    out, into, through = matrix.sum(axis=1), matrix.sum(axis=0), both.sum(axis=1)
    same(network.outflow, out)
    same(network.inflow, into)
    same(strength.share(network), [over(each, through.sum()) for each in through])
    same(strength.balance(network), [over(i - o, i + o) for i, o in zip(into, out, strict=True)])
    uneven = np.abs(matrix - matrix.T).sum(axis=1)
    same(strength.symmetry(network), [1 - over(u, t) for u, t in zip(uneven, through, strict=True)])
    same(strength.concentration(network), [over((r**2).sum(), r.sum() ** 2) for r in both])
    spread = []
    for row in both:
        part = row[row > 0] / max(row.sum(), 1)
        part = row[row > 0] / row.sum() if row.sum() else part
        none = n < 3 or not row.sum()
        spread.append(math.nan if none else -(part * np.log(part)).sum() / math.log(n - 1))
    same(strength.entropy(network), spread)
    same(distance.partners(network), (both > 0).sum(axis=1))
    same(distance.destinations(network), (matrix > 0).sum(axis=1))
    same(distance.reach(network), [over(k, n - 1) for k in (both > 0).sum(axis=1)])
    same(
        dominance.dominance_index(network), [over(t * (n - 1), through.sum() - t) for t in through]
    )
    largest = [over(max([*matrix[i], *matrix[:, i]]), matrix.sum()) for i in range(n)]
    same(dominance.strongest_link(network), [0 if math.isnan(each) else each for each in largest])
    same(dominance.recursive_centrality(network), both @ through)
    part = [over(1, each) for each in through]
    same(dominance.recursive_power(network), both @ np.nan_to_num(part))


@given(matrices())
@example(NOTHING)
@example(ALONE)
def test_where_the_partners_lie(matrix: Any) -> None:
    network = of_matrix(matrix)
    country, region = PLACES["country"].to_list(), PLACES["region"].to_list()
    latitude, longitude = PLACES["latitude"].to_list(), PLACES["longitude"].to_list()
    both = matrix + matrix.T
    for i, row in enumerate(both):
        known = [j for j in range(len(row)) if country[i] and country[j]]
        across = sum(row[j] for j in known if country[i] != country[j])
        same(strength.international_share(network)[i], over(across, sum(row[j] for j in known)))
        inside = sum(row[j] for j in range(len(row)) if region[j] == region[i])
        own = over(inside, row.sum()) if region[i] else math.nan
        same(strength.region_share(network)[i], own)
        far = []
        for j, flow in enumerate(row):
            if flow and latitude[i] is not None and latitude[j] is not None:
                a, b = math.radians(latitude[i]), math.radians(latitude[j])
                turn = math.radians(longitude[j] - longitude[i])
                # Vincenty's formula on a sphere, in place of the haversine.
                y = math.hypot(
                    math.cos(b) * math.sin(turn),
                    math.cos(a) * math.sin(b) - math.sin(a) * math.cos(b) * math.cos(turn),
                )
                x = math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn)
                far.append((distance.EARTH * math.atan2(y, x), flow))
        far.sort()
        total = sum(flow for _, flow in far)
        same(distance.mean_distance(network)[i], over(sum(d * f for d, f in far), total))
        for share in (0.5, 0.9):
            running, found = 0.0, math.nan
            for kilometres, flow in far:
                running += flow
                if running >= share * total * (1 - 1e-12):
                    found = kilometres
                    break
            same(distance.distance_quantile(network, share)[i], found)


@given(matrices())
@example(NOTHING)
@example(ALONE)
@example(APART)
def test_the_graph_library_against_another(matrix: Any) -> None:
    network, n = of_matrix(matrix), len(matrix)
    graph = networkx.from_numpy_array(matrix, create_using=networkx.DiGraph)
    rank = networkx.pagerank(graph, tol=1e-13, max_iter=10_000)
    same(centrality.pagerank(network), [rank[i] for i in range(n)])
    between = networkx.betweenness_centrality(graph)
    expected = [between[i] if n >= 3 else math.nan for i in range(n)]
    same(centrality.betweenness(network).value, expected)
    if n >= 3:  # a sample of all of them is no sample
        sampled = centrality.betweenness(network, exact_up_to=0)
        same(sampled.value, expected)
        same(sampled.error, np.zeros(n))
    sets = [sorted(each) for each in networkx.weakly_connected_components(graph)]
    sets.sort(key=lambda each: (-len(each), each[0]))
    number = {i: place for place, each in enumerate(sets) for i in each}
    assert centrality.components(network).tolist() == [number[i] for i in range(n)]


@given(matrices())
@example(NOTHING)
@example(ALONE)
@example(APART)
def test_dominant_flows_give_a_forest(matrix: Any) -> None:
    network, n = of_matrix(matrix), len(matrix)
    found, size = dominance.hierarchy(network), matrix.sum(axis=0)
    forest = networkx.DiGraph()
    forest.add_nodes_from(range(n))
    for i in range(n):
        if not matrix[i].any():
            assert found.above[i] == -1
            continue
        largest = [j for j in range(n) if matrix[i, j] == matrix[i].max()]
        target = max(largest, key=lambda j: (size[j], -j))
        assert found.above[i] == (target if size[target] > size[i] else -1)
        if found.above[i] >= 0:
            forest.add_edge(int(found.above[i]), i)
    if n:
        assert networkx.is_directed_acyclic_graph(forest)
    for i in range(n):
        assert found.below[i] == len(networkx.descendants(forest, i))
        up = networkx.ancestors(forest, i)
        assert found.level[i] == len(up)
        assert found.top[i] == next((j for j in [*up, i] if found.above[j] < 0), i)


@given(matrices())
@example(NOTHING)
@example(ALONE)
def test_the_disparity_filter_against_its_integral(matrix: Any) -> None:
    network = of_matrix(matrix)
    alphas = backbone.disparity(network)
    links = zip(network.origin, network.destination, alphas, strict=True)
    for i, j, alpha in links:
        ends = []
        for row in (matrix[i], matrix[:, j]):
            degree, part = (row > 0).sum(), matrix[i, j] / row.sum()
            steps = np.linspace(part, 1, 2001)
            density = (degree - 1) * (1 - steps) ** (degree - 2) if degree > 1 else None
            ends.append(1.0 if density is None else np.trapezoid(density, steps))
        assert alpha == pytest.approx(min(ends), abs=1e-5)


@given(matrices())
@example(NOTHING)
@example(ALONE)
def test_all_measures_hold_at_once(matrix: Any) -> None:
    found = measure(of_matrix(matrix), days=7)
    assert found.columns == ["city", *[m for m in MEASURES if m != "backbone"], *found.columns[-2:]]
    assert found.height == len(matrix)
    for name in found.columns[1:]:
        values = found[name].drop_nulls().to_list()
        assert all(math.isfinite(value) for value in values), name
