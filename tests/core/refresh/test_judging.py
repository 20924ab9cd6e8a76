"""What a figure is judged by: accepted history, other cities, and what is possible."""

from __future__ import annotations

from cityflux.core.model.figure import Figure
from cityflux.core.refresh.judging import doubts, plausible

OTHERS = [Figure(city, "2020", value) for city, value in (("a", 90.0), ("b", 110.0), ("c", 130.0))]


def doubted(known: list[Figure], figures: list[Figure]) -> set[tuple[str, str]]:
    return {cell for cell, _ in doubts("亿元", known, figures, 5.0)}


def test_of_two_neighbours_on_a_page_the_one_apart_from_other_cities_is_odd() -> None:
    page = [Figure("x", "2020", 100.0), Figure("x", "2021", 1e6)]
    assert doubted([], [*OTHERS, *page]) == {("x", "2021")}
    page = [Figure("x", "2020", 1e6), Figure("x", "2021", 100.0)]
    assert doubted([], [*OTHERS, *page]) == {("x", "2020")}


def test_a_stored_neighbour_may_be_the_odd_one() -> None:
    stored = [*OTHERS, Figure("x", "2020", 1e6)]
    assert doubted(stored, [Figure("x", "2021", 100.0)]) == {("x", "2020")}
    page = [Figure("x", "2020", 1e6), Figure("x", "2021", 100.0)]
    assert doubted(stored, page) == {("x", "2020")}
    page = [Figure("x", "2020", 95.0), Figure("x", "2021", 100.0)]
    assert doubted(stored, page) == set()
    stored = [*OTHERS, Figure("x", "2020", 100.0)]
    assert doubted(stored, [Figure("x", "2021", 1e6)]) == {("x", "2021")}


def test_without_other_cities_both_are_doubted() -> None:
    assert doubted([], [Figure("x", "2020", 1.0), Figure("x", "2021", 1e4)]) == {
        ("x", "2020"),
        ("x", "2021"),
    }


def test_what_is_more_than_anything_is_doubted_without_any_history() -> None:
    assert doubted([], [Figure("x", "2020", 1e300)]) == {("x", "2020")}
    assert plausible("万人") == 1e8
    assert doubted([], [Figure("x", "2020", 1e5)]) == set()
