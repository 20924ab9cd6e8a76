"""What makes up a cell: the scores of the engine and the view `provenance` agree on it.

Each figure of an indicator is another power of two. So the sum that the engine stores for a leaf
tells, bit by bit, which figures it used.
"""

from __future__ import annotations

import sqlite3
import statistics
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cityflux.core.engine.compute import compute
from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import NotEnoughData
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures

CITIES = ("c0", "c1")
INDICATORS = ("boats", "trains", "people", "traffic", "flow")
COMPUTED = {"traffic": "boats", "flow": "traffic"}  # from what, and so from what in turn
REDUCE: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "mean": statistics.fmean,
    "median": statistics.median,
    "last": lambda values: values[-1],
}
PERIODS = (
    *("2019", "2020", "2019-Q4", "2020-Q1", "2020-Q3"),
    *("2019-12", "2020-01", "2020-02", "2020-07", "2020-08", "2020-12"),
    *("2020-02-29", "2020-07-01", "2020-07-31"),
    *("2019/2020", "2020/2020", "2020-07/2020-12", "2020-06-15/2020-08-31"),
)
SOURCES = ("s0", "s1", "computed")
STATUSES = ("ok", "ok", "provisional", "suspect")


class Stored(NamedTuple):
    """A figure as it is stored; a revised one had another value before."""

    indicator: str
    city: str
    period: str
    source: str
    status: str
    revised: bool


class Case(NamedTuple):
    """A database and an index over it."""

    figures: list[Stored]
    priorities: list[int]
    derivations: list[tuple[str, str, str, str]]
    written: dict[str, Any]


class Used(NamedTuple):
    """A row of the view."""

    leaf: str
    indicator: str
    city: str
    period: str
    value: float
    role: str


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path_factory.mktemp("cells") / "empty.db") as connection:
        with write(connection):
            catalog.save_cities(connection, [_named(city) for city in CITIES])
            rows = [{**_named(name), "unit": "个"} for name in INDICATORS]
            catalog.save_indicators(connection, rows)
        yield connection


def _named(name: str) -> dict[str, str]:
    return {"id": name, "name_zh": name, "name_en": name}


_CELLS = len(INDICATORS) * len(CITIES) * len(PERIODS) * len(SOURCES)
#: One number for a figure: drawn in a fraction of the time that its parts would take.
_NUMBERS = st.lists(
    st.integers(0, 2 * len(STATUSES) * _CELLS - 1),
    min_size=8,
    max_size=45,
    unique_by=lambda number: number % _CELLS,
)


def stored(number: int) -> Stored:
    """The figure of a number."""
    parts: list[str] = []
    for choices in (INDICATORS, CITIES, PERIODS, SOURCES, STATUSES):
        number, place = divmod(number, len(choices))
        parts.append(choices[place])
    indicator, city, period, source, status = parts
    return Stored(indicator, city, period, source, status, bool(number))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    figures = [stored(number) for number in draw(_NUMBERS)]
    computed = [one for one in figures if one.source == "computed" and one.indicator in COMPUTED]
    index: dict[str, Any] = {
        **{"id": "index", "name_zh": "index", "name_en": "index", "cities": CITIES},
        "periods": {
            "of": draw(st.lists(st.sampled_from(PERIODS), min_size=1, max_size=3, unique=True)),
            "reduce": draw(st.sampled_from(("sum", "sum", "mean", "median", "last"))),
        },
        "minimum_cities": draw(st.sampled_from((1, 1, 2))),
        "standardization": {"method": "none"},
        "aggregation": {"method": "mean", "threshold": draw(st.sampled_from((0, 0.6)))},
        "indicators": ["flow"],
        "nodes": [
            {
                **{"id": "group", "name_zh": "group", "name_en": "group"},
                "indicators": ["boats", {"id": "trains", "denominator": {"by": "people"}}],
            },
            {**{"id": "other", "name_zh": "other", "name_en": "other"}, "indicators": ["traffic"]},
        ],
    }
    if draw(st.booleans()):
        index["screening"] = {"min_available": 0.5}
    if method := draw(st.sampled_from((None, None, "mean", "last"))):
        index["imputation"] = {"method": method}
    return Case(
        figures,
        draw(st.lists(st.integers(0, 2), min_size=3, max_size=3)),
        [(*one[:3], draw(st.sampled_from(inputs(figures, one)))) for one in computed],
        index,
    )


def inputs(figures: list[Stored], computed: Stored) -> Sequence[str]:
    """The periods of which a computed figure may be: of its input as far as there is any."""
    name = COMPUTED[computed.indicator]
    found = [one.period for one in figures if one[:2] == (name, computed.city)]
    return found or PERIODS


def fill(connection: sqlite3.Connection, case: Case) -> None:
    """Store the figures, each with a value of its own."""
    sources = [
        {"id": name, "publisher": name, "priority": priority, "access": access}
        for name, priority, access in zip(
            SOURCES, case.priorities, ("live", "live", "derived"), strict=True
        )
    ]
    catalog.save_sources(connection, sources)
    for revised in (True, False):  # what is revised is stored twice
        for power, one in enumerate(case.figures):
            if one.revised or not revised:
                value = -1.0 if revised else 2.0**power
                store_figures(
                    connection,
                    one.indicator,
                    one.source,
                    [Figure(one.city, one.period, value, one.status)],
                )
    for indicator in COMPUTED:
        rows = [
            {
                **{"city_id": city, "period": period},
                "input_indicator_id": COMPUTED[indicator],
                **{"input_city_id": city, "input_period": used},
            }
            for name, city, period, used in case.derivations
            if name == indicator
        ]
        catalog.save_derivations(connection, indicator, rows)


