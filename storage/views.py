"""The views for people: plain SQL, so that every SQLite client can read them."""

from __future__ import annotations

#: How many days after the last day of its latest period an indicator is stale, by frequency: one
#: period until the next figure is due, and half a year (annual), some three and a half months
#: (quarterly) or six weeks (monthly) for its publication. An irregular one is never late.
ALLOWED_DAYS = {"annual": 548, "quarterly": 200, "monthly": 75, "weekly": 21, "daily": 7}

# The last day of a period, and its first, from the text alone.
_END = """CASE
    WHEN {p} LIKE '%/____' THEN substr({p}, -4) || '-12-31'
    WHEN length({p}) = 4 THEN {p} || '-12-31'
    WHEN {p} LIKE '____-Q_' THEN date(substr({p}, 1, 4) || '-01-01',
        '+' || (3 * substr({p}, 7, 1)) || ' months', '-1 day')
    WHEN length({p}) = 7 THEN date({p} || '-01', '+1 month', '-1 day')
    ELSE substr({p}, -10) END"""


CURRENT_OBSERVATIONS = """
SELECT o.indicator_id, o.city_id, o.period, o.value, i.unit, o.status, o.source_id, o.note,
    o.fetch_id, o.recorded_at
FROM observations o
JOIN sources s ON s.id = o.source_id
JOIN indicators i ON i.id = o.indicator_id
WHERE o.status <> 'suspect' AND NOT EXISTS (
    SELECT 1 FROM observations b JOIN sources t ON t.id = b.source_id
    WHERE b.indicator_id = o.indicator_id AND b.city_id = o.city_id AND b.period = o.period
        AND b.status <> 'suspect' AND (t.priority, t.id) < (s.priority, s.id))
"""

#: The same since a figure may be a bound, which stands for no value.
SOUND_OBSERVATIONS = CURRENT_OBSERVATIONS.replace(
    "WHERE o.status <> 'suspect'", "WHERE o.status NOT IN ('suspect', 'bound')"
).replace("AND b.status <> 'suspect'", "AND b.status NOT IN ('suspect', 'bound')")

SCOREBOARD = """
SELECT s.index_id, s.period, s.rank, c.name_zh AS city_zh, c.name_en AS city_en, s.city_id,
    round(s.score, 3) AS score, round(s.coverage, 3) AS coverage, r.ended AS computed
FROM scores s
JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id AND n.parent_id IS NULL
JOIN cities c ON c.id = s.city_id
JOIN runs r ON r.id = s.run_id
ORDER BY s.index_id, s.period, s.rank, s.city_id
"""

STRENGTHS = """
WITH ranked AS (
    SELECT s.*, n.name_zh, n.name_en, n.parent_id, n.level,
        first_value(s.city_id) OVER best AS leader_id, first_value(s.score) OVER best AS best,
        avg(s.score) OVER node AS mean
    FROM scores s JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id
    WHERE n.indicator_id IS NULL AND n.parent_id IS NOT NULL AND s.score IS NOT NULL
    WINDOW node AS (PARTITION BY s.index_id, s.node_id, s.period),
        best AS (PARTITION BY s.index_id, s.node_id, s.period ORDER BY s.score DESC, s.city_id)
)
SELECT index_id, city_id, period, node_id, name_zh, name_en, level, rank,
    round(score, 3) AS score, leader_id, round(score - best, 3) AS gap_to_leader,
    round(score - mean, 3) AS gap_to_mean, round(coverage, 3) AS coverage
FROM ranked ORDER BY index_id, city_id, period, score - mean DESC
"""

