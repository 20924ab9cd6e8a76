"""The view `provenance`: from each score down to the figures that it rests on.

It chooses as the engine does. A leaf reads its indicator, and what that is divided by; of each the
figures make up the period as `storage.periods` says. A leaf without a score, for want of figures,
of comparison or by screening, is used nowhere; nor is what stands under a node without one. An
imputed leaf has no figure of its own. A computed figure brings what it was computed from, down to
what was published.
"""

from __future__ import annotations

from cityflux.storage.periods import fineness, near

# What each node reads: of each leaf under it the indicator, and the one that it is divided by.
_BELOW = """
below (index_id, node_id, level, leaf_id, indicator_id, role) AS (
    SELECT index_id, node_id, level, node_id, indicator_id, 'figure' FROM nodes
    WHERE indicator_id IS NOT NULL
    UNION ALL
    SELECT index_id, node_id, level, node_id, denominator_id, 'denominator' FROM nodes
    WHERE denominator_id IS NOT NULL
    UNION ALL
    SELECT p.index_id, p.node_id, p.level, b.leaf_id, b.indicator_id, b.role
    FROM below b
    JOIN nodes n ON n.index_id = b.index_id AND n.node_id = b.node_id
    JOIN nodes p ON p.index_id = n.index_id AND p.node_id = n.parent_id
)"""

# Whatever lies in the period of a score that used its leaf.
_IN_PERIOD = f"""
    SELECT s.index_id, s.node_id, s.city_id, s.period, s.score, s.coverage, s.run_id,
        b.leaf_id, b.role, b.indicator_id, o.period AS part, t.access,
        {fineness("o.period", "s.period")} AS fineness
    FROM scores s
    JOIN below b ON b.index_id = s.index_id AND b.node_id = s.node_id
    JOIN current_observations o ON o.indicator_id = b.indicator_id AND o.city_id = s.city_id
        AND {near("o.period", "s.period")}
    JOIN sources t ON t.id = o.source_id
    WHERE s.score IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM below w
        JOIN scores x ON x.index_id = w.index_id AND x.node_id = w.node_id
            AND x.city_id = s.city_id AND x.period = s.period
        WHERE w.index_id = b.index_id AND w.leaf_id = b.leaf_id AND w.level > b.level
            AND x.score IS NULL
    ) AND NOT EXISTS (
        SELECT 1 FROM adjustments a
        WHERE a.index_id = s.index_id AND a.node_id = b.leaf_id AND a.city_id = s.city_id
            AND a.period = s.period AND a.kind = 'imputed'
    )"""

# The smallest fineness is sought by what people ask for, so that SQLite looks at these rows only.
_COARSEST = f"""
    SELECT *, min(fineness) OVER (
        PARTITION BY index_id, node_id, city_id, period, leaf_id, role) AS coarsest
    FROM ({_IN_PERIOD}) WHERE fineness IS NOT NULL"""

# From a figure that is used down to those that it was computed from; `role` tells them apart.
_DOWN = """
    WITH RECURSIVE down (indicator_id, city_id, period, access) AS (
        SELECT u.indicator_id, u.city_id, u.part, u.access
        UNION
        SELECT d.input_indicator_id, d.input_city_id, d.input_period, NULL
        FROM down
        JOIN derivations d ON d.indicator_id = down.indicator_id
            AND d.city_id = down.city_id AND d.period = down.period
        WHERE 'derived' = coalesce(down.access, (
            SELECT t.access FROM current_observations c JOIN sources t ON t.id = c.source_id
            WHERE c.indicator_id = d.indicator_id AND c.city_id = d.city_id
                AND c.period = d.period))
    )
    SELECT indicator_id, city_id, period FROM down"""

PROVENANCE = f"""
WITH RECURSIVE {_BELOW}
SELECT u.index_id, u.node_id, u.city_id, u.period, u.score, u.coverage, u.run_id, u.leaf_id,
    f.indicator_id, f.city_id AS figure_city_id, f.period AS figure_period,
    f.value, f.unit, f.status, f.source_id,
    o.publisher, o.reference, o.vintage, o.licence, o.address,
    f.note, f.recorded_at, f.fetch_id, h.snapshot,
    CASE WHEN f.indicator_id = u.indicator_id AND f.city_id = u.city_id AND f.period = u.part
        THEN u.role ELSE 'input' END AS role
FROM ({_COARSEST}) u
JOIN current_observations f ON (f.indicator_id, f.city_id, f.period) IN ({_DOWN})
JOIN sources o ON o.id = f.source_id
LEFT JOIN fetches h ON h.id = f.fetch_id
WHERE u.fineness = u.coarsest
"""
