"""The tables of the database and its search, as SQL; other triggers are in `storage.triggers`.

`storage.migrations` runs these statements in order. Tables are STRICT; the two that are written
in bulk (`observations`, `scores`) are WITHOUT ROWID, which keeps one tree instead of two.
"""

from __future__ import annotations

from cityflux.storage.triggers import NOW

CATALOG = """
CREATE TABLE cities (
    id TEXT PRIMARY KEY CHECK (id GLOB '[a-z]*' AND id NOT GLOB '*[^a-z0-9_-]*'),
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    country TEXT NOT NULL DEFAULT '',
    region TEXT NOT NULL DEFAULT '',
    admin_code TEXT NOT NULL DEFAULT '',
    latitude REAL,
    longitude REAL
) STRICT;

CREATE TABLE sources (
    id TEXT PRIMARY KEY,
    publisher TEXT NOT NULL,
    address TEXT NOT NULL DEFAULT '',
    licence TEXT NOT NULL DEFAULT '',
    schedule TEXT NOT NULL DEFAULT '',
    priority INTEGER NOT NULL DEFAULT 100,
    scraper TEXT NOT NULL DEFAULT '',
    access TEXT NOT NULL DEFAULT 'live'
        CHECK (access IN ('live', 'bundled', 'derived', 'declared')),
    reference TEXT NOT NULL DEFAULT '',
    vintage TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE indicators (
    id TEXT PRIMARY KEY,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    unit TEXT NOT NULL,
    direction INTEGER NOT NULL DEFAULT 1 CHECK (direction IN (1, -1)),
    frequency TEXT NOT NULL DEFAULT 'annual',
    plugin TEXT NOT NULL DEFAULT '',
    definition TEXT NOT NULL DEFAULT '',
    note TEXT NOT NULL DEFAULT '',
    terms TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE indicator_sources (
    indicator_id TEXT NOT NULL REFERENCES indicators(id),
    source_id TEXT NOT NULL REFERENCES sources(id),
    PRIMARY KEY (indicator_id, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX indicator_sources_by_source ON indicator_sources (source_id);
"""

FETCHES = """
CREATE TABLE snapshots (
    sha256 TEXT PRIMARY KEY,
    body BLOB NOT NULL,
    media_type TEXT NOT NULL DEFAULT '',
    size INTEGER NOT NULL,
    kept_at TEXT NOT NULL
) STRICT;

CREATE TABLE fetches (
    id INTEGER PRIMARY KEY,
    indicator_id TEXT NOT NULL,
    source_id TEXT NOT NULL DEFAULT '',
    address TEXT NOT NULL DEFAULT '',
    started TEXT NOT NULL,
    ended TEXT,
    http_status INTEGER,
    etag TEXT,
    snapshot TEXT REFERENCES snapshots(sha256),
    outcome TEXT NOT NULL DEFAULT 'running'
        CHECK (outcome IN ('running', 'stored', 'unchanged', 'empty', 'failed')),
    figures INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    error TEXT
) STRICT;
CREATE INDEX fetches_by_source ON fetches (indicator_id, source_id, id);
CREATE INDEX fetches_by_snapshot ON fetches (snapshot) WHERE snapshot IS NOT NULL;

CREATE TABLE fetch_documents (
    fetch_id INTEGER NOT NULL REFERENCES fetches(id),
    position INTEGER NOT NULL,
    address TEXT NOT NULL,
    http_status INTEGER,
    media_type TEXT NOT NULL DEFAULT '',
    charset TEXT NOT NULL DEFAULT '',
    period TEXT NOT NULL DEFAULT '',
    snapshot TEXT NOT NULL REFERENCES snapshots(sha256),
    PRIMARY KEY (fetch_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX fetch_documents_by_snapshot ON fetch_documents (snapshot);

CREATE TABLE answers (
    address TEXT PRIMARY KEY,
    etag TEXT,
    last_modified TEXT,
    snapshot TEXT NOT NULL REFERENCES snapshots(sha256),
    answered TEXT NOT NULL
) STRICT;
CREATE INDEX answers_by_snapshot ON answers (snapshot);
"""

