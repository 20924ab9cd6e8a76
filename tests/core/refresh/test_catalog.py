"""The catalogue in the database is what the plugins declare, and written only where it is not."""

from __future__ import annotations

from pathlib import Path

from cityflux.core.plugin.manager import load_plugins
from cityflux.core.refresh.catalog import sync_catalog
from cityflux.storage.database import open_database
from tests.conftest import run_module

SOURCE = "SELECT publisher, priority FROM sources WHERE id = 'nbs.city_gdp_2026'"


def test_what_stands_there_is_not_written_again(home: Path) -> None:
    plugins = load_plugins()
    with open_database(home / "data" / "cityflux.db") as connection:
        before = connection.total_changes
        sync_catalog(connection, plugins)
        assert connection.total_changes == before


def test_what_a_hand_changed_is_as_it_is_declared_after_the_next_command(home: Path) -> None:
    database = home / "data" / "cityflux.db"
    with open_database(database) as connection:
        declared = connection.execute(SOURCE).fetchall()
    change = "UPDATE sources SET publisher = 'nobody', priority = 7 WHERE id LIKE 'nbs.%'"
    assert run_module("sqlite_utils", str(database), change, cwd=home).returncode == 0
    with open_database(database) as connection:
        assert connection.execute(SOURCE).fetchall() == [("nobody", 7)] != declared
    assert run_module("cityflux", "compute", "flow_index", cwd=home).returncode == 0
    with open_database(database) as connection:
        assert connection.execute(SOURCE).fetchall() == declared


def test_a_source_that_went_comes_back(home: Path) -> None:
    sources = "SELECT id, publisher, schedule FROM sources ORDER BY id"
    with open_database(home / "data" / "cityflux.db") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        before = connection.execute(sources).fetchall()
        connection.execute("DELETE FROM sources WHERE id LIKE 'nbs.%'")
        connection.commit()
        assert len(connection.execute(sources).fetchall()) < len(before)
        sync_catalog(connection, load_plugins())
        assert connection.execute(sources).fetchall() == before
