"""What a table by hand may not say: one cell, two values."""

from __future__ import annotations

import polars as pl
import pytest

from cityflux.core.model.errors import CityfluxError
from cityflux.core.refresh.importing import Catalogue, frame_rows

KNOWN = Catalogue({"x": "个"}, {"shanghai": "shanghai", "上海": "shanghai"}, frozenset())


def table(*values: float) -> pl.DataFrame:
    cities = ["shanghai", "上海"][: len(values)]
    return pl.DataFrame(
        {"city": cities, "period": "2020", "value": values, "unit": None, "note": ""}
    )


def test_a_city_that_stands_twice_with_two_values_is_refused() -> None:
    with pytest.raises(CityfluxError, match="shanghai 2020 has two values, 4 and 5; keep one"):
        frame_rows(table(4.0, 5.0), KNOWN, "x", "s")
    rows, others = frame_rows(table(4.0, 4.0), KNOWN, "x", "s")
    assert ([row.figure.value for row in rows], others) == ([4.0, 4.0], 0)
