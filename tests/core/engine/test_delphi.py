"""Statistics of panels beside published examples and scipy, and the weights that follow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cityflux.core.engine.delphi.agreement import authority, concordance, items, stability
from cityflux.core.engine.delphi.weights import (
    best_and_worst,
    from_pairs,
    from_ratings,
    hierarchy,
    mean_of,
    together,
)
from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData

NAN = np.nan
#: Siegel (1956), page 230: three executives rank six applicants; W = .16.
EXECUTIVES = np.array([[1, 6, 3, 2, 5, 4], [1, 5, 6, 4, 2, 3], [6, 3, 2, 5, 4, 1.0]])
#: Siegel (1956), pages 233-234: three rankings of ten objects with ties; W = .828, S = 591.
TIED = np.array(
    [
        [1, 4.5, 2, 4.5, 3, 7.5, 6, 9, 7.5, 10],
        [2.5, 1, 2.5, 4.5, 4.5, 8, 9, 6.5, 10, 6.5],
        [2, 1, 4.5, 4.5, 4.5, 4.5, 8, 8, 8, 10.0],
    ]
)
#: The weights of the paper, as its panel gave them.
PAPER = (5, 4, 4, 4, 3, 3, 3, 3, 2, 2, 1)


def test_kendalls_w_is_that_of_the_published_examples() -> None:
    assert concordance(EXECUTIVES).w == pytest.approx(12 * 25.5 / (9 * 210))
    found = concordance(TIED)
    assert found.w == pytest.approx(0.828, abs=5e-4)
    assert found.chi2 == pytest.approx(3 * 9 * 591 / 714)
    assert found.p == pytest.approx(stats.chi2.sf(found.chi2, 9))


@settings(max_examples=20)
@given(st.integers(2, 9), st.integers(3, 9), st.integers(0, 2**32))
def test_chi_squared_is_friedmans(experts: int, number: int, seed: int) -> None:
    ratings = np.random.default_rng(seed).integers(1, 6, (experts, number)).astype(float)
    found = concordance(ratings)
    if found.w is None:
        assert all(len(set(row)) == 1 for row in ratings.tolist())
        return
    theirs = stats.friedmanchisquare(*ratings.T)
    assert found.chi2 == pytest.approx(theirs.statistic)
    assert found.p == pytest.approx(theirs.pvalue)


@pytest.mark.parametrize(
    ("ratings", "experts", "why"),
    [
        ([[1, 2, 3.0]], 1, "experts"),
        ([[1.0], [2.0]], 2, "items"),
        ([[3, 3, 3], [2, 2, 2.0]], 2, "equal"),
        ([[1, NAN, 3], [1, 2, 3]], 1, "experts"),
    ],
)
def test_where_no_agreement_can_be_told_it_is_said_why(
    ratings: list[list[float]], experts: int, why: str
) -> None:
    found = concordance(np.array(ratings))
    assert (found.experts, found.w, found.p, found.why) == (experts, None, None, why)


def test_the_statistics_of_an_item_are_those_of_scipy_and_numpy() -> None:
    column = np.array([5, 4, 4, 3, 5, 2, NAN])
    (found,) = items(column[:, None], 5)
    known = column[:-1]
    assert found.n == 6
    assert found.mean == pytest.approx(known.mean())
    assert found.cv == pytest.approx(stats.variation(known, ddof=1))
    assert (found.low, found.high) == tuple(np.percentile(known, [25, 75]))
    assert found.spread == pytest.approx(stats.iqr(known))
    assert found.full == pytest.approx(2 / 6)


def test_an_item_of_nobody_and_of_one_expert_says_so() -> None:
    nobody, one = items(np.array([[NAN, 4.0]]), 5)
    assert (nobody.n, nobody.mean, nobody.spread) == (0, None, None)
    assert (one.n, one.median, one.spread, one.cv) == (1, 4.0, 0.0, None)


def test_authority_is_the_mean_of_basis_and_familiarity() -> None:
    assert authority(np.array([0.8, NAN]), np.array([0.6, 0.5])).tolist()[0] == pytest.approx(0.7)


def test_stability_is_wilcoxons() -> None:
    random = np.random.default_rng(2)
    before, after = random.integers(1, 6, (2, 20)).astype(float)
    gaps = (after - before)[after != before]
    theirs = stats.wilcoxon(gaps, method="asymptotic").pvalue
    assert stability(before, after) == pytest.approx(theirs)
    assert stability(before, before) == 1.0
    assert stability(before[:1], np.array([NAN])) is None


def test_the_weights_of_the_paper_come_from_a_panel_with_those_medians() -> None:
    random = np.random.default_rng(5)
    noise = random.permuted(np.tile([-1, -1, 0, 0, 0, 1, 1.0], (len(PAPER), 1)), axis=1).T
    ratings = np.clip(np.array(PAPER) + noise, 1, 5)
    assert from_ratings(ratings, "median", integer=True) == list(PAPER)


def test_means_are_whole_points_where_they_are_wanted() -> None:
    ratings = np.array([[1, 5], [2, 5], [2, 4], [9, NAN]], dtype=float)
    assert from_ratings(ratings) == [3.5, pytest.approx(14 / 3)]
    assert from_ratings(ratings, integer=True) == [4.0, 5.0]
    many = np.array([[1.0]] + [[4.0]] * 8 + [[9.0]])
    assert from_ratings(many, "trimmed") == [stats.trim_mean(many[:, 0], 0.1)]
    with pytest.raises(NotEnoughData, match="nobody rated item 2"):
        from_ratings(np.array([[1.0, NAN]]))


def test_pairs_of_several_experts_are_joined_by_their_geometric_mean() -> None:
    names = ["a", "b", "c"]
    first = from_pairs(names, {("a", "b"): 2, ("a", "c"): 8, ("b", "c"): 4})
    second = from_pairs(names, {("a", "b"): 8, ("a", "c"): 8, ("b", "c"): 1})
    joined = together([first, second])
    assert joined[0, 1] == pytest.approx(4)
    assert joined[1, 2] == pytest.approx(2)
    found = hierarchy(joined)
    assert found.weights == pytest.approx([8 / 11, 2 / 11, 1 / 11])
    assert found.inconsistency == pytest.approx(0, abs=1e-9)
    with pytest.raises(IndexDefinitionError, match="a and c are not compared"):
        from_pairs(names, {("a", "b"): 2, ("b", "c"): 4})


def test_judgements_that_contradict_each_other_are_refused_unless_forced() -> None:
    circle = from_pairs(["a", "b", "c"], {("a", "b"): 5, ("b", "c"): 5, ("a", "c"): 0.2})
    with pytest.raises(IndexDefinitionError, match=r"consistency ratio \d\.\d+, and 0.1"):
        hierarchy(circle)
    assert hierarchy(circle, forced=True).weights == pytest.approx([1 / 3] * 3)


def test_best_and_worst_give_the_weights_that_they_imply() -> None:
    found = best_and_worst(["a", "b", "c"], {"a": 1, "b": 2, "c": 4}, {"a": 4, "b": 2, "c": 1})
    assert found.weights == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert mean_of([found.weights, found.weights]) == pytest.approx(found.weights)
    with pytest.raises(IndexDefinitionError, match="b is not compared"):
        best_and_worst(["a", "b"], {"a": 1}, {"a": 2, "b": 1})
