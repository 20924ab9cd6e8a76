"""The charts by themselves: what they draw, in which order, and what they refuse."""

from __future__ import annotations

import json
import math
import re
from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core import charts
from cityflux.core.charts import render
from cityflux.core.charts.geometry import (
    frame_of,
    nice_span,
    place_labels,
    project,
    radar_points,
    rim_labels,
)
from cityflux.core.charts.style import OKABE_ITO, colours, width_of, wrap
from cityflux.core.model.errors import NotEnoughData

SCORES = pl.DataFrame(
    {
        "name": ["上海", "Beijing", "深圳"],
        "rank": [1, 2, None],
        "score": [1.25, -0.5, None],
        "coverage": [0.5, 0.25, 0.0],
    }
)
CELLS = pl.DataFrame(
    {
        "row": ["甲", "甲", "乙", "乙", "丙", "丙"],
        "name": ["a", "b"] * 3,
        "value": [1.0, 2.0, None, 0.5, -1.0, -2.0],
    }
)
SERIES = pl.DataFrame(
    {
        "name": ["a", "a", "a", "b", "b"],
        "year": [2018.0, 2019.0, 2020.0, 2018.0, 2020.0],
        "value": [1.0, None, 3.0, 2.0, 2.5],
    }
)
NAMES = st.text(max_size=40)


def drawn(chart: Any) -> str:
    """The texts of the drawing, in their order; the whole chart is checked by the schema."""
    chart.to_dict()
    texts = re.findall(r"<text[^>]*>(.*?)</text>", render.svg(chart))
    return " ".join(re.sub(r"<[^>]+>", "", text) for text in texts)


def test_a_ranking_shows_rank_score_and_coverage_and_a_dash_for_what_is_missing() -> None:
    text = drawn(charts.ranking(SCORES, focus="上海", coverage="Known"))
    for words in ("1  上海", "2  Beijing", "–  深圳", "1.25", "−0.50", "50%", "0%", "Known"):
        assert words in text


BRACKETS = "in brackets"
HOLLOW: dict[str, Any] = {
    "ranking": SCORES.with_columns(bracket=pl.Series([False, True, True])),
    "heatmap": CELLS.rename({"name": "column"}).with_columns(bracket=pl.col("row") == "甲"),
    "distances": CELLS.with_columns(bracket=pl.col("row") == "甲"),
    "radar": CELLS.rename({"row": "axis"}).with_columns(bracket=pl.col("axis") == "甲"),
    "lines": SERIES.with_columns(bracket=pl.col("name") == "b"),
    "waterfall": pl.DataFrame({"name": ["x", "y"], "value": [1.0, -0.5], "bracket": [True, False]}),
}


@pytest.mark.parametrize("kind", HOLLOW)
def test_what_does_not_compare_is_hollow_and_told_in_the_legend(kind: str) -> None:
    draw = getattr(charts, kind)
    choice = {"focus": "a"} if kind == "distances" else {}
    choice |= {"end": "sum"} if kind == "waterfall" else {}
    hollow, solid = (
        render.svg(draw(rows, brackets=BRACKETS, **choice))
        for rows in (HOLLOW[kind], HOLLOW[kind].drop("bracket"))
    )
    assert BRACKETS in hollow
    assert BRACKETS not in solid
    whites = [
        len(re.findall('fill="(?:white|transparent|none)"', each)) for each in (hollow, solid)
    ]
    assert whites[0] > whites[1]


def test_a_score_that_does_not_compare_stands_in_brackets() -> None:
    assert "(−0.50)" in drawn(charts.ranking(HOLLOW["ranking"]))
    assert "(1.00)" in drawn(charts.heatmap(HOLLOW["heatmap"]))
    assert {"(+1.00)", "(+0.50)"} <= {
        *drawn(charts.waterfall(HOLLOW["waterfall"], end="sum")).split()
    }


def test_a_ranking_has_whiskers_where_there_are_intervals() -> None:
    plain = charts.ranking(SCORES).to_dict()
    whole = SCORES.with_columns(low=pl.col("score") - 1, high=pl.col("score") + 1)
    assert len(charts.ranking(whole).to_dict()["layer"]) == len(plain["layer"]) + 1


def test_a_heat_map_writes_every_value_and_keeps_the_order() -> None:
    text = drawn(charts.heatmap(CELLS.rename({"name": "column"})))
    assert text.index("甲") < text.index("乙") < text.index("丙")
    for value in ("1.00", "2.00", "0.50", "−1.00", "−2.00", "–"):
        assert value in text


def test_shares_are_written_as_the_tables_write_them() -> None:
    cells = pl.DataFrame({"row": ["甲"] * 3, "column": list("abc"), "value": [0.125, 0.004, 0.0]})
    text = drawn(charts.heatmap(cells, values="shares"))
    assert all(words in text.split() for words in ("12%", "0.4%", "0%"))


