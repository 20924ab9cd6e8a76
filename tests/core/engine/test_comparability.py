"""What compares: the rules one by one, the worked examples, and what holds of any figures."""

from __future__ import annotations

import math
import random
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cityflux.core.engine.compute import compute, evaluate
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.panel import KEYS, Panel, read_panel
from cityflux.core.engine.reservations import ceiling
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import IndexDefinitionError
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures
from tests.core.engine.figures import bundled, bundled_figures

Column = Sequence[float | None]
CITIES = ("a", "b", "c", "d", "e")


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    with bundled_figures(tmp_path_factory.mktemp("bundled") / "t.db") as connection:
        yield connection


def index(cities: int = 5, **changes: Any) -> Definition:
    names = [f"c{i}" for i in range(cities)] if cities > len(CITIES) else CITIES[:cities]
    values = {
        "id": "i",
        "name_zh": "i",
        "name_en": "i",
        "cities": list(names),
        "periods": {"of": ["2020"]},
        "indicators": ["x", "y"],
    }
    return parse_definition(values | changes, "test")


def result(definition: Definition, **columns: Column) -> Scores:
    """The scores over figures of whole periods, in the order of periods and cities."""
    grid = [(period, city) for period in definition.periods.of for city in definition.cities]
    missing: Column = [None] * len(grid)
    values = pl.DataFrame(grid, schema=KEYS, orient="row").with_columns(
        pl.Series(name, columns.get(name, missing), dtype=pl.Float64) for name in definition.figures
    )
    known = values.with_columns(pl.exclude(KEYS).is_not_null().cast(pl.Float64))
    return score(definition, Panel(values, known), {}, Methods())


def cells(found: Scores, node: str) -> dict[str, tuple[float | None, int | None, str | None]]:
    """Score over what compares, rank and bracket of each city at a node."""
    compared = found.comparable
    frames = (compared.scores, found.ranks(), compared.brackets)
    rows = zip(*(frame[node].to_list() for frame in frames), strict=True)
    return dict(zip(found.scores["city"], rows, strict=True))


def brackets(found: Scores, node: str) -> list[str | None]:
    return [bracket for _, _, bracket in cells(found, node).values()]


def totals(found: Scores, node: str = "flow_index") -> dict[str, float]:
    return {city: round(value or 0.0, 2) for city, (value, _, _) in cells(found, node).items()}


# -- the worked examples of docs/methods.md, on the bundled figures


def test_all_known_figures_stand_as_before(figures: sqlite3.Connection) -> None:
    found = evaluate(figures, bundled("flow_index"), Methods())
    known = dict(found.scores.select("city", "flow_index").iter_rows())
    assert {city: round(value, 2) for city, value in known.items()} == {
        "shanghai": 6.45,
        "beijing": 23.54,
        "guangzhou": -12.17,
        "shenzhen": -13.86,
        "hangzhou": -21.70,
    }


def test_indicators_that_all_five_cities_share(figures: sqlite3.Connection) -> None:
    definition = bundled("flow_index", periods="any", cities=1, children=0)
    found = evaluate(figures, definition, Methods())
    assert totals(found) == {
        "shanghai": 15.50,
        "beijing": 14.76,
        "guangzhou": -4.75,
        "shenzhen": -12.12,
        "hangzhou": -13.38,
    }
    assert [rank for _, rank, _ in cells(found, "flow_index").values()] == [1, 5, 2, 4, 3]
    groups = [node.id for node in definition.tree if node.level == 2]
    assert sum(set(brackets(found, group)) == {None} for group in groups) == 7


def test_only_groups_with_half_of_their_indicators(figures: sqlite3.Connection) -> None:
    definition = bundled("flow_index", periods="any", cities=1, children=0.5)
    found = evaluate(figures, definition, Methods())
    assert totals(found) == {
        "shanghai": 1.44,
        "beijing": -1.44,
        "guangzhou": 0.77,
        "shenzhen": -1.79,
        "hangzhou": 1.02,
    }
    groups = [node.id for node in definition.tree if node.level == 2]
    ranked = [group for group in groups if set(brackets(found, group)) == {None}]
    assert ranked == ["regional_pull", "transport"]
    assert set(brackets(found, "flow_index")) == {"children 0/4"}


