"""The tables and triggers of the database, as SQL.

`storage.migrations` runs these statements in order. Tables are STRICT; the two that are written
in bulk (`observations`, `scores`) are WITHOUT ROWID, which keeps one tree instead of two.
"""

from __future__ import annotations

#: Now, in UTC, to the millisecond: constant within one SQL statement.
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

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

# A REPLACE deletes the old row without firing delete triggers (recursive_triggers is off by
# default), so the old value must be kept before the insert. An upsert fires this trigger as well
# and then the update trigger: both write the same revision, whose key makes it one. Where it
# changes nothing in the end, there was no revision, and it is taken back. While a fetch
# of ours is open we never REPLACE, and the look-up is spared.
_KEEP_OLD = f"""
    INSERT INTO revisions (indicator_id, city_id, period, source_id,
        recorded_at, superseded_at, value, status, note, fetch_id)
    VALUES (old.indicator_id, old.city_id, old.period, old.source_id,
        old.recorded_at, {NOW}, old.value, old.status, old.note, old.fetch_id)
    ON CONFLICT DO NOTHING;
"""
_SAME_KEY = """o.indicator_id = new.indicator_id AND o.city_id = new.city_id
        AND o.period = new.period AND o.source_id = new.source_id"""

STANDING = """
CREATE TRIGGER observations_standing AFTER UPDATE ON observations
WHEN old.value = new.value AND old.status = new.status AND old.recorded_at = new.recorded_at
BEGIN
    DELETE FROM revisions
    WHERE indicator_id = new.indicator_id AND city_id = new.city_id AND period = new.period
        AND source_id = new.source_id AND recorded_at = new.recorded_at;
END"""

CHANGE_TRIGGERS = (
    # Putting an equal row in its own place is no event, and must not look like news.
    f"""
CREATE TRIGGER observations_equal BEFORE INSERT ON observations
WHEN (new.fetch_id IS NULL OR (SELECT ended FROM fetches WHERE id = new.fetch_id) IS NOT NULL)
    AND EXISTS (SELECT 1 FROM observations o WHERE {_SAME_KEY}
        AND o.value = new.value AND o.status = new.status AND o.note = new.note)
BEGIN
    SELECT RAISE(IGNORE);
END""",
    f"""
CREATE TRIGGER observations_replace BEFORE INSERT ON observations
WHEN (new.fetch_id IS NULL OR (SELECT ended FROM fetches WHERE id = new.fetch_id) IS NOT NULL)
    AND EXISTS (SELECT 1 FROM observations o WHERE {_SAME_KEY}
        AND (o.value IS NOT new.value OR o.status IS NOT new.status))
BEGIN
    INSERT INTO revisions (indicator_id, city_id, period, source_id,
        recorded_at, superseded_at, value, status, note, fetch_id)
    SELECT indicator_id, city_id, period, source_id,
        recorded_at, {NOW}, value, status, note, fetch_id
    FROM observations o WHERE {_SAME_KEY}
    ON CONFLICT DO NOTHING;
END""",
    """
CREATE TRIGGER observations_insert AFTER INSERT ON observations
BEGIN
    INSERT INTO changes (changed_at, kind, indicator_id, city_id, period, source_id, new_value)
    VALUES (new.recorded_at, 'insert', new.indicator_id, new.city_id, new.period, new.source_id,
        new.value);
END""",
    f"""
CREATE TRIGGER observations_update AFTER UPDATE OF value, status ON observations
WHEN old.value IS NOT new.value OR old.status IS NOT new.status
BEGIN
    {_KEEP_OLD}
    INSERT INTO changes (kind, indicator_id, city_id, period, source_id, old_value, new_value)
    VALUES ('update', new.indicator_id, new.city_id, new.period, new.source_id,
        old.value, new.value);
    UPDATE observations SET recorded_at =
        CASE WHEN old.recorded_at < {NOW} THEN {NOW} ELSE old.recorded_at || '+' END
    WHERE indicator_id = new.indicator_id AND city_id = new.city_id AND period = new.period
        AND source_id = new.source_id AND new.recorded_at = old.recorded_at;
END""",
    STANDING,
    f"""
CREATE TRIGGER observations_delete AFTER DELETE ON observations
BEGIN
    {_KEEP_OLD}
    INSERT INTO changes (kind, indicator_id, city_id, period, source_id, old_value)
    VALUES ('delete', old.indicator_id, old.city_id, old.period, old.source_id, old.value);
END""",
    # AUTOINCREMENT would cost a write per row to promise what this promises as well.
    """
CREATE TRIGGER changes_last BEFORE DELETE ON changes
WHEN old.seq = (SELECT max(seq) FROM changes)
BEGIN
    SELECT RAISE(ABORT, 'the last change must stay: the runs count from it');
END""",
    """
CREATE TRIGGER sources_priority AFTER UPDATE OF priority ON sources
WHEN old.priority <> new.priority
BEGIN
    INSERT INTO changes (kind, source_id, old_value, new_value)
    VALUES ('priority', new.id, old.priority, new.priority);
END""",
    """
CREATE TRIGGER indicators_direction AFTER UPDATE OF direction ON indicators
WHEN old.direction <> new.direction
BEGIN
    INSERT INTO changes (kind, indicator_id, old_value, new_value)
    VALUES ('direction', new.id, old.direction, new.direction);
END""",
)

#: A figure that is given another key leaves one cell for another; this fires before an update does.
MOVE = f"""CREATE TRIGGER observations_move AFTER UPDATE OF indicator_id, city_id, period, source_id
ON observations WHEN NOT ({_SAME_KEY.replace("o.", "old.")}) BEGIN {_KEEP_OLD} INSERT INTO
    changes (kind, indicator_id, city_id, period, source_id, old_value, new_value)
    VALUES ('delete', old.indicator_id, old.city_id, old.period, old.source_id, old.value, NULL),
        ('insert', new.indicator_id, new.city_id, new.period, new.source_id, NULL, new.value);
END"""

#: A value that somebody edits is no longer what a fetch has brought, and says so; a fetch that
#: brings another value names itself.
BY_HAND = """CREATE TRIGGER observations_by_hand AFTER UPDATE OF value ON observations
WHEN old.value IS NOT new.value AND new.fetch_id IS NOT NULL AND new.fetch_id IS old.fetch_id
BEGIN
    UPDATE observations SET fetch_id = NULL,
        note = 'edited by hand; was ' || old.value || iif(new.note = '', '', '; ' || new.note)
    WHERE indicator_id = new.indicator_id AND city_id = new.city_id AND period = new.period
        AND source_id = new.source_id;
END"""

#: A fetch writes until it has ended; what names it after that is written by a hand, and now, so
#: that what it replaces keeps its place among the revisions.
AFTER_THE_FETCH = f"""CREATE TRIGGER observations_after_fetch AFTER INSERT ON observations
WHEN new.fetch_id IS NOT NULL AND (SELECT ended FROM fetches WHERE id = new.fetch_id) IS NOT NULL
BEGIN
    UPDATE observations SET fetch_id = NULL,
        note = 'written by hand' || iif(new.note = '', '', '; ' || new.note),
        recorded_at = iif(new.recorded_at < {NOW}, {NOW}, new.recorded_at || '+')
    WHERE indicator_id = new.indicator_id AND city_id = new.city_id AND period = new.period
        AND source_id = new.source_id;
END"""
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
