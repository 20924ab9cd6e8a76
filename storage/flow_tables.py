"""What follows the flows between cities: triggers, lineage and views, as SQL.

`storage.migrations` runs these statements; they are frozen.
"""

from __future__ import annotations

#: A change of a flow names its kind in ``indicator_id``; it is about two cities, and names none.
FLOW_TRIGGERS = tuple(
    f"""CREATE TRIGGER flows_{event.lower()} AFTER {event} ON flows {when}
BEGIN
    INSERT INTO changes (kind, indicator_id, period, source_id, old_value, new_value)
    VALUES {", ".join(rows)};
END"""
    for event, when, rows in (
        ("INSERT", "", ["('flow', new.kind, new.period, new.source_id, NULL, new.value)"]),
        ("DELETE", "", ["('flow', old.kind, old.period, old.source_id, old.value, NULL)"]),
        (
            "UPDATE",
            "WHEN (old.kind, old.origin_id, old.destination_id, old.period, old.source_id, "
            "old.value, old.unit) IS NOT (new.kind, new.origin_id, new.destination_id, "
            "new.period, new.source_id, new.value, new.unit)",
            [
                "('flow', old.kind, old.period, old.source_id, old.value, NULL)",
                "('flow', new.kind, new.period, new.source_id, NULL, new.value)",
            ],
        ),
    )
)

# A table of flows is one whole: of several sources for a kind and period the best one stands, and
# flows of two sources are never mixed in one network.
_CURRENT = """CREATE VIEW current_flows AS
SELECT kind, origin_id, destination_id, period, value, unit, source_id, fetch_id FROM (
    SELECT f.*, dense_rank() OVER (
        PARTITION BY f.kind, f.period ORDER BY s.priority, s.id) AS place
    FROM flows f JOIN sources s ON s.id = f.source_id
) WHERE place = 1"""

_LINEAGE = """CREATE TABLE flow_derivations (
    indicator_id TEXT NOT NULL REFERENCES indicators(id),
    city_id TEXT NOT NULL,
    period TEXT NOT NULL,
    kind TEXT NOT NULL,
    flow_period TEXT NOT NULL,
    PRIMARY KEY (indicator_id, city_id, period, kind, flow_period)
) STRICT, WITHOUT ROWID"""

# A measure of a city may hang on flows of others too: all of its network, its own ones marked.
_PROVENANCE = """CREATE VIEW flow_provenance AS
SELECT d.indicator_id, d.city_id, d.period, f.kind, f.origin_id, f.destination_id,
    f.period AS flow_period, f.value, f.unit, f.source_id, o.publisher, o.reference, o.licence,
    f.fetch_id, d.city_id IN (f.origin_id, f.destination_id) AS own
FROM flow_derivations d
JOIN current_flows f ON f.kind = d.kind AND f.period = d.flow_period
JOIN sources o ON o.id = f.source_id"""

FOLLOWED = (*FLOW_TRIGGERS, _CURRENT, _LINEAGE, _PROVENANCE)