def test_the_root_is_bracketed_at_defaults(figures: sqlite3.Connection) -> None:
    found = evaluate(figures, bundled("flow_index"), Methods())
    root = cells(found, "flow_index")
    assert {bracket for _, _, bracket in root.values()} == {"children 0/4"}
    assert [rank for _, rank, _ in root.values()] == [None] * 5
    assert totals(found) == {
        "shanghai": 1.41,
        "hangzhou": 0.99,
        "beijing": -1.59,
        "shenzhen": -1.69,
        "guangzhou": 0.88,
    }
    assert found.comparable.counts["flow_index"].to_list() == [5] * 5
    assert set(brackets(found, "science_innovation")) == {"children 0/13"}
    assert found.comparable.counts["science_innovation"][0] == 2


def test_three_of_ten_years_do_not_compare_with_nine(figures: sqlite3.Connection) -> None:
    """北京 stood first with the mean of three years; 无锡, that of the first two here, has nine."""
    definition, second = bundled("flow_index"), "regional_pull.neighbour_2_gdp_per_capita"
    found = evaluate(figures, definition, Methods())
    place = cells(found, second)
    assert place["beijing"] == (None, None, "figures 3/10")
    assert [place[city][1] for city in ("shanghai", "hangzhou", "guangzhou", "shenzhen")] == [
        1,
        1,
        3,
        3,
    ]
    assert found.comparable.counts[second][0] == 4
    before = dict(found.scores.select("city", second).iter_rows())
    assert max(before, key=lambda city: before[city]) == "beijing"
    left_out = [note for note in found.notes if note.startswith("regional_pull: 1 of the cities")]
    assert "left out for all" in left_out[0]


def test_every_bracket_of_the_bundled_figures_has_a_reason(figures: sqlite3.Connection) -> None:
    code = (
        r"(periods|cities|children|figures) \d+/\d+|equal|missing|imputed|basis|score|weight [\d.]+"
    )
    compute(figures, bundled("flow_index"), Methods(), "0")
    rows = figures.execute("SELECT rank, n, bracket, comparable_score FROM scores").fetchall()
    assert len(rows) == 143 * 5
    for rank, n, bracket, value in rows:
        assert (rank is None) == (bracket is not None)
        if bracket is None:
            assert 1 <= rank <= n <= 5 and n >= 3 and value is not None
        else:
            assert all(re.fullmatch(code, part) for part in bracket.split("; ")), bracket


# -- n = 4 of 5, and the rules one by one


def test_four_of_five_cities_are_ranked_among_four() -> None:
    found = result(index(), x=[1.0, 2.0, 4.0, 5.0, None], y=[3.0, 1.0, 4.0, 1.0, 5.0])
    x = cells(found, "x")
    assert [rank for _, rank, _ in x.values()] == [4, 3, 2, 1, None]
    assert x["e"] == (None, None, "missing")
    assert found.comparable.counts["x"].to_list() == [4] * 5
    mean, spread = 3.0, math.sqrt(10 / 3)  # of 1, 2, 4, 5
    for city, figure in zip("abcd", (1.0, 2.0, 4.0, 5.0), strict=True):
        assert x[city][0] == pytest.approx((figure - mean) / spread)
    root = cells(found, "i")  # e has half of the weight, and the other four have all of it
    assert root["e"][1:] == (None, "weight 0.5")
    assert sorted(rank or 0 for _, rank, _ in root.values()) == [0, 1, 2, 3, 4]


def test_what_a_city_that_passes_lacks_is_left_out_for_all() -> None:
    definition = index(indicators=["x", "y", "z", "w"])
    full = [1.0, 2.0, 4.0, 5.0, 9.0]
    found = result(definition, x=full, y=full[::-1], z=full, w=[*full[:4], None])
    assert brackets(found, "i") == [None] * 5  # e has three quarters of the weight
    alone = result(index(indicators=["x", "y", "z"]), x=full, y=full[::-1], z=full)
    assert found.comparable.scores["i"].to_list() == pytest.approx(alone.scores["i"].to_list())


