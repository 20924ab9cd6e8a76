"""Figures that are computed from computed figures: one pass is enough, and a circle is named."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cityflux import City, Indicator, Source, hookimpl
from cityflux.core.plugin.manager import Plugins, Selection
from cityflux.core.plugin.record import BUILT_IN
from cityflux.core.refresh.catalog import sync_catalog
from cityflux.core.refresh.derive import derive_all
from cityflux.storage.changes import position
from cityflux.storage.database import open_database
from tests.conftest import Cityflux
from tests.isolation.plugins import rows, write_derived, write_plugin

CITIES = ("here", "there")
BASES = ("base.0", "base.1", "base.2")
PERIODS = ("2019", "2020-Q1")
CUT = "cut it at one input"

Cell = tuple[str, str, str]


class Cities:
    """The cities of these tests."""

    @hookimpl
    def register_cities(self, register: Callable[[City], None]) -> None:
        for name in CITIES:
            register(City(name, name, name, country=""))


class Base:
    """An indicator whose figures the test writes by hand."""

    def __init__(self, name: str) -> None:
        self.name = name

    @hookimpl
    def indicator(self) -> Indicator:
        return Indicator(self.name, self.name, self.name, "个")

    @hookimpl
    def source(self) -> Source:
        return Source("hand", "p", "file:hand", licence="l", access="bundled")

    @hookimpl
    def fetch(self) -> None:
        """Nothing: the figures come by hand."""

    @hookimpl
    def normalize(self) -> None:
        """Nothing to read."""


class Sum:
    """One more than the sum of its inputs, where all of them are known."""

    def __init__(self, name: str, inputs: Sequence[str]) -> None:
        self.name, self.inputs = name, tuple(inputs)

    @hookimpl
    def indicator(self) -> Indicator:
        return Indicator(self.name, self.name, self.name, "个", inputs=self.inputs)

    @hookimpl
    def derive(self, figures: pl.DataFrame) -> pl.DataFrame:
        together = figures.group_by("city", "period", maintain_order=True)
        sums = together.agg(pl.col("value").sum() + 1, n=pl.len())
        return sums.filter(n=len(self.inputs)).drop("n")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, made once."""
    path = tmp_path_factory.mktemp("derive") / "empty.db"
    with open_database(path):
        return path


@contextmanager
def database(
    empty: Path, needs: Mapping[str, Sequence[str]]
) -> Iterator[tuple[sqlite3.Connection, Plugins]]:
    """A database with derived indicators, each with its inputs, loaded in this order."""
    plugins = Plugins(Selection(built_in=False))
    found = [Cities(), *map(Base, BASES), *(Sum(name, inputs) for name, inputs in needs.items())]
    for place, plugin in enumerate(found):
        plugins.load(str(place), BUILT_IN, lambda plugin=plugin: plugin)  # type: ignore[misc]
    plugins.collect()
    assert not plugins.broken
    path = empty.with_name("copy.db")
    shutil.copy(empty, path)
    with open_database(path) as connection:
        sync_catalog(connection, plugins)
        yield connection, plugins


def write_by_hand(connection: sqlite3.Connection, figures: Mapping[Cell, float | None]) -> None:
    """As with sqlite-utils: nothing of ours has a part in it."""
    for (name, city, period), value in figures.items():
        if value is None:
            delete = (
                "DELETE FROM observations WHERE indicator_id = ? AND city_id = ? AND period = ?"
            )
            connection.execute(delete, (name, city, period))
        else:
            connection.execute(
                "INSERT INTO observations (indicator_id, city_id, period, source_id, value) "
                "VALUES (?, ?, ?, 'hand', ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                (name, city, period, value),
            )


def stored(connection: sqlite3.Connection) -> dict[Cell, float]:
    return {
        (name, city, period): value
        for name, city, period, value in connection.execute(
            "SELECT indicator_id, city_id, period, value FROM current_observations"
        )
    }


def assert_sums(known: Mapping[Cell, float], needs: Mapping[str, Sequence[str]]) -> None:
    """Every derived figure is that of the formula on the figures that are stored of its inputs."""
    for name, inputs in needs.items():
        for city in CITIES:
            for period in PERIODS:
                values = [known.get((each, city, period)) for each in inputs]
                wanted = None if None in values else sum(filter(None, values)) + 1
                assert known.get((name, city, period)) == wanted


