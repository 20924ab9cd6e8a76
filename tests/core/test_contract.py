"""What `normalize` and `derive` return is checked column by column, and refused row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux.core.model.errors import PluginError
from cityflux.core.model.figure import Figure
from cityflux.core.plugin.contract import figures

CITIES = {"shanghai", "beijing"}

ROWS = st.tuples(
    st.sampled_from(["shanghai", "beijing", "beijing", "nowhere", None]),
    st.sampled_from(["2019", "2020", "2020-Q3", "2020-07", "2011/2020", "2020-13", "x", None]),
    st.sampled_from([1.0, 2.5, -3.0, None, math.nan, math.inf]),
    st.sampled_from(["ok", "", "provisional", "suspect", "good", None]),
    st.sampled_from(["", "a note", None]),
)


def frame(rows: Sequence[tuple[object, ...]]) -> pl.DataFrame:
    """A frame as a plugin returns it."""
    kinds = [pl.String, pl.String, pl.Float64, pl.String, pl.String]
    names = ["city", "period", "value", "status", "note"]
    return pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")


def test_rows_become_figures_and_missing_values_none() -> None:
    """A null value is a missing figure; status and note may be left out."""
    rows = [("shanghai", "2020", 1.5, None, None), ("beijing", "2020", None, "ok", "unknown")]
    assert figures(frame(rows), "normalize", CITIES) == [Figure("shanghai", "2020", 1.5, "ok", "")]
    short = frame(rows).select("value", "city", "period")
    assert figures(short, "normalize", CITIES) == [Figure("shanghai", "2020", 1.5)]


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("nowhere", "2020", 1.0, "ok", ""), "nowhere 2020 1.0: no city 'nowhere' is known"),
        ((None, "2020", 1.0, "ok", ""), "no city None is known"),
        (("beijing", "2020-13", 1.0, "ok", ""), "period '2020-13' does not parse"),
        (("beijing", None, 1.0, "ok", ""), "no period"),
        (("beijing", "2020", math.nan, "ok", ""), "no finite number"),
        (("beijing", "2020", math.inf, "ok", ""), "no finite number"),
        (
            ("beijing", "2020", 1.0, "good", ""),
            "status 'good' is none of ok, provisional, bound, suspect",
        ),
        (("shanghai", "2020", 2.0, "ok", ""), "shanghai 2020 2.0: stands there twice"),
    ],
)
def test_the_row_that_breaks_the_contract_is_named(row: tuple[object, ...], says: str) -> None:
    """The message gives the row and what is wrong with it."""
    with pytest.raises(PluginError, match=says):
        figures(frame([("shanghai", "2020", 1.0, "ok", ""), row]), "normalize", CITIES)


@given(st.lists(ROWS, max_size=8))
def test_a_frame_is_refused_as_its_rows_are(rows: list[tuple[object, ...]]) -> None:
    """Looking at whole columns lets pass just what looking at one row after another does."""
    there = [row for row in rows if row[2] is not None]

    def passes(some: list[tuple[object, ...]]) -> bool:
        try:
            return len(figures(frame(some), "normalize", CITIES)) == len(some)
        except PluginError:
            return False

    different = len({row[:2] for row in there}) == len(there)
    assert passes(there) == (different and all(passes([row]) for row in there))