def test_three_of_five_cities_are_too_few() -> None:
    found = result(index(), x=[1.0, 2.0, 4.0, None, None], y=[3.0, 1.0, 4.0, 1.0, 5.0])
    assert set(brackets(found, "x")) == {"cities 3/5"}
    assert found.comparable.counts["x"].to_list() == [3] * 5
    assert brackets(found, "i") == [None] * 5  # one of two children is enough
    wanted = index(comparability={"children": 0.65})
    found = result(wanted, x=[1.0, 2.0, 4.0, None, None], y=[3.0, 1.0, 4.0, 1.0, 5.0])
    assert set(brackets(found, "i")) == {"children 1/2"}
    assert found.comparable.scores["i"].null_count() == 0  # stored, to be shown in brackets


def test_equal_figures_do_not_compare() -> None:
    found = result(index(), x=[7.0] * 5, y=[3.0, 1.0, 4.0, 1.0, 5.0])
    assert set(brackets(found, "x")) == {"equal"}


def test_never_fewer_than_three_cities() -> None:
    found = result(index(2), x=[1.0, 2.0], y=[2.0, 1.0])
    assert set(brackets(found, "x")) == {"cities 2/2"}
    assert set(brackets(found, "i")) == {"children 0/2"}
    assert [note for note in found.notes if "name more in cities" in note]
    assert ceiling(2) == pytest.approx(math.sqrt(0.5))
    assert found.comparable.counts["x"].to_list() == [2] * 2


def test_a_score_at_its_ceiling_is_named() -> None:
    found = result(index(), x=[0.0, 0.0, 0.0, 0.0, 1.0], y=[None, None, None, 1.0, 5.0])
    assert found.scores["x"].max() == pytest.approx(ceiling(5))
    said = [note for note in found.notes if "further from zero than" in note]
    assert ["0.71" in note and note.endswith("at y") for note in said] == [True, False]
    assert ["1.79" in note and note.endswith("at x") for note in said] == [False, True]


def test_the_rule_goes_up_the_tree_with_the_weights_as_written() -> None:
    groups = [
        {"id": "g", "name_zh": "g", "name_en": "g", "weight": 3, "indicators": ["x", "y"]},
        {"id": "h", "name_zh": "h", "name_en": "h", "weight": 5, "indicators": ["z", "w"]},
    ]
    method = {"method": "weighted_sum"}
    definition = index(indicators=[], nodes=groups, aggregation=method)
    full = [1.0, 2.0, 4.0, 5.0, 9.0]
    found = result(definition, x=full, y=full, z=[1.0, 2.0, None, None, None])
    assert set(brackets(found, "h")) == {"children 0/2"}
    assert brackets(found, "i") == [None] * 5
    three = [3 * (value or 0.0) for value in found.comparable.scores["g"]]
    assert found.comparable.scores["i"].to_list() == pytest.approx(three)


def test_an_index_of_many_cities_hands_the_weight_on() -> None:
    definition = index(12, indicators=["x", "y", "z", "w"])
    full = [float(i * i % 13) for i in range(12)]
    found = result(definition, x=full, y=full[::-1], z=full, w=[None, *full[1:]])
    assert cells(found, "w")["c0"] == (None, None, "missing")
    assert brackets(found, "i") == [None] * 12
    assert found.comparable.scores["i"].to_list() == found.scores["i"].to_list()
    assert [note for note in found.notes if "their weight is handed on" in note]


def test_a_guess_compares_only_where_there_are_many_cities() -> None:
    mean = {"method": "mean"}
    few = result(index(imputation=mean), x=[1.0, 2.0, 4.0, 5.0, None], y=[3.0, 1.0, 4.0, 1.0, 5.0])
    assert few.scores["x"].null_count() == 0  # over all known figures it is filled
    assert cells(few, "x")["e"] == (None, None, "missing")
    full = [float(i * i % 13) for i in range(12)]
    many = result(index(12, imputation=mean), x=[None, *full[1:]], y=full)
    assert cells(many, "x")["c0"][2] == "imputed"
    assert cells(many, "i")["c0"][2] == "weight 0.5"