# What a fetch gave for each indicator that it was for. Those of an older database were for one.
YIELDS = """
CREATE TABLE fetch_yields (
    indicator_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    fetch_id INTEGER NOT NULL REFERENCES fetches(id),
    outcome TEXT NOT NULL CHECK (outcome IN ('stored', 'unchanged', 'empty', 'failed')),
    figures INTEGER NOT NULL DEFAULT 0,
    changed INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    PRIMARY KEY (indicator_id, source_id, fetch_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX fetch_yields_by_fetch ON fetch_yields (fetch_id);
INSERT INTO fetch_yields
SELECT indicator_id, source_id, id, outcome, figures, changed, error FROM fetches
WHERE outcome <> 'running';
DROP INDEX fetches_by_source
"""

OBSERVATIONS = f"""
CREATE TABLE observations (
    indicator_id TEXT NOT NULL REFERENCES indicators(id),
    city_id TEXT NOT NULL REFERENCES cities(id),
    period TEXT NOT NULL,
    source_id TEXT NOT NULL REFERENCES sources(id),
    value REAL NOT NULL CHECK (abs(value) < 9e999),
    status TEXT NOT NULL DEFAULT 'ok'  -- IN (...) would build a table for every row that is stored
        CHECK (status = 'ok' OR status = 'provisional' OR status = 'suspect'),
    note TEXT NOT NULL DEFAULT '',
    fetch_id INTEGER REFERENCES fetches(id),
    recorded_at TEXT NOT NULL DEFAULT ({NOW}),
    PRIMARY KEY (indicator_id, city_id, period, source_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE revisions (
    indicator_id TEXT NOT NULL,
    city_id TEXT NOT NULL,
    period TEXT NOT NULL,
    source_id TEXT NOT NULL,
    recorded_at TEXT NOT NULL,
    superseded_at TEXT NOT NULL,
    value REAL NOT NULL,
    status TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    fetch_id INTEGER,
    PRIMARY KEY (indicator_id, city_id, period, source_id, recorded_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
    seq INTEGER PRIMARY KEY,
    changed_at TEXT NOT NULL DEFAULT ({NOW}),
    kind TEXT NOT NULL,
    indicator_id TEXT,
    city_id TEXT,
    period TEXT,
    source_id TEXT,
    old_value REAL,
    new_value REAL
) STRICT;

CREATE TABLE derivations (
    indicator_id TEXT NOT NULL REFERENCES indicators(id),
    city_id TEXT NOT NULL,
    period TEXT NOT NULL,
    input_indicator_id TEXT NOT NULL REFERENCES indicators(id),
    input_city_id TEXT NOT NULL,
    input_period TEXT NOT NULL,
    PRIMARY KEY (indicator_id, city_id, period, input_indicator_id, input_city_id, input_period)
) STRICT, WITHOUT ROWID;

CREATE TABLE flows (
    kind TEXT NOT NULL,
    origin_id TEXT NOT NULL REFERENCES cities(id),
    destination_id TEXT NOT NULL REFERENCES cities(id),
    period TEXT NOT NULL,
    source_id TEXT NOT NULL REFERENCES sources(id),
    value REAL NOT NULL,
    unit TEXT NOT NULL,
    fetch_id INTEGER REFERENCES fetches(id),
    PRIMARY KEY (kind, origin_id, destination_id, period, source_id)
) STRICT, WITHOUT ROWID;
"""

#: Which code has read the documents of a fetch.
CODE = "ALTER TABLE fetches ADD COLUMN code TEXT NOT NULL DEFAULT ''"

# Neither tokenizer of FTS5 finds a Chinese word of two characters inside a longer name, so every
# run of one to ten characters of the Chinese name becomes a term of its own.
_TERMS = f"""(
    SELECT new.id || ' ' || new.name_en || ' ' || new.name_zh || ' ' || new.definition || ' ' ||
        coalesce(group_concat(substr(new.name_zh, start.value, length.value), ' '), '')
    FROM json_each('[{",".join(map(str, range(1, 61)))}]') AS start,
        json_each('[1,2,3,4,5,6,7,8,9,10]') AS length
    WHERE start.value + length.value - 1 <= length(new.name_zh)
)"""
_SET_TERMS = f"UPDATE indicators SET terms = {_TERMS} WHERE id = new.id AND terms IS NOT {_TERMS};"

