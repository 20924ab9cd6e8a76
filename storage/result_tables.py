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

#: What the last run of an index said of it, a line each.
NOTES = """
CREATE TABLE notes (
    index_id TEXT NOT NULL,
    place INTEGER NOT NULL,
    note TEXT NOT NULL,
    run_id INTEGER NOT NULL REFERENCES runs(id),
    PRIMARY KEY (index_id, place)
) STRICT, WITHOUT ROWID"""

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

#: What of a result can be compared. What an earlier version stored was not looked at: it is ranked
#: again when it is computed again, which the first command that computes does.
COMPARABLE = (
    "ALTER TABLE scores ADD COLUMN comparable_score REAL",
    "ALTER TABLE scores ADD COLUMN n INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE scores ADD COLUMN bracket TEXT",
    "UPDATE scores SET rank = NULL, bracket = 'unchecked'",
)

#: The cities of an index; in brackets, without a rank, where the whole does not compare.
SCOREBOARD = """
SELECT s.index_id, s.period, s.rank, c.name_zh AS city_zh, c.name_en AS city_en, s.city_id,
    round(s.score, 3) AS score, round(s.coverage, 3) AS coverage, r.ended AS computed,
    round(s.comparable_score, 3) AS comparable_score, s.n, s.bracket
FROM scores s
JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id AND n.parent_id IS NULL
JOIN cities c ON c.id = s.city_id
JOIN runs r ON r.id = s.run_id
ORDER BY s.index_id, s.period, s.rank IS NULL, s.rank, s.city_id
"""

#: Where a city stands in the groups that compare: what is in brackets is no strength and no gap.
STRENGTHS = """
WITH ranked AS (
    SELECT s.*, n.name_zh, n.name_en, n.parent_id, n.level,
        first_value(s.city_id) OVER best AS leader_id,
        first_value(s.comparable_score) OVER best AS best,
        avg(s.comparable_score) OVER node AS mean
    FROM scores s JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id
    WHERE n.indicator_id IS NULL AND n.parent_id IS NOT NULL
        AND s.bracket IS NULL AND s.comparable_score IS NOT NULL
    WINDOW node AS (PARTITION BY s.index_id, s.node_id, s.period), best AS
        (PARTITION BY s.index_id, s.node_id, s.period ORDER BY s.comparable_score DESC, s.city_id)
)
SELECT index_id, city_id, period, node_id, name_zh, name_en, level, rank,
    round(comparable_score, 3) AS score, leader_id,
    round(comparable_score - best, 3) AS gap_to_leader,
    round(comparable_score - mean, 3) AS gap_to_mean, round(coverage, 3) AS coverage, n, bracket
FROM ranked ORDER BY index_id, city_id, period, comparable_score - mean DESC
"""

#: How sure the ranks of a run are. An audit names its run, so that it is stale when the run is.
AUDITS = (
    """
CREATE TABLE audits (
    id INTEGER PRIMARY KEY,
    index_id TEXT NOT NULL REFERENCES indices(id),
    run_id INTEGER NOT NULL REFERENCES runs(id),
    started TEXT NOT NULL,
    ended TEXT NOT NULL,
    draws INTEGER NOT NULL,
    done INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    sampling TEXT NOT NULL,
    points INTEGER NOT NULL,
    stopped INTEGER NOT NULL CHECK (stopped IN (0, 1)),
    failed TEXT NOT NULL,
    assumptions TEXT NOT NULL,
    varied TEXT NOT NULL,
    missing TEXT NOT NULL CHECK (missing IN ('none', 'filled', 'not determined', 'left')),
    copies INTEGER NOT NULL,
    version TEXT NOT NULL
) STRICT""",
    "CREATE INDEX audits_by_index ON audits (index_id, id)",
    """
CREATE TABLE audit_ranks (
    audit_id INTEGER NOT NULL REFERENCES audits(id) ON DELETE CASCADE,
    node_id TEXT NOT NULL,
    city_id TEXT NOT NULL REFERENCES cities(id),
    period TEXT NOT NULL,
    score_low REAL,
    score_median REAL,
    score_high REAL,
    rank_low INTEGER,
    rank_median INTEGER,
    rank_high INTEGER,
    place INTEGER,
    n INTEGER NOT NULL,
    bracketed INTEGER NOT NULL CHECK (bracketed IN (0, 1)),
    shares TEXT,
    central TEXT,
    PRIMARY KEY (audit_id, node_id, city_id, period)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE audit_pairs (
    audit_id INTEGER NOT NULL REFERENCES audits(id) ON DELETE CASCADE,
    city_id TEXT NOT NULL REFERENCES cities(id),
    other_id TEXT NOT NULL REFERENCES cities(id),
    period TEXT NOT NULL,
    share REAL NOT NULL CHECK (share BETWEEN 0 AND 1),
    PRIMARY KEY (audit_id, city_id, other_id, period)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE sensitivities (
    audit_id INTEGER NOT NULL REFERENCES audits(id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('sobol', 'without', 'weight', 'figure')),
    subject TEXT NOT NULL,
    city_id TEXT NOT NULL DEFAULT '',
    period TEXT NOT NULL,
    value REAL,
    low REAL,
    high REAL,
    total REAL,
    total_low REAL,
    total_high REAL,
    PRIMARY KEY (audit_id, kind, subject, city_id, period)
) STRICT, WITHOUT ROWID""",
)

#: By what the scores of an index are known: see `storage.digests`.
SCORE_DIGESTS = """
CREATE TABLE score_digests (
    index_id TEXT PRIMARY KEY,
    digests TEXT NOT NULL
) STRICT, WITHOUT ROWID"""

#: Whoever touches a score makes the digests of its index go.
SCORES_TOLD = {
    name: (
        f"CREATE TRIGGER {name} AFTER {event} ON scores "
        f"BEGIN DELETE FROM score_digests WHERE index_id = {row}.index_id; END"
    )
    for name, event, row in (
        ("scores_insert_is_told", "INSERT", "new"),
        ("scores_update_is_told", "UPDATE", "new"),
        ("scores_move_is_told", "UPDATE OF index_id", "old"),
        ("scores_delete_is_told", "DELETE", "old"),
    )
}