# -- common periods, from a database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path / "t.db") as connection:
        with write(connection):
            catalog.save_cities(connection, [{"id": c, "name_zh": c, "name_en": c} for c in CITIES])
            catalog.save_sources(connection, [{"id": "s", "publisher": "p"}])
            rows = [{"id": n, "name_zh": n, "name_en": n, "unit": "个"} for n in ("x", "y")]
            catalog.save_indicators(connection, rows)
        yield connection


SPAN = {"of": ["2011/2020"]}


def spans(
    connection: sqlite3.Connection, figures: Mapping[str, Mapping[str, float]], **changes: Any
) -> Scores:
    """The scores of x over a span, from the figures of each city by period."""
    with write(connection):
        rows = [Figure(city, *each) for city, known in figures.items() for each in known.items()]
        store_figures(connection, "x", "s", rows)
    return evaluate(connection, index(periods=SPAN, indicators=["x"], **changes), Methods())


def years(*wanted: int, base: float = 0.0) -> dict[str, float]:
    return {str(year): base + year - 2000 for year in wanted}


def test_a_figure_of_a_span_is_over_the_common_periods(database: sqlite3.Connection) -> None:
    figures = {city: years(*range(2011, 2021), base=i) for i, city in enumerate("abcd")}
    figures["e"] = years(*range(2011, 2018), base=9)
    found = spans(database, figures)
    assert brackets(found, "x") == [None] * 5
    means = [14.0, 15.0, 16.0, 17.0, 23.0]  # of 2011 to 2017
    spread = math.sqrt(sum((mean - 17) ** 2 for mean in means) / 4)
    assert found.comparable.scores["x"].to_list() == pytest.approx(
        [(mean - 17) / spread for mean in means]
    )


def test_periods_any_takes_what_each_city_has(database: sqlite3.Connection) -> None:
    figures = {city: years(*range(2011, 2021), base=i) for i, city in enumerate("abcd")}
    figures["e"] = years(2013)
    assert cells(spans(database, figures), "x")["e"][2] == "figures 1/10"
    found = spans(database, figures, comparability={"periods": "any"})
    assert found.comparable.scores["x"].to_list() == found.scores["x"].to_list()


def test_a_span_without_a_common_period_is_named(database: sqlite3.Connection) -> None:
    early, late = range(2011, 2016), range(2016, 2021)
    figures = {c: years(*(early if i % 2 else late), base=i) for i, c in enumerate(CITIES)}
    found = spans(database, figures)
    assert set(brackets(found, "x")) == {"periods 0/10"}
    assert [
        note for note in found.notes if "too few of its periods" in note and "x (0 of 10)" in note
    ]


def test_years_and_months_compare_where_both_are_whole(database: sqlite3.Connection) -> None:
    figures: dict[str, dict[str, float]] = {
        city: years(*range(2011, 2021), base=i) for i, city in enumerate("abcd")
    }
    months = [f"{year}-{month:02}" for year in range(2011, 2021) for month in range(1, 13)]
    figures["e"] = dict.fromkeys(months, 5.0)
    found = spans(database, figures)
    assert brackets(found, "x") == [None] * 5
    assert [note for note in found.notes if "unlike precision" in note]
    with write(database):
        database.execute("DELETE FROM observations WHERE city_id = 'a' AND period = '2011'")
    found = evaluate(database, index(periods=SPAN, indicators=["x"]), Methods())
    assert cells(found, "x")["e"][2] == "basis"


# -- what holds of any figures

VALUES = st.lists(st.one_of(st.integers(1, 50).map(float), st.none()), min_size=5, max_size=5)
HOLES = st.fixed_dictionaries(dict.fromkeys("xyzw", VALUES))
TREE: dict[str, Any] = {
    "indicators": [],
    "nodes": [
        {"id": "g", "name_zh": "g", "name_en": "g", "weight": 2, "indicators": ["x", "y"]},
        {"id": "h", "name_zh": "h", "name_en": "h", "weight": 3, "indicators": ["z", "w"]},
    ],
}
NODES = ("i", "g", "h", *"xyzw")


def _any(columns: Mapping[str, Column]) -> bool:
    """Whether anything can be computed: an indicator with two figures that differ."""
    return any(
        len({value for value in column if value is not None}) > 1 for column in columns.values()
    )


