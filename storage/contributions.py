"""The views `contributions` and `score_history`, frozen like all that a step builds from."""

from __future__ import annotations

#: How the children of each node become its score. A definition says it at the node, for its level,
#: or for the whole index.
AGGREGATION = (
    "ALTER TABLE nodes ADD COLUMN aggregation TEXT",
    """
UPDATE nodes SET aggregation = coalesce(
    (SELECT coalesce(json_extract(e.value, '$.aggregation.method'), 'mean')
        FROM indices i, json_each(i.definition, '$.nodes') e
        WHERE i.id = nodes.index_id AND json_extract(e.value, '$.id') = nodes.node_id
            AND json_type(e.value, '$.aggregation') = 'object'),
    (SELECT coalesce(
            json_extract(i.definition, '$.levels.' || nodes.level || '.aggregation.method'),
            json_extract(i.definition, '$.aggregation.method'))
        FROM indices i WHERE i.id = nodes.index_id),
    'mean')
WHERE indicator_id IS NULL""",
    "CREATE INDEX nodes_by_parent ON nodes (index_id, parent_id)",
)

# The share of a node in its parent: its weight among the siblings that have a score there.
_SHARE = """
    SELECT coalesce(w.weight, up.weight) * CASE p.aggregation WHEN 'mean' THEN 1.0
        WHEN 'weighted_sum' THEN sum(coalesce(v.weight, b.weight)) END
        / nullif(sum(CASE WHEN x.score IS NOT NULL THEN coalesce(v.weight, b.weight) END), 0)
    FROM nodes p
    JOIN nodes b ON b.index_id = p.index_id AND b.parent_id = p.node_id
    LEFT JOIN weights v ON v.index_id = b.index_id AND v.node_id = b.node_id
    LEFT JOIN weights w ON w.index_id = p.index_id AND w.node_id = up.node_id
    LEFT JOIN scores x ON x.index_id = b.index_id AND x.node_id = b.node_id
        AND x.city_id = s.city_id AND x.period = s.period
    WHERE p.index_id = s.index_id AND p.node_id = up.parent_id"""

# From a node up to the root: the product of the shares on the way. A node that adds nothing up has
# no shares, so that below it there are no points.
_FACTOR = f"""
    WITH RECURSIVE up (node_id, parent_id, weight, factor) AS (
        SELECT n.node_id, n.parent_id, n.weight, 1.0
        UNION ALL
        SELECT a.node_id, a.parent_id, a.weight, up.factor * ({_SHARE})
        FROM up JOIN nodes a ON a.index_id = s.index_id AND a.node_id = up.parent_id
    )
    SELECT factor FROM up WHERE parent_id IS NULL"""

_POINTS = f"""
SELECT s.index_id, s.period, s.city_id, s.node_id, s.score * ({_FACTOR}) AS points, s.bracket
FROM scores s JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id"""

_NODE = "n.parent_id, n.level, n.name_zh, n.name_en, n.indicator_id"

#: What each node brings to the score of a city, and to its lead over each other one.
CONTRIBUTIONS = f"""
SELECT o.index_id, o.period, o.city_id, NULL AS rival_id, o.node_id, {_NODE}, o.points, o.bracket
FROM ({_POINTS}) o JOIN nodes n ON n.index_id = o.index_id AND n.node_id = o.node_id
UNION ALL
SELECT o.index_id, o.period, o.city_id, r.city_id AS rival_id, o.node_id, {_NODE},
    o.points - r.points AS points, coalesce(o.bracket, r.bracket) AS bracket
FROM ({_POINTS}) o
JOIN ({_POINTS}) r ON r.index_id = o.index_id AND r.node_id = o.node_id AND r.period = o.period
    AND r.city_id <> o.city_id
JOIN nodes n ON n.index_id = o.index_id AND n.node_id = o.node_id
"""

#: Every score beside that of the period before it of the same precision; what is in brackets has
#: neither moved nor grown.
SCORE_HISTORY = """
SELECT s.index_id, s.node_id, n.name_zh, n.name_en, n.level, n.indicator_id, s.city_id, s.period,
    s.score, s.comparable_score, s.rank, s.n, s.bracket, s.coverage, b.period AS previous_period,
    CASE WHEN s.bracket IS NULL AND b.bracket IS NULL
        THEN s.comparable_score - b.comparable_score END AS change,
    b.rank - s.rank AS places_won, s.run_id
FROM scores s
JOIN nodes n ON n.index_id = s.index_id AND n.node_id = s.node_id
LEFT JOIN scores b ON b.index_id = s.index_id AND b.node_id = s.node_id AND b.city_id = s.city_id
    AND b.period = (
        SELECT max(e.period) FROM scores e
        WHERE e.index_id = s.index_id AND e.node_id = s.node_id AND e.city_id = s.city_id
            AND e.period < s.period AND length(e.period) = length(s.period)
            AND instr(e.period, 'Q') = instr(s.period, 'Q') AND instr(s.period, '/') = 0)
"""

ANSWERS = {"contributions": CONTRIBUTIONS, "score_history": SCORE_HISTORY}
