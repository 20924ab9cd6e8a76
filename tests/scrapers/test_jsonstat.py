from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers import jsonstat

DOCUMENT = Document("http://site/data", b"")


def cube(sizes: list[int], value: Any, **more: Any) -> dict[str, Any]:
    names = [f"d{n}" for n in range(len(sizes))]
    return {
        "id": names,
        "size": sizes,
        "dimension": {
            name: {"category": {"index": {f"{name}c{place}": place for place in range(size)}}}
            for name, size in zip(names, sizes, strict=True)
        },
        "value": value,
        **more,
    }


@given(st.data())
def test_every_cell_gets_the_codes_of_its_position(data: st.DataObject) -> None:
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    # itertools.product counts as JSON-stat does: the last dimension runs fastest.
    places = list(itertools.product(*(range(size) for size in sizes)))
    figures = {
        position: data.draw(st.floats(-1e9, 1e9))
        for position in data.draw(st.sets(st.integers(0, len(places) - 1)))
    }
    expected = {
        tuple(f"d{n}c{place}" for n, place in enumerate(places[position])): value
        for position, value in figures.items()
    }
    sparse = jsonstat.table(DOCUMENT, cube(sizes, {str(p): v for p, v in figures.items()}))
    full = jsonstat.table(DOCUMENT, cube(sizes, [figures.get(p) for p in range(len(places))]))
    for frame in (sparse, full):
        assert {row[: len(sizes)]: row[-2] for row in frame.iter_rows()} == expected
        assert frame.columns == [*(f"d{n}" for n in range(len(sizes))), "value", "flag"]


def test_the_order_of_the_codes_is_that_of_their_numbers() -> None:
    shuffled = cube([2], {"0": 10, "1": 20})
    shuffled["dimension"]["d0"]["category"]["index"] = {"second": 1, "first": 0}
    assert jsonstat.table(DOCUMENT, shuffled).rows() == [
        ("first", 10.0, None),
        ("second", 20.0, None),
    ]


def test_codes_may_come_as_a_list_or_as_a_single_label() -> None:
    mixed = cube([2, 1], [1, 2])
    mixed["dimension"]["d0"]["category"]["index"] = ["x", "y"]
    mixed["dimension"]["d1"]["category"] = {"label": {"only": "The only one"}}
    assert jsonstat.table(DOCUMENT, mixed).rows() == [
        ("x", "only", 1.0, None),
        ("y", "only", 2.0, None),
    ]


@pytest.mark.parametrize("status", [{"1": "p"}, [None, "p"], "p"])
def test_flags_come_as_object_list_or_one_for_all(status: Any) -> None:
    frame = jsonstat.table(DOCUMENT, cube([2], {"1": 5}, status=status))
    assert frame.rows() == [("d0c1", 5.0, "p")]


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (cube([2], {"2": 5}), "expected cells 0 to 1, got cell 2"),
        (cube([2], [1, 2, 3]), "expected cells 0 to 1, got cell 2"),
        ({"version": "2.0"}, "expected the key 'id'"),
        ({**cube([2], {}), "size": [3]}, r"expected the size \[2\]"),
        ({**cube([2], {}), "dimension": {}}, "expected the key 'dimension.d0'"),
        ({"id": ["d0"], "size": [1], "dimension": {"d0": {}}, "value": {}}, "'category'"),
    ],
)
def test_a_cube_that_does_not_fit_is_unexpected(broken: Any, complaint: str) -> None:
    with pytest.raises(Unexpected, match=complaint):
        jsonstat.table(DOCUMENT, broken)


def test_an_index_with_gaps_is_unexpected() -> None:
    broken = cube([2], {"0": 1})
    broken["dimension"]["d0"]["category"]["index"] = {"a": 0, "b": 2}
    with pytest.raises(Unexpected, match="counts from 0"):
        jsonstat.table(DOCUMENT, broken)
