"""An indicator is stale when it is later than its own frequency allows, and not a day before."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures
from cityflux.storage.staleness import read_late, read_stale
from cityflux.storage.views import ALLOWED_DAYS

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "daemon.md"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path / "c.db") as connection:
        with write(connection):
            cities = [{"id": city, "name_zh": city, "name_en": city} for city in ("a", "b")]
            catalog.save_cities(connection, cities)
            catalog.save_sources(connection, [{"id": "s", "publisher": "p"}])
        yield connection


def store(
    connection: sqlite3.Connection, frequency: str, *figures: tuple[str, str], status: str = "ok"
) -> None:
    """An indicator, named after its frequency, with figures of some cities and periods."""
    name = {"id": f"x.{frequency}", "name_zh": "x", "name_en": "X", "unit": "个"}
    with write(connection):
        catalog.save_indicators(connection, [{**name, "frequency": frequency}])
        found = [Figure(city, period, 1.0, status, "") for city, period in figures]
        store_figures(connection, name["id"], "s", found, None)


def day(ago: int) -> date:
    return datetime.now(UTC).date() - timedelta(days=ago)


@pytest.mark.parametrize("frequency", ALLOWED_DAYS)
def test_each_frequency_has_its_own_allowance(database: sqlite3.Connection, frequency: str) -> None:
    allowed = ALLOWED_DAYS[frequency]
    # The city that is further decides; a day more or less, as midnight may pass meanwhile.
    store(database, frequency, ("a", day(4 * allowed).isoformat()), ("b", str(day(allowed - 1))))
    assert read_stale(database) == []
    database.execute("DELETE FROM observations WHERE city_id = 'b'")
    store(database, frequency, ("b", day(allowed + 2).isoformat()))
    (stale,) = read_stale(database)
    assert stale[:4] == (f"x.{frequency}", "x", "X", frequency)
    assert (stale.latest_day, stale.allowed_days) == (day(allowed + 2).isoformat(), allowed)
    assert stale.days_late in (2, 3)


@pytest.mark.parametrize(
    ("period", "last"),
    [
        ("2019", "2019-12-31"),
        ("2019-Q1", "2019-03-31"),
        ("2019-Q4", "2019-12-31"),
        ("2020-02", "2020-02-29"),
        ("2019-12", "2019-12-31"),
        ("2019-07-14", "2019-07-14"),
        ("2011/2019", "2019-12-31"),
    ],
)
def test_a_period_is_as_old_as_its_last_day(
    database: sqlite3.Connection, period: str, last: str
) -> None:
    store(database, "annual", ("a", period))
    (stale,) = read_stale(database)
    assert stale.latest_day == last


def test_the_latest_come_first_and_others_are_not_listed(database: sqlite3.Connection) -> None:
    store(database, "daily", ("a", "2018-01-01"))
    store(database, "annual", ("a", "2012"))
    store(database, "irregular", ("a", "1990"))
    store(database, "monthly")
    store(database, "weekly", ("a", day(0).isoformat()), status="suspect")
    assert [each.indicator_id for each in read_stale(database)] == ["x.annual", "x.daily"]
    assert read_late(database)[1] == 2  # what is doubted counts for nothing


def test_the_document_names_each_allowance() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) days \|", DOCUMENT.read_text(encoding="utf-8"), re.M)
    assert {name: int(days) for name, days in rows} == ALLOWED_DAYS