@st.composite
def graphs(draw: st.DrawFn) -> dict[str, list[str]]:
    """Derived indicators without circles, in an order that says nothing."""
    names = [f"sum.{number}" for number in range(draw(st.integers(1, 7)))]
    needs = {}
    for place, name in enumerate(names):
        choices = st.sampled_from([*BASES, *names[:place]])
        needs[name] = draw(st.lists(choices, min_size=1, max_size=3, unique=True))
    return {name: needs[name] for name in draw(st.permutations(names))}


cells = st.tuples(st.sampled_from(BASES), st.sampled_from(CITIES), st.sampled_from(PERIODS))
numbers = st.one_of(st.none(), st.integers(-5, 5).map(float))
edits = st.dictionaries(cells, numbers, max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(graphs(), edits, st.lists(edits, max_size=3))
def test_one_pass_brings_every_figure_up_to_date(
    empty: Path,
    needs: dict[str, list[str]],
    first: dict[Cell, float | None],
    later: list[dict[Cell, float | None]],
) -> None:
    with database(empty, needs) as (connection, plugins):
        write_by_hand(connection, first)
        done = derive_all(connection, plugins)
        assert_sums(stored(connection), needs)
        for figures in later:
            before = position(connection)
            write_by_hand(connection, figures)
            done = derive_all(connection, plugins, before)
            assert_sums(stored(connection), needs)
            assert (done.position, done.errors) == (position(connection), {})
        assert derive_all(connection, plugins).changed == 0


def test_circles_are_named_and_cost_themselves_alone(empty: Path) -> None:
    needs = {
        "chicken": ["egg", "base.0"],
        "egg": ["shell"],
        "shell": ["chicken"],
        "navel": ["navel"],
        "after": ["egg", "sound"],
        "sound": ["base.0"],
    }
    with database(empty, needs) as (connection, plugins):
        figures = {(name, "here", "2020"): 1.0 for name in ("base.0", "egg")}
        write_by_hand(connection, figures)
        done = derive_all(connection, plugins)
        assert done.errors == {
            "chicken": f"is computed from itself: chicken ← egg ← shell ← chicken; {CUT}",
            "egg": f"is computed from itself: egg ← shell ← chicken ← egg; {CUT}",
            "shell": f"is computed from itself: shell ← chicken ← egg ← shell; {CUT}",
            "navel": f"is computed from itself: navel ← navel; {CUT}",
        }
        known = {name: value for (name, *_), value in stored(connection).items()}
        assert known == {"base.0": 1, "egg": 1, "sound": 2, "after": 4}
        assert derive_all(connection, plugins, position(connection)).errors == {}


def test_what_others_change_meanwhile_is_not_taken_as_known(empty: Path) -> None:
    """Another process writes while the second of two indicators is computed."""
    with database(empty, {"second": ["first"], "first": ["base.0"]}) as (connection, plugins):
        write_by_hand(connection, {("base.0", "here", "2020"): 1.0})
        before = position(connection)

        class Meanwhile:
            @hookimpl(wrapper=True)
            def derive(self, figures: pl.DataFrame) -> Generator[None, pl.DataFrame, pl.DataFrame]:
                with closing(sqlite3.connect(empty.with_name("copy.db"))) as other, other:
                    other.execute("UPDATE observations SET value = 5 WHERE indicator_id = 'base.0'")
                return (yield)

        plugins.indicators["second"].manager.register(Meanwhile(), name="meanwhile")
        assert derive_all(connection, plugins).position == before
        plugins.indicators["second"].manager.unregister(name="meanwhile")
        assert derive_all(connection, plugins, before).position == position(connection)
        known = {name: value for (name, *_), value in stored(connection).items()}
        assert known == {"base.0": 5, "first": 6, "second": 7}


def test_a_run_computes_what_is_computed_from_computed(tmp_path: Path, cityflux: Cityflux) -> None:
    """In workers, and in an order of the files that is not that of the dependencies."""
    write_plugin(tmp_path, "given")
    write_derived(tmp_path, "a", of="b")
    write_derived(tmp_path, "b", of="given")
    query = "SELECT indicator_id, value FROM observations WHERE indicator_id = 'local.a' ORDER BY 2"
    assert cityflux("refresh", "local.given").returncode == 0
    assert rows(tmp_path, query) == [("local.a", 12.0), ("local.a", 28.0)]
    change = "UPDATE observations SET value = 1 WHERE indicator_id = 'local.given' AND value = 3"
    with closing(sqlite3.connect(tmp_path / "data" / "cityflux.db")) as connection, connection:
        connection.execute(change)
    cityflux("compute")
    assert rows(tmp_path, query) == [("local.a", 4.0), ("local.a", 28.0)]
