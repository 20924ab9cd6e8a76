"""The tables that hold what others publish, with CHECKs that keep out what is no figure, as SQL."""

from __future__ import annotations

from cityflux.storage.periods import is_period
from cityflux.storage.triggers import NOW

#: The name of a CHECK is what SQLite says where a row fails it.
_PERIOD = f"""CONSTRAINT "a period is 2020, 2020-Q3, 2020-07, 2020-07-14 or 2011/2020"
        CHECK ({is_period("period")})"""

#: Rows that fit no table any more, as they stood there.
QUARANTINE = f"""
CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY,
    moved_at TEXT NOT NULL DEFAULT ({NOW}),
    table_name TEXT NOT NULL,
    reason TEXT NOT NULL,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT"""

#: Two tables of `storage.schema` with more CHECKs.
CHECKED = {
    "observations": f"""
CREATE TABLE observations (
    indicator_id TEXT NOT NULL REFERENCES indicators(id),
    city_id TEXT NOT NULL REFERENCES cities(id),
    period TEXT NOT NULL {_PERIOD},
    source_id TEXT NOT NULL REFERENCES sources(id),
    value REAL NOT NULL CONSTRAINT "a value is a finite number" CHECK (abs(value) < 9e999),
    status TEXT NOT NULL DEFAULT 'ok'  -- IN (...) would build a table for every row that is stored
        CONSTRAINT "a status is ok, provisional, bound or suspect" CHECK (
            status = 'ok' OR status = 'provisional' OR status = 'suspect' OR status = 'bound'),
    note TEXT NOT NULL DEFAULT '',
    fetch_id INTEGER REFERENCES fetches(id),
    recorded_at TEXT NOT NULL DEFAULT ({NOW}),
    PRIMARY KEY (indicator_id, city_id, period, source_id)
) STRICT, WITHOUT ROWID""",
    "flows": f"""
CREATE TABLE flows (
    kind TEXT NOT NULL,
    origin_id TEXT NOT NULL REFERENCES cities(id),
    destination_id TEXT NOT NULL REFERENCES cities(id),
    period TEXT NOT NULL {_PERIOD},
    source_id TEXT NOT NULL REFERENCES sources(id),
    value REAL NOT NULL CONSTRAINT "a value is a finite number" CHECK (abs(value) < 9e999),
    unit TEXT NOT NULL,
    fetch_id INTEGER REFERENCES fetches(id),
    PRIMARY KEY (kind, origin_id, destination_id, period, source_id)
) STRICT, WITHOUT ROWID""",
}
