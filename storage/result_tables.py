"""The tables of what the engine finds, as SQL."""

from __future__ import annotations

RESULTS = """
CREATE TABLE indices (
    id TEXT PRIMARY KEY,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    definition TEXT NOT NULL,
    definition_hash TEXT NOT NULL
) STRICT;

CREATE TABLE nodes (
    index_id TEXT NOT NULL REFERENCES indices(id),
    node_id TEXT NOT NULL,
    parent_id TEXT,
    weight REAL NOT NULL,
    sort_order INTEGER NOT NULL,
    level INTEGER NOT NULL,
    name_zh TEXT NOT NULL,
    name_en TEXT NOT NULL,
    indicator_id TEXT REFERENCES indicators(id),
    PRIMARY KEY (index_id, node_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    index_id TEXT NOT NULL REFERENCES indices(id),
    definition_hash TEXT NOT NULL,
    position INTEGER NOT NULL,
    started TEXT NOT NULL,
    ended TEXT NOT NULL,
    method TEXT NOT NULL,
    changed INTEGER NOT NULL,
    version TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_index ON runs (index_id, id);

CREATE TABLE scores (
    index_id TEXT NOT NULL,
    node_id TEXT NOT NULL,
    city_id TEXT NOT NULL REFERENCES cities(id),
    period TEXT NOT NULL,
    score REAL,
    rank INTEGER,
    coverage REAL NOT NULL CHECK (coverage BETWEEN 0 AND 1),
    run_id INTEGER NOT NULL REFERENCES runs(id),
    PRIMARY KEY (index_id, node_id, city_id, period),
    FOREIGN KEY (index_id, node_id) REFERENCES nodes (index_id, node_id)
) STRICT, WITHOUT ROWID;
"""

#: What the last run of an index did besides the scores.
DETAILS = (
    """
CREATE TABLE weights (
    index_id TEXT NOT NULL,
    node_id TEXT NOT NULL,
    weight REAL NOT NULL,
    method TEXT NOT NULL DEFAULT '',
    run_id INTEGER NOT NULL REFERENCES runs(id),
    PRIMARY KEY (index_id, node_id),
    FOREIGN KEY (index_id, node_id) REFERENCES nodes (index_id, node_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE adjustments (
    index_id TEXT NOT NULL,
    node_id TEXT NOT NULL,
    city_id TEXT NOT NULL REFERENCES cities(id),
    period TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('imputed', 'treated')),
    method TEXT NOT NULL,
    before REAL,
    after REAL,
    run_id INTEGER NOT NULL REFERENCES runs(id),
    PRIMARY KEY (index_id, node_id, city_id, period, kind),
    FOREIGN KEY (index_id, node_id) REFERENCES nodes (index_id, node_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID""",
)

#: Every definition that an index was computed by, so that an old run can be computed again.
DEFINITIONS = (
    """
CREATE TABLE definitions (
    hash TEXT PRIMARY KEY,
    index_id TEXT NOT NULL,
    definition TEXT NOT NULL
) STRICT""",
    "INSERT INTO definitions SELECT definition_hash, id, definition FROM indices",
)

#: What a leaf is divided by. A leaf has it in its own entry, or in the table of the whole index.
DENOMINATORS = (
    "ALTER TABLE nodes ADD COLUMN denominator_id TEXT REFERENCES indicators(id)",
    """
UPDATE nodes SET denominator_id = coalesce(
    (SELECT e.value ->> '$.denominator.by' FROM indices i, json_tree(i.definition) e
        WHERE i.id = nodes.index_id AND e.type = 'object' AND e.value ->> '$.id' = nodes.node_id
            AND e.value ->> '$.denominator.by' IS NOT NULL),
    (SELECT e.value ->> '$.by' FROM indices i, json_each(i.definition, '$.denominators') e
        WHERE i.id = nodes.index_id AND e.key = nodes.node_id))
WHERE indicator_id IS NOT NULL""",
)
