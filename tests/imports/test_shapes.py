"""Every shape of docs/import.md is understood as it says, or refused with its reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.model.document import Document
from cityflux.core.model.errors import CityfluxError, ImportRefused
from cityflux.core.refresh.importing.reading import read_figures
from cityflux.core.refresh.importing.series import Choice
from tests.imports.shapes import SHAPES, Shape, names, table

NAMES = names()


def read(shape: Shape) -> tuple[set[tuple[str, str, str, float]], str]:
    document = Document("file:///figures", shape.body)
    choice = Choice(**dict(shape.options))
    try:
        reading = read_figures(document, NAMES, "import.figures", choice)
    except ImportRefused as error:
        return set(), " ".join(error.reasons)
    except CityfluxError as error:
        return set(), str(error)
    rows = {(row.indicator_id, *row.figure[:3]) for row in reading.rows}
    return rows, "; ".join(reading.said)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.what)
def test_a_shape_is_understood_or_refused(shape: Shape) -> None:
    rows, said = read(shape)
    assert rows == set(shape.rows), said
    assert shape.says in said


def test_the_table_of_the_manual_is_that_of_the_shapes() -> None:
    text = (Path(__file__).parents[2] / "docs" / "import.md").read_text(encoding="utf-8")
    shown = text.partition("tests.imports.shapes -->\n")[2].partition("\n<!-- end")[0]
    assert shown == table()
    assert len(SHAPES) >= 60


TOKENS = (
    "城市",
    "2021",
    "年份",
    "单位：",
    "指标",
    ",",
    "\n",
    '"',
    ";",
    "\t",
    "杭州",
    "1—6月",
    "(",
    "%",
    "万",
)


@given(st.data())
@settings(max_examples=60)
def test_a_damaged_file_is_refused_or_read_and_never_breaks(data: st.DataObject) -> None:
    shape = data.draw(st.sampled_from([each for each in SHAPES if each.body[:2] != b"PK"]))
    place = data.draw(st.integers(0, len(shape.body)))
    gone = data.draw(st.integers(0, 6))
    put = "".join(data.draw(st.lists(st.sampled_from(TOKENS), max_size=3))).encode()
    rows, said = read(replace(shape, body=shape.body[:place] + put + shape.body[place + gone :]))
    assert said
    assert all(abs(value) < 1e300 for *_, value in rows)
