"""What an indicator gets from a page is what stands at its place, whoever else reads the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cityflux import CityfluxError, Document, Indicator, OnPages, Page, Source, convert
from cityflux.core.plugin.sheet import Documents

PLACES, OTHERS, UNITS = "abc", ("", "x"), ("人", "千人", "万人", None)
SOURCES = [Source(f"s{n}", "p", "file:x", licence="l", access="bundled") for n in range(2)]
rows = st.lists(
    st.fixed_dictionaries(
        {
            "place": st.sampled_from([*PLACES, *OTHERS]),
            "source": st.sampled_from([source.id for source in SOURCES]),
            "city": st.sampled_from(["shanghai", "beijing"]),
            "period": st.integers(2000, 2020).map(str),
            "value": st.none() | st.floats(-1e9, 1e9),
            "unit": st.sampled_from(UNITS),
            "status": st.sampled_from([None, "ok", "provisional"]),
        }
    ),
    max_size=30,
)
SCHEMA = dict.fromkeys(("place", "source", "city", "period", "unit", "status"), pl.String)


def family(sources: Sequence[Source], frame: pl.DataFrame, read: list[int]) -> dict[str, OnPages]:
    """An indicator for each place of a page that gives a frame, and counts how often it is read."""

    def once(documents: Sequence[Document]) -> pl.DataFrame:
        read.append(len(documents))
        return frame

    page = Page(sources, read=once)
    return {name: page.indicator(Indicator(name, "甲", name, "万人"), name) for name in PLACES}


@given(rows, st.integers(1, 2))
def test_each_gets_its_rows_in_its_unit_and_the_page_is_read_once(
    given_rows: list[dict[str, Any]], count: int
) -> None:
    frame = pl.DataFrame(given_rows, schema=SCHEMA | {"value": pl.Float64})
    read: list[int] = []
    documents = Documents([Document("file:x", b"")])
    for name, plugin in family(SOURCES[:count], frame, read).items():
        for source in SOURCES[:count]:
            found = plugin.normalize(documents.for_source(source.id))
            its = [row for row in given_rows if row["place"] == name]
            if count > 1:
                its = [row for row in its if row["source"] == source.id]
            assert found.select("city", "period").rows() == [
                (row["city"], row["period"]) for row in its
            ]
            assert found["value"].to_list() == [
                value if value is None or unit is None else convert(float(value), unit, "万人")
                for value, unit in ((row["value"], row["unit"]) for row in its)
            ]
    assert read == [1]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"city": ["x"]}, "read() of a page returned a dict; return a polars DataFrame"),
        (pl.DataFrame({"city": ["x"]}), "place and period and value must be among them"),
        (
            pl.DataFrame({"place": [1], "city": ["x"], "period": ["2020"], "value": [1.0]}),
            "a column place of Int64; it must hold text",
        ),
    ],
)
def test_what_is_wrong_with_a_page_is_told_in_one_line(frame: pl.DataFrame, said: str) -> None:
    plugin = family(SOURCES[:1], frame, [])["a"]
    with pytest.raises(CityfluxError) as caught:
        plugin.normalize([Document("file:x", b"").for_source("s0")])
    assert said in str(caught.value)


def test_a_page_of_several_sources_says_of_each_figure_whose_it_is() -> None:
    frame = pl.DataFrame({"place": ["a"], "city": ["x"], "period": ["2020"], "value": [1.0]})
    plugin = family(SOURCES, frame, [])["a"]
    with pytest.raises(CityfluxError, match="source must be among them"):
        plugin.normalize([Document("file:x", b"").for_source("s0")])


def test_one_source_has_one_place_for_an_indicator() -> None:
    indicator = Indicator("a", "甲", "a", "个")
    one, other = (Page(SOURCES[0], read=lambda documents: pl.DataFrame()) for _ in range(2))
    assert OnPages(indicator, one.at("a")).source() == SOURCES[:1]
    with pytest.raises(CityfluxError, match="a stands at two places of the source s0"):
        OnPages(indicator, one.at("a"), other.at("b"))
