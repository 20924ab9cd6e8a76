"""Numbers as every face writes them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.words.numbers import figure, number, percent, size


def _read(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234.5, "1,234.50"), (-0.001, "0.00"), (-2.5, "−2.50"), (None, "–"), (0.0, "0.00")],
)
def test_computed_numbers_have_their_decimals(value: float | None, text: str) -> None:
    assert number(value) == text


def test_a_sign_is_written_as_it_is_asked_for() -> None:
    assert (number(0.5, plus=True), number(-0.001, plus=True)) == ("+0.50", "0.00")
    assert (number(-2.5, 1, minus="-"), figure(-2.5, minus="-")) == ("-2.5", "-2.5")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12345678.9, "12,345,679"),
        (0.123456789, "0.123457"),
        (0.00123456789, "0.00123457"),
        (30.0, "30"),
        (-1.5, "−1.5"),
    ],
)
def test_figures_have_the_digits_that_count(value: float, text: str) -> None:
    assert figure(value, 6) == text


@given(st.floats(-1e12, 1e12))
def test_a_short_figure_is_no_power_of_ten_and_stays_near_the_truth(value: float) -> None:
    text = figure(value, 6)
    assert "e" not in text
    assert abs(_read(text) - value) <= max(0.5, abs(value) * 1e-5)


@pytest.mark.parametrize(
    ("value", "text"),
    [(27821.6, "27,821.6"), (3.0, "3"), (0.0, "0"), (1e-7, "1e-07"), (-0.5, "−0.5"), (None, "–")],
)
def test_a_figure_keeps_its_digits(value: float | None, text: str) -> None:
    assert figure(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_figure_reads_back_as_what_it_was(value: float) -> None:
    shown = _read(figure(value))
    assert math.isclose(shown, value, rel_tol=1e-5, abs_tol=5e-7)
    assert (shown == 0) == (value == 0)  # what is small is not nothing


def test_shares_below_one_percent_are_not_none() -> None:
    assert [percent(share) for share in (None, 0.0, 0.004, 0.123, 1.0)] == [
        *("–", "0%", "0.4%", "12%", "100%")
    ]
    assert [percent(share, 1) for share in (0.0, -0.004, 0.1234)] == ["0.0%", "−0.4%", "12.3%"]


def test_sizes() -> None:
    assert (size(17), size(2048)) == ("17 B", "2.0 KiB")