Cell = tuple[str, str, str]


def provenance(connection: sqlite3.Connection) -> dict[Cell, list[Used]]:
    """The rows of the view by node, city and period of the score, in order of time."""
    found: dict[Cell, list[Used]] = {}
    for node, city, period, *row in connection.execute(
        "SELECT node_id, city_id, period, leaf_id, indicator_id, figure_city_id, figure_period, "
        "value, role FROM provenance ORDER BY 1, 2, 3, 4, 5, 6, 7"
    ):
        found.setdefault((node, city, period), []).append(Used(*row))
    return found


def check_leaf(
    definition: Definition, leaf: str, score: float, used: list[Used], figures: list[Stored]
) -> None:
    """The rows are the very figures of the score, and give it again."""
    own = [row.value for row in used if row.role == "figure"]
    below = [row.value for row in used if row.role == "denominator"]
    assert {row.indicator for row in used if row.role == "figure"} == {leaf}
    reduce = REDUCE[definition.periods.reduce]
    assert score == (reduce(own) / reduce(below) if leaf == "trains" else reduce(own))
    if definition.periods.reduce == "sum" and leaf != "trains":
        seen = [one for power, one in enumerate(figures) if int(score) >> power & 1]
        assert sorted(one.period for one in seen) == sorted(
            row.period for row in used if row.role == "figure"
        )
        assert all(one.indicator == leaf and one.status != "suspect" for one in seen)


def inputs_of(connection: sqlite3.Connection, case: Case, row: Used) -> set[tuple[str, str]]:
    """What a figure was computed from, down to the last, as long as it has a figure: by hand."""
    current = {
        (indicator, period): source
        for indicator, period, source in connection.execute(
            "SELECT indicator_id, period, source_id FROM current_observations WHERE city_id = ?",
            (row.city,),
        )
    }
    found: set[tuple[str, str]] = set()
    if current[row.indicator, row.period] == "computed":
        for indicator, city, period, used in case.derivations:
            cell = (COMPUTED[indicator], used)
            above = (row.indicator, row.city, row.period)
            if (indicator, city, period) == above and cell in current:
                below = Used("", cell[0], row.city, used, 0.0, "")
                found |= {cell, *inputs_of(connection, case, below)}
    return found


@settings(max_examples=500)
@given(case=cases())
def test_provenance_names_the_figures_of_each_score(empty: sqlite3.Connection, case: Case) -> None:
    definition = parse_definition(case.written, "index")
    connection = sqlite3.connect(":memory:", isolation_level=None)
    empty.backup(connection)
    with write(connection):
        fill(connection, case)
    try:
        compute(connection, definition, Methods(), "test")
    except NotEnoughData:
        assert provenance(connection) == {}
        return
    rows = provenance(connection)
    scores = {
        (node, city, period): score
        for node, city, period, score in connection.execute(
            "SELECT node_id, city_id, period, score FROM scores"
        )
    }
    imputed = {
        (node, city, period): after
        for node, city, period, after in connection.execute(
            "SELECT node_id, city_id, period, after FROM adjustments WHERE kind = 'imputed'"
        )
    }
    assert rows.keys() <= {cell for cell, score in scores.items() if score is not None}
    for cell, score in scores.items():
        node, city, period = cell
        used = rows.get(cell, [])
        if node in INDICATORS and cell in imputed and score is not None:
            assert (used, imputed[cell]) == ([], score)
        elif node in INDICATORS and score is not None:
            check_leaf(definition, node, score, used, case.figures)
            for role in ("figure", "denominator"):
                assert all(row.city == city for row in used if row.role == role)
            above = [row for row in used if row.role != "input"]
            inputs = {(r.indicator, r.period) for r in used if r.role == "input"}
            assert inputs == set().union(*(inputs_of(connection, case, row) for row in above))
        elif node not in INDICATORS and score is not None:
            children = [child.id for child in definition.tree if child.parent == node]
            below = [row for child in children for row in rows.get((child, city, period), [])]
            assert sorted(used) == sorted(below)
    connection.close()


@pytest.mark.parametrize(
    ("asked", "periods"),
    [
        ("2020-Q3", ["2020-07", "2020-08", "2020-09"]),
        ("2020-07/2020-12", [f"2020-{month:02}" for month in range(7, 13)]),
        ("2019/2020", ["2019", "2020"]),
        ("2020", ["2020"]),
        ("2020-07", ["2020-07"]),
    ],
)
def test_months_beside_years(empty: sqlite3.Connection, asked: str, periods: list[str]) -> None:
    months = [f"2020-{month:02}" for month in range(1, 13)]
    figures = [
        Stored("boats", city, period, "s0", "ok", False)
        for city in CITIES
        for period in ("2019", "2020", *months)
    ]
    index = {
        **{"id": "index", "name_zh": "index", "name_en": "index", "cities": CITIES},
        **{"periods": {"of": [asked]}, "indicators": ["boats"]},
        "standardization": {"method": "none"},
    }
    connection = sqlite3.connect(":memory:", isolation_level=None)
    empty.backup(connection)
    with write(connection):
        fill(connection, Case(figures, [0, 1, 2], [], index))
    compute(connection, parse_definition(index, "index"), Methods(), "test")
    used = provenance(connection)["boats", "c0", asked]
    assert [row.period for row in used] == periods
    (score,) = connection.execute(
        "SELECT score FROM scores WHERE node_id = 'boats' AND city_id = 'c0'"
    ).fetchone()
    assert score == statistics.fmean(row.value for row in used)
    connection.close()
