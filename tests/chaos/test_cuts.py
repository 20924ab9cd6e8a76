"""A few of the power cuts; ``make chaos`` is the full length."""

from __future__ import annotations

from tests.chaos.cuts import cuts


def test_a_power_cut_loses_nothing_that_was_committed() -> None:
    assert cuts(count=24, seed=3) == [[]] * 24
