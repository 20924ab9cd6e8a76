"""The triggers by which every writer of figures leaves a trace, as SQL.

`storage.migrations` runs these statements in order.
"""

from __future__ import annotations

#: Now, in UTC, to the millisecond: constant within one SQL statement.
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

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