def test_of_ranks_the_first_is_the_darkest_and_they_are_whole() -> None:
    cells = pl.DataFrame({"row": ["甲"] * 3, "column": list("abc"), "value": [1, 3, None]})
    scores, ranks = (charts.heatmap(cells, values=each) for each in ("scores", "ranks"))
    assert {"1", "3", "–"} <= set(drawn(ranks).split())
    assert {"1.00", "3.00", "–"} <= set(drawn(scores).split())
    ramps = [
        c.to_dict()["layer"][0]["encoding"]["color"]["scale"]["range"] for c in (scores, ranks)
    ]
    assert ramps[0] == ramps[1][::-1]


def test_names_wider_than_their_columns_stand_aslant() -> None:
    def angle(name: str, cell: int) -> int:
        cells = pl.DataFrame({"row": ["甲"], "column": [name], "value": [1.0]})
        encoding = charts.heatmap(cells, cell=cell).to_dict()["layer"][0]["encoding"]
        return int(encoding["x"]["axis"]["labelAngle"])

    assert angle("Guangzhou", 72) == 0
    assert angle("Guangzhou", 44) < 0
    assert angle("广州", 44) == 0


def test_a_heat_map_of_one_value_has_a_colour() -> None:
    one = pl.DataFrame({"row": ["甲"], "column": ["a"], "value": [3.0]})
    assert "3.00" in drawn(charts.heatmap(one))


def test_distances_name_the_focus_the_rival_and_the_others() -> None:
    chart = charts.distances(CELLS, focus="a", rival="b", others="the rest")
    text = drawn(chart)
    assert all(words in text for words in ("甲", "乙", "丙", "a", "b", "the rest"))


def test_between_two_alone_the_line_goes_from_one_to_the_other() -> None:
    chart = charts.distances(CELLS, focus="b", rival="a", others=None)
    assert "others" not in drawn(chart)
    (rows,) = map(json.loads, chart.to_dict()["datasets"].values())
    own = {row["row"]: (row["value"], row["goal"]) for row in rows if row["name"] == "b"}
    assert own == {"甲": (2.0, 1.0), "乙": (0.5, None), "丙": (-2.0, -1.0)}


def test_where_nobody_stands_out_all_bars_have_the_colour_of_the_focus() -> None:
    def bars(focus: str | None) -> list[str]:
        svg = render.svg(charts.ranking(SCORES, focus=focus))
        found = re.findall(r'aria-roledescription="bar"[^>]*fill="([^"]+)"', svg)
        return [hue.upper() for hue in found]

    assert bars(None) == [OKABE_ITO[0]] * 2
    assert bars("上海").count(OKABE_ITO[0]) == 1


def test_a_waterfall_ends_at_the_sum_of_its_parts() -> None:
    parts = pl.DataFrame({"name": ["x", "y", "z"], "value": [1.5, -0.25, None]})
    text = drawn(charts.waterfall(parts, end="all"))
    assert all(words in text for words in ("+1.50", "−0.25", "+1.25", "all"))
    assert "z" not in text.split()
    began = drawn(charts.waterfall(parts, end="last", start=("first", 10.0)))
    assert "10.00" in began
    assert "11.25" in began


def test_a_line_breaks_where_a_figure_is_missing() -> None:
    chart = charts.lines(SERIES, focus="a", rival="b", unit="亿元")
    assert "亿元" in drawn(chart)
    paths = re.findall(r'aria-roledescription="line mark"[^>]*\bd="([^"]+)"', render.svg(chart))
    assert [path.count("M") for path in paths if path.count("M") > 1]


@pytest.mark.parametrize("panelled", [False, True])
def test_a_break_is_a_gap_with_a_mark(panelled: bool) -> None:
    series = pl.DataFrame(
        {
            "name": ["a"] * 4 + ["b"] * 4,
            "year": [2018.0, 2019.0, 2020.0, 2021.0] * 2,
            "value": [5.0, 6.0, 2.0, 3.0, 1.0, 2.0, 3.0, 4.0],
            "segment": [0, 0, 1, 1, 0, 0, 0, 0],
        }
    )
    some = series.with_columns(panel=pl.lit("一"), unit=pl.lit("个")) if panelled else series
    draw: Any = partial(charts.panels if panelled else charts.lines, broken="broken here")
    whole, parted = (draw(each) for each in (some.drop("segment"), some))
    assert "broken here" not in drawn(whole)
    assert drawn(parted).count("broken here") == 1

    def lines(chart: Any) -> int:
        return render.svg(chart).count('aria-roledescription="line mark"')

    assert (lines(whole), lines(parted)) == (2, 3)
    assert render.svg(parted).count('aria-roledescription="rule mark"') == 1
    assert "broken here" not in drawn(draw(some.with_columns(segment=3))), "no break inside"


