"""The tables of the daemon and of the hosts that it asks, as SQL."""

from __future__ import annotations

#: How each host was doing when a refresh ended.
HOSTS = """
CREATE TABLE hosts (
    host TEXT PRIMARY KEY,
    requests INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    in_a_row INTEGER NOT NULL,
    circuit TEXT NOT NULL,
    open_until TEXT,
    last_error TEXT NOT NULL,
    seen TEXT NOT NULL
) STRICT
"""

#: What the daemon does, and when it looks at each source.
DAEMON = """
CREATE TABLE daemon (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pid INTEGER NOT NULL,
    host TEXT NOT NULL,
    started TEXT NOT NULL,
    stopped TEXT,
    beat TEXT NOT NULL,
    position INTEGER NOT NULL,
    recomputed TEXT,
    recompute_seconds REAL,
    problem TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE jobs (
    source_id TEXT PRIMARY KEY REFERENCES sources(id),
    schedule TEXT NOT NULL,
    next_run TEXT,
    last_run TEXT,
    last_success TEXT,
    running_since TEXT,
    error TEXT NOT NULL DEFAULT ''
) STRICT
"""

#: What the daemon told of, and what the housekeeping counted before it went.
ALARMS = """
CREATE TABLE alarms (
    what TEXT PRIMARY KEY,
    since TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;

CREATE TABLE thinned_fetches (
    outcome TEXT PRIMARY KEY,
    fetches INTEGER NOT NULL
) STRICT
"""

#: What is on its way to the webhook, and which indicators it was told to be stale.
MESSAGES = """
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE stale_told (
    indicator_id TEXT PRIMARY KEY,
    since TEXT NOT NULL
) STRICT
"""
