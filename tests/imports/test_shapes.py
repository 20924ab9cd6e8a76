"""Every shape of docs/import.md is understood as it says, or refused with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

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