@settings(max_examples=25, deadline=None)
@given(HOLES, st.data())
def test_a_figure_more_brackets_nothing_without_a_reason(
    columns: dict[str, Column], data: st.DataObject
) -> None:
    gaps = [
        (name, i) for name, column in columns.items() for i, v in enumerate(column) if v is None
    ]
    if not gaps or not _any(columns):
        return
    name, place = data.draw(st.sampled_from(gaps))
    more = {**columns, name: [*columns[name][:place], 60.0, *columns[name][place + 1 :]]}
    before, after = (result(index(**TREE), **each) for each in (columns, more))
    for node in NODES:
        for (_, _, old), (value, rank, new) in zip(
            cells(before, node).values(), cells(after, node).values(), strict=True
        ):
            assert (new is None) == (rank is not None)
            assert new is None or new  # a reason, whatever it was before
            assert new is not None or value is not None
            if old is None and new is not None:
                assert re.match(r"(weight|children|cities|equal|missing|score)", new)


@settings(max_examples=25, deadline=None)
@given(HOLES, st.randoms(use_true_random=False))
def test_no_order_matters(columns: dict[str, Column], chance: random.Random) -> None:
    if not _any(columns):
        return
    order, names = list(range(5)), list("xyzw")
    chance.shuffle(order)
    chance.shuffle(names)
    shuffled = index(cities=5, **TREE).model_copy(update={"cities": [CITIES[i] for i in order]})
    groups = [{**group, "indicators": [*reversed(group["indicators"])]} for group in TREE["nodes"]]
    shuffled = parse_definition(
        {**shuffled.model_dump(exclude_defaults=True), "nodes": groups[::-1]}, "test"
    )
    one = result(index(**TREE), **columns)
    other = result(shuffled, **{n: [columns[n][i] for i in order] for n in names})
    for node in NODES:
        first, second = cells(one, node), cells(other, node)
        for city, (value, rank, bracket) in first.items():
            found = second[city]
            assert (rank, bracket) == found[1:]
            assert found[0] == (None if value is None else pytest.approx(value, abs=1e-9))


@settings(max_examples=25, deadline=None)
@given(
    st.fixed_dictionaries(
        dict.fromkeys("xyzw", st.lists(st.floats(-100, 100), min_size=5, max_size=5, unique=True))
    )
)
@example(
    {name: [0.0, 1.0, 2.0, 3.0, 4.0] for name in "xyz"}
    | {"w": [0.0, 7e-192, 1e-208, 1e-211, 3e-297]}
)
def test_with_nothing_missing_both_results_are_one(columns: dict[str, Column]) -> None:
    found = result(index(**TREE), **columns)
    assert found.comparable.scores.equals(found.scores, null_equal=True)  # to the last bit
    equal = {name: column for name in "xyzw" if len(set(column := columns[name])) > 1}
    for node in equal:
        if found.scores[node].null_count() == 0:
            assert set(brackets(found, node)) == {None}


# -- bad input


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"cities": 1.5}, "comparability.cities: input should be less than or equal to 1"),
        ({"cities": 0}, "comparability.cities: input should be greater than 0"),
        ({"children": -0.1}, "comparability.children: input should be greater than or equal to 0"),
        ({"weight": float("nan")}, "comparability.weight: "),
        ({"periods": 1.2}, 'comparability.periods: write a share above 0 and up to 1, or "any"'),
        ({"periods": "some"}, "or \"any\" (is 'some')"),
        ({"cities": True}, "comparability.cities: input should be a valid number"),
        ({"childs": 0.5}, "there is no key comparability.childs; did you mean children?"),
    ],
)
def test_a_bad_threshold_is_one_line(table: dict[str, Any], says: str) -> None:
    with pytest.raises(IndexDefinitionError, match=re.escape(says)) as caught:
        index(comparability=table)
    assert "\n" not in str(caught.value)


def test_another_threshold_is_another_definition(figures: sqlite3.Connection) -> None:
    assert bundled("flow_index").hash != bundled("flow_index", children=0.65).hash
    panel = read_panel(
        figures, ("overall_economy.gdp",), ("beijing",), bundled("flow_index").periods
    )
    assert panel.parts is not None and panel.parts.height == 10
