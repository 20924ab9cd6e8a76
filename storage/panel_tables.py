"""The tables of panels of experts, and the triggers that keep what was answered.

What is answered stays: nothing is changed or taken away, a correction is another answer of the same
expert, and a round that is closed takes none. Names stand in a table of their own.
"""

from __future__ import annotations

#: The tables with what they hold, which a panel may write into and nothing else.
NAMES = "panel_names"
WRITTEN_BY_PAGES = ("panel_answers", "panel_proposals", "ratings")

_NEVER = "BEGIN SELECT RAISE(ABORT, 'an answer stays as it was given; correct it by another'); END"
_OPEN = """WHEN (SELECT closed FROM rounds
    WHERE panel = new.panel AND round = new.round) IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'the round is closed'); END"""
_ANSWERED = ("panel_answers", "panel_proposals", "ratings")

TABLES = (
    """
CREATE TABLE panels (
    name TEXT PRIMARY KEY CHECK (name GLOB '[a-z]*' AND name NOT GLOB '*[^a-z0-9_]*'),
    index_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('scale', 'ahp', 'bwm')),
    least INTEGER NOT NULL,
    most INTEGER NOT NULL CHECK (most > least),
    rule TEXT NOT NULL,
    made TEXT NOT NULL,
    version TEXT NOT NULL
) STRICT""",
    """
CREATE TABLE rounds (
    panel TEXT NOT NULL REFERENCES panels(name),
    round INTEGER NOT NULL,
    proposing INTEGER NOT NULL CHECK (proposing IN (0, 1)),
    opened TEXT NOT NULL,
    closed TEXT,
    PRIMARY KEY (panel, round)
) STRICT""",
    """
CREATE TABLE panel_nodes (
    panel TEXT NOT NULL,
    round INTEGER NOT NULL,
    place INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    parent_id TEXT NOT NULL,
    PRIMARY KEY (panel, round, node_id),
    FOREIGN KEY (panel, round) REFERENCES rounds (panel, round)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE panel_experts (
    panel TEXT NOT NULL REFERENCES panels(name),
    expert TEXT NOT NULL,
    PRIMARY KEY (panel, expert)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE panel_names (
    panel TEXT NOT NULL,
    expert TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (panel, expert),
    FOREIGN KEY (panel, expert) REFERENCES panel_experts (panel, expert)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE panel_tokens (
    panel TEXT NOT NULL,
    round INTEGER NOT NULL,
    expert TEXT NOT NULL,
    token_hash TEXT NOT NULL UNIQUE,
    PRIMARY KEY (panel, round, expert),
    FOREIGN KEY (panel, round) REFERENCES rounds (panel, round),
    FOREIGN KEY (panel, expert) REFERENCES panel_experts (panel, expert)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE panel_answers (
    panel TEXT NOT NULL,
    round INTEGER NOT NULL,
    expert TEXT NOT NULL,
    answer INTEGER NOT NULL CHECK (answer >= 1),
    received TEXT NOT NULL,
    digest TEXT NOT NULL,
    basis REAL CHECK (basis BETWEEN 0 AND 1),
    familiarity REAL CHECK (familiarity BETWEEN 0 AND 1),
    PRIMARY KEY (panel, round, expert, answer),
    UNIQUE (panel, round, digest),
    FOREIGN KEY (panel, round) REFERENCES rounds (panel, round),
    FOREIGN KEY (panel, expert) REFERENCES panel_experts (panel, expert)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE ratings (
    panel TEXT NOT NULL,
    round INTEGER NOT NULL,
    expert TEXT NOT NULL,
    answer INTEGER NOT NULL,
    node_id TEXT NOT NULL,
    other_id TEXT NOT NULL DEFAULT '',
    part TEXT NOT NULL CHECK (part IN ('scale', 'pair', 'best', 'worst')),
    value REAL NOT NULL CHECK (value > 0),
    PRIMARY KEY (panel, round, expert, answer, part, node_id, other_id),
    FOREIGN KEY (panel, round, expert, answer)
        REFERENCES panel_answers (panel, round, expert, answer)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE panel_proposals (
    panel TEXT NOT NULL,
    round INTEGER NOT NULL,
    expert TEXT NOT NULL,
    answer INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('strike', 'propose')),
    what TEXT NOT NULL,
    PRIMARY KEY (panel, round, expert, answer, kind, what),
    FOREIGN KEY (panel, round, expert, answer)
        REFERENCES panel_answers (panel, round, expert, answer)
) STRICT, WITHOUT ROWID""",
    """
CREATE TABLE panel_weights (
    panel TEXT NOT NULL REFERENCES panels(name),
    node_id TEXT NOT NULL,
    weight REAL NOT NULL CHECK (weight > 0),
    method TEXT NOT NULL,
    round INTEGER NOT NULL,
    PRIMARY KEY (panel, node_id)
) STRICT, WITHOUT ROWID""",
    *(f"CREATE TRIGGER {table}_while_open BEFORE INSERT ON {table} {_OPEN}" for table in _ANSWERED),
    *(
        f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} {_NEVER}"
        for table in _ANSWERED
        for event in ("UPDATE", "DELETE")
    ),
    "CREATE TRIGGER rounds_no_delete BEFORE DELETE ON rounds "
    "BEGIN SELECT RAISE(ABORT, 'a round stays'); END",
    "CREATE TRIGGER rounds_once BEFORE INSERT ON rounds WHEN EXISTS (SELECT 1 FROM rounds "
    "WHERE panel = new.panel AND round = new.round) "
    "BEGIN SELECT RAISE(ABORT, 'a round stays'); END",
    "CREATE TRIGGER rounds_stay_closed BEFORE UPDATE ON rounds WHEN old.closed IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'the round is closed'); END",
)