_ALLOWED = " ".join(f"WHEN '{name}' THEN {days}" for name, days in ALLOWED_DAYS.items())
#: SQL: the last day of the latest period of some figures ``o``, of which the suspect do not count.
LATEST_DAY = f"max(CASE WHEN o.status <> 'suspect' THEN {_END.format(p='o.period')} END)"
# Grouped before it is joined, which takes half the time where there are a million figures.
STALE_INDICATORS = f"""
WITH latest AS (
    SELECT i.id AS indicator_id, i.name_zh, i.name_en, i.frequency, f.latest_day,
        CASE i.frequency {_ALLOWED} END AS allowed_days
    FROM indicators i LEFT JOIN (
        SELECT o.indicator_id, {LATEST_DAY} AS latest_day FROM observations o
        GROUP BY o.indicator_id
    ) f ON f.indicator_id = i.id
)
SELECT indicator_id, name_zh, name_en, frequency, latest_day,
    CAST(julianday('now') - julianday(latest_day) - allowed_days AS INTEGER) AS days_late,
    CASE WHEN latest_day IS NULL THEN 'no figure yet' ELSE 'late' END AS reason
FROM latest
WHERE latest_day IS NULL OR julianday('now') - julianday(latest_day) > allowed_days
ORDER BY latest_day IS NULL, days_late DESC, indicator_id
"""

#: As the first databases had it; `storage.provenance` has the one of today.
FIRST_PROVENANCE = """
WITH RECURSIVE below (index_id, node_id, leaf_id, indicator_id) AS (
    SELECT index_id, node_id, node_id, indicator_id FROM nodes WHERE indicator_id IS NOT NULL
    UNION ALL
    SELECT n.index_id, n.parent_id, b.leaf_id, b.indicator_id
    FROM below b JOIN nodes n ON n.index_id = b.index_id AND n.node_id = b.node_id
    WHERE n.parent_id IS NOT NULL
),
rests_on (indicator_id, city_id, period, figure_indicator_id, figure_city_id, figure_period) AS (
    SELECT indicator_id, city_id, period, indicator_id, city_id, period
    FROM (SELECT DISTINCT indicator_id, city_id, period FROM observations)
    UNION
    SELECT d.indicator_id, d.city_id, d.period,
        d.input_indicator_id, d.input_city_id, d.input_period
    FROM derivations d
)
SELECT s.index_id, s.node_id, s.city_id, s.period, s.score, s.coverage, s.run_id,
    b.leaf_id, r.figure_indicator_id AS indicator_id, r.figure_city_id AS figure_city_id,
    r.figure_period AS figure_period, f.value, f.unit, f.status, f.source_id,
    o.publisher, o.reference, o.vintage, o.licence, o.address,
    f.note, f.recorded_at, f.fetch_id, h.snapshot
FROM scores s
JOIN below b ON b.index_id = s.index_id AND b.node_id = s.node_id
JOIN current_observations used ON used.indicator_id = b.indicator_id AND used.city_id = s.city_id
    AND (used.period = s.period OR (instr(used.period, '/') = 0
        AND substr(used.period, 1, 4) >= substr(s.period, 1, 4)
        AND substr(used.period, 1, 4) <= CASE WHEN instr(s.period, '/') > 0
            THEN substr(s.period, instr(s.period, '/') + 1, 4) ELSE substr(s.period, 1, 4) END
        AND (instr(s.period, '/') > 0 OR used.period LIKE s.period || '%')
        AND NOT EXISTS (SELECT 1 FROM current_observations whole
            WHERE whole.indicator_id = used.indicator_id AND whole.city_id = used.city_id
                AND whole.period = s.period)))
JOIN rests_on r ON r.indicator_id = used.indicator_id AND r.city_id = used.city_id
    AND r.period = used.period
JOIN current_observations f ON f.indicator_id = r.figure_indicator_id
    AND f.city_id = r.figure_city_id AND f.period = r.figure_period
JOIN sources o ON o.id = f.source_id
LEFT JOIN fetches h ON h.id = f.fetch_id
"""

#: What the steps of `storage.migrations` build from, which is why nothing here ever changes: a view
#: that is to be another one gets a new text, and a new step that puts it in the place of this.
VIEWS = {
    "current_observations": CURRENT_OBSERVATIONS,
    "scoreboard": SCOREBOARD,
    "strengths": STRENGTHS,
    "stale_indicators": STALE_INDICATORS,
    "provenance": FIRST_PROVENANCE,
}