# The index is filled before the terms are set, because the order in which SQLite fires two
# triggers of one event is not defined, and an index told to forget what it never held breaks.
_FORGET = """INSERT INTO indicators_fts (indicators_fts, rowid, terms)
    VALUES ('delete', old.rowid, old.terms);"""
_LEARN = "INSERT INTO indicators_fts (rowid, terms) VALUES (new.rowid, new.terms);"

SEARCH_TRIGGERS = (
    f"CREATE TRIGGER indicators_insert AFTER INSERT ON indicators BEGIN {_LEARN} {_SET_TERMS} END",
    "CREATE TRIGGER indicators_rename AFTER UPDATE OF name_zh, name_en, definition "
    f"ON indicators BEGIN {_SET_TERMS} END",
    "CREATE TRIGGER indicators_terms AFTER UPDATE OF terms "
    f"ON indicators BEGIN {_FORGET} {_LEARN} END",
    f"CREATE TRIGGER indicators_delete AFTER DELETE ON indicators BEGIN {_FORGET} END",
)

# The same terms, made once and from as many starts as a name has: ten thousand may come at once.
_TERMS_OF_NEW = """(
    WITH RECURSIVE starts (start) AS (
        SELECT 1 UNION ALL SELECT start + 1 FROM starts WHERE start < min(60, length(new.name_zh)))
    SELECT new.id || ' ' || new.name_en || ' ' || new.name_zh || ' ' || new.definition || ' ' ||
        coalesce(group_concat(substr(new.name_zh, start, length.value), ' '), '')
    FROM starts, json_each('[1,2,3,4,5,6,7,8,9,10]') AS length
    WHERE start + length.value - 1 <= length(new.name_zh)
)"""
SEARCH_INSERT = f"""CREATE TRIGGER indicators_insert AFTER INSERT ON indicators BEGIN {_LEARN}
    UPDATE indicators SET terms = {_TERMS_OF_NEW} WHERE id = new.id; END"""

#: What may be said of two figures, and where a series begins anew. A city may be null, which is
#: every city, and so cannot stand in a primary key; the index holds what the key would.
BREAKS = (
    """ALTER TABLE indicators ADD COLUMN scale TEXT NOT NULL DEFAULT 'ratio'
        CHECK (scale IN ('ratio', 'difference'))""",
    """
CREATE TABLE breaks (
    indicator_id TEXT NOT NULL REFERENCES indicators(id),
    city_id TEXT REFERENCES cities(id),
    period TEXT NOT NULL CHECK (CASE length(period)
        WHEN 4 THEN period GLOB '[0-9][0-9][0-9][0-9]'
        WHEN 7 THEN period GLOB '[0-9][0-9][0-9][0-9]-Q[1-4]'
            OR period || '-01' IS date(period || '-01')
        ELSE period IS date(period, '+0 days') END),
    reason_zh TEXT NOT NULL,
    reason_en TEXT NOT NULL,
    publisher TEXT NOT NULL,
    reference TEXT NOT NULL DEFAULT '',
    plugin TEXT NOT NULL DEFAULT ''
) STRICT""",
    """CREATE UNIQUE INDEX breaks_key
        ON breaks (indicator_id, coalesce(city_id, ''), period)""",
    *(
        f"CREATE TRIGGER breaks_{event.lower()}_is_told AFTER {event} ON breaks "
        "BEGIN DELETE FROM declared; END"
        for event in ("INSERT", "UPDATE", "DELETE")
    ),
)

#: What the catalogue was written by. Whoever changes the catalogue makes it be written again.
DECLARED = (
    "CREATE TABLE declared (mark TEXT NOT NULL) STRICT",
    *(
        f"CREATE TRIGGER {table}_{event.lower()}_is_told AFTER {event} ON {table} "
        "BEGIN DELETE FROM declared; END"
        for table in ("cities", "sources", "indicators", "indicator_sources")
        for event in ("INSERT", "UPDATE", "DELETE")
    ),
)

SOURCE_CLASS = "ALTER TABLE sources ADD COLUMN class TEXT NOT NULL DEFAULT ''"
