"""Datasette's own pages: every table and column is described, and values carry their units."""

from __future__ import annotations

import pytest

from cityflux.core.web.metadata import both
from cityflux.storage.read_only import read_database
from tests.web.site import Site

TABLES, COLUMNS = both("tables"), both("columns")
OWN = {table: both(f"columns_of.{table}") for table in TABLES}


def test_every_column_of_every_table_is_described(site: Site) -> None:
    with read_database(site.database) as connection:
        columns = set(
            connection.execute(
                "SELECT t.name, c.name FROM pragma_table_list t, pragma_table_xinfo(t.name) c "
                "WHERE t.schema = 'main' AND t.name NOT GLOB '*_fts*' "
                "AND t.name NOT GLOB '*sqlite_*'"
            )
        )
    described = {(table, column) for table in TABLES for column in {*COLUMNS, *OWN[table]}}
    assert columns - described == set()
    assert {table for table, _ in columns} == set(TABLES)


def test_no_column_is_described_that_is_not_there(site: Site) -> None:
    with read_database(site.database) as connection:
        known = {
            table: {row[1] for row in connection.execute(f"PRAGMA table_xinfo({table})")}
            for table in TABLES
        }
    wrong = [(t, c) for t, own in OWN.items() for c in own if c not in known[t]]
    assert wrong == []
    assert set(COLUMNS) <= set().union(*known.values())


@pytest.mark.parametrize("table", ["cities", "observations", "scoreboard", "stale_indicators"])
def test_a_table_is_described_where_it_is_read(site: Site, table: str) -> None:
    page = site.page_of_datasette(f"/cityflux/{table}")
    assert TABLES[table] in page.get_text()
    described = [each.get_text() for each in page.select("dl.column-descriptions dt")]
    assert "id" in described or "period" in described or "indicator_id" in described


def test_tables_that_nobody_looks_at_are_hidden(site: Site) -> None:
    tables = site.get("/cityflux.json").json()["tables"]
    hidden = {table["name"] for table in tables if table["hidden"]}
    assert {"indicators_fts", "indicators_fts_data", "_sqlite_migrations"} <= hidden
    assert hidden.isdisjoint(TABLES)


def test_datasette_gives_json_csv_and_facets(site: Site) -> None:
    rows = site.get("/cityflux/cities.json", _shape="array", _size="max").json()
    assert {"shanghai", "beijing"} <= {row["id"] for row in rows}
    assert site.get("/cityflux/cities.csv").text.startswith("id,name_zh")
    facets = site.get("/cityflux/cities.json", _facet="region").json()["facet_results"]
    assert "region" in facets