def test_the_years_at_the_axis_are_whole_and_few() -> None:
    def years(series: pl.DataFrame) -> list[str]:
        return sorted(re.findall(r"(?:19|20)\d\d", drawn(charts.lines(series))))

    assert years(SERIES) == ["2018", "2019", "2020"]
    long = pl.DataFrame({"name": "a", "year": [1950.0 + i for i in range(71)], "value": 1.5})
    assert years(long) == [str(year) for year in range(1950, 2021, 10)]
    assert years(SERIES.filter(pl.col("year") == 2020)) == ["2020"]


def test_panels_have_a_title_and_a_unit_each() -> None:
    panels = pl.concat(
        [SERIES.with_columns(panel=pl.lit(name), unit=pl.lit("个")) for name in ("一", "二")]
    )
    text = drawn(charts.panels(panels, focus="a"))
    assert "一" in text
    assert "二" in text
    assert text.count("个") == 2


def test_of_many_series_only_the_focus_and_the_rival_are_told_apart() -> None:
    many = pl.concat([SERIES.with_columns(name=pl.lit(f"city {i}")) for i in range(20)])
    text = drawn(charts.lines(many, focus="city 3", rival="city 7"))
    assert "city 3" in text
    assert "city 7" in text
    assert "city 5" not in text


def test_a_map_labels_cities_and_draws_flows_between_them() -> None:
    places = pl.DataFrame(
        {
            "name": ["上海", "北京", "nowhere"],
            "latitude": [31.2, 39.9, None],
            "longitude": [121.5, 116.4, None],
            "value": [1.0, None, 2.0],
        }
    )
    flows = pl.DataFrame({"origin": ["上海"], "destination": ["北京"], "value": [5.0]})
    chart = charts.city_map(places, flows, focus="上海", value="Score")
    text = drawn(chart)
    assert "上海" in text
    assert "35°N" in text
    assert "nowhere" not in text
    assert render.svg(chart).count("rule mark") > render.svg(charts.city_map(places)).count(
        "rule mark"
    )


def test_a_map_writes_the_labels_that_it_is_given_and_joins_flows_by_name() -> None:
    places = pl.DataFrame(
        {
            "name": ["a", "b"],
            "label": ["1 上海", ""],
            "latitude": [31.2, 39.9],
            "longitude": [121.5, 116.4],
            "value": [1.0, None],
        }
    )
    flows = pl.DataFrame({"origin": ["a"], "destination": ["b"], "value": [5.0]})
    chart = charts.city_map(places, flows)
    words = drawn(chart).split()
    assert "上海" in words
    assert "a" not in words
    assert "b" not in words
    assert render.svg(chart).count("rule mark") > render.svg(charts.city_map(places)).count(
        "rule mark"
    )


@pytest.mark.parametrize(
    "draw",
    [
        lambda: charts.ranking(SCORES.filter(pl.col("score").is_null())),
        lambda: charts.heatmap(CELLS.rename({"name": "column"}).clear()),
        lambda: charts.distances(CELLS.clear(), focus="a"),
        lambda: charts.waterfall(pl.DataFrame({"name": ["x"], "value": [None]}), end="e"),
        lambda: charts.lines(SERIES.clear()),
        lambda: charts.radar(CELLS.rename({"row": "axis"}).filter(pl.col("axis") != "丙")),
        lambda: charts.city_map(
            pl.DataFrame({"name": ["a"], "latitude": [None], "longitude": [None], "value": [1.0]})
        ),
    ],
)
def test_nothing_is_drawn_from_nothing(draw: Any) -> None:
    with pytest.raises(NotEnoughData):
        draw()


@settings(deadline=None, max_examples=12)
@given(name=NAMES)
def test_any_name_is_drawn_as_text(name: str) -> None:
    scores = SCORES.with_columns(name=pl.Series([name, "b", "c"]))
    svg = render.svg(charts.ranking(scores, focus=name), "chart")
    assert "<script" not in svg
    assert not re.search(r"<img|onerror=[^&]*>", svg)


def test_two_drawings_can_stand_in_one_page() -> None:
    chart = charts.lines(SERIES)
    ids = [set(re.findall(r'\bid="([^"]+)"', render.svg(chart, name))) for name in ("one", "two")]
    assert not ids[0] & ids[1]
    used = re.findall(r"url\(#([^)]+)\)", render.svg(chart, "one"))
    assert set(used) <= ids[0]


def test_a_png_is_a_png_and_without_a_chinese_font_it_names_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from cityflux.core.model.errors import ReportError

    latin = charts.ranking(SCORES.with_columns(name=pl.Series(["a", "b", "c"])))
    monkeypatch.setattr(render, "has_chinese_font", lambda: False)
    assert render.png(latin).startswith(b"\x89PNG")
    with pytest.raises(ReportError, match="apt-get install fonts-noto-cjk"):
        render.png(charts.ranking(SCORES))


def test_embedded_specifications_cannot_end_their_element() -> None:
    scores = SCORES.with_columns(name=pl.Series(["</script><b>", "b\u2028", "c"]))
    text = render.embedded({"x": charts.ranking(scores)})
    assert "<" not in text
    assert "\u2028" not in text
    assert "</script><b>" in json.dumps(json.loads(text), ensure_ascii=False)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=8))
def test_a_span_encloses_its_values_in_equal_steps(values: list[float]) -> None:
    span = nice_span(values)
    rounding = 1e-6 * (span.high - span.low)
    assert span.low <= min(values) + rounding
    assert span.high >= max(values) - rounding
    steps = [b - a for a, b in zip(span.ticks, span.ticks[1:], strict=False)]
    assert steps
    assert all(math.isclose(step, steps[0], rel_tol=1e-3) for step in steps)
    assert span.high > span.low


def test_a_radar_closes_and_its_first_axis_points_up() -> None:
    cells = pl.DataFrame({"name": ["a"] * 4, "axis": list("wxyz"), "value": [2.0, 1.0, None, 0.0]})
    points = radar_points(cells, nice_span([0.0, 2.0])).sort("order")
    assert points.height == 5
    first, last = points.row(0, named=True), points.row(-1, named=True)
    assert (first["x"], first["y"]) == pytest.approx((0, 1))
    assert (last["x"], last["y"]) == pytest.approx((0, 1))
    assert points["x"].null_count() == 1
    assert rim_labels(["w", "x", "y", "z"])["align"].to_list() == [
        *("center", "left", "center", "right")
    ]


@given(
    st.lists(
        st.tuples(st.floats(-80, 80), st.floats(-179, 179)), min_size=1, max_size=12, unique=True
    )
)
def test_every_place_is_on_the_map_and_no_two_labels_meet(
    places: list[tuple[float, float]],
) -> None:
    rows = pl.DataFrame(places, schema=["latitude", "longitude"], orient="row").with_columns(
        name=pl.Series([f"city {i}" for i in range(len(places))])
    )
    frame = frame_of(rows)
    points = project(rows, frame)
    assert points["x"].is_between(0, frame.width).all()
    assert points["y"].is_between(0, frame.height).all()
    labels = place_labels(points, frame)
    assert set(labels["name"]) <= set(rows["name"])
    assert labels["name"].n_unique() == labels.height


@given(text=st.text(max_size=80), width=st.integers(4, 40))
def test_wrapped_lines_are_few_and_short(text: str, width: int) -> None:
    lines = wrap(text, width).split("\n")
    assert len(lines) <= 3
    assert all(width_of(line) <= width + 3 for line in lines)


def test_the_focus_and_the_rival_keep_their_colours() -> None:
    hues = colours(["x", "f", "r"], "f", "r")
    assert hues[1:] == list(OKABE_ITO[:2])
    assert hues[0] not in hues[1:]


RANKS = pl.DataFrame(
    {
        "id": ["shanghai", "c9", "c8"],
        "name": ["上海", "Nine", "Eight"],
        "low": [1, 2, None],
        "median": [1, 3, None],
        "high": [2, 4, None],
        "way_0": [1, 1, 3],
        "way_1": [2, 1, None],
    }
)


def test_intervals_of_ranks_have_a_band_a_middle_and_a_mark_for_each_way() -> None:
    chart = charts.ranges(RANKS, ["Comparable", "All known"], band="rank, 5–95 %")
    texts = drawn(chart)
    for told in ("● Comparable", "○ All known", "▬ rank, 5–95 %", "上海", "Nine", "Eight"):
        assert told in texts
    picture = render.svg(chart)
    assert picture.count("#0b2480") >= 4  # its band, its middle and both its marks
    assert "#52606d" in picture  # whoever has no look of its own


def test_marks_of_one_place_stand_side_by_side() -> None:
    marks = re.findall(
        r'translate\(([\d.]+),([\d.]+)\)" d="[^"]+" fill="[^"]+" stroke="#52606d"',
        render.svg(charts.ranges(RANKS, ["a", "b"])),
    )
    nine = [float(x) for x, y in marks if y == marks[0][1]]
    assert len(nine) == 2 and 13 < abs(nine[0] - nine[1]) < 15


def test_intervals_need_an_audit() -> None:
    with pytest.raises(NotEnoughData, match="audit"):
        charts.ranges(RANKS.with_columns(median=pl.lit(None, pl.Int64)), ["a"])
