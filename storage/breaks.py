"""The breaks of series: what plugins declare of them, and where a series has which."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_COLUMNS = (
    *("indicator_id", "city_id", "period"),
    *("reason_zh", "reason_en", "publisher", "reference", "plugin"),
)
# What is computed from a series has the breaks of it. That an indicator is computed is asked of
# the key of derivations, which costs nothing for one that is not.
_KNOWN = """
WITH RECURSIVE asked (indicator) AS (SELECT value FROM json_each(:indicators)),
rests_on (indicator, city, input, input_city) AS (
    SELECT DISTINCT indicator_id, city_id, input_indicator_id, input_city_id FROM derivations
    WHERE indicator_id IN (SELECT indicator FROM asked)
        AND (:cities IS NULL OR city_id IN (SELECT value FROM json_each(:cities)))
    UNION
    SELECT r.indicator, r.city, d.input_indicator_id, d.input_city_id
    FROM rests_on r JOIN derivations d ON d.indicator_id = r.input AND d.city_id = r.input_city
)
SELECT indicator_id, city_id, period, reason_zh, reason_en, publisher, reference FROM breaks
WHERE indicator_id IN (SELECT indicator FROM asked)
UNION
SELECT r.indicator, r.city, b.period, b.reason_zh, b.reason_en, b.publisher, b.reference
FROM rests_on r JOIN breaks b ON b.indicator_id = r.input
    AND (b.city_id IS NULL OR b.city_id = r.input_city)
ORDER BY 1, 3, 2
"""


#: What is known of each break, in this order.
FIELDS = ("indicator", "city", "period", "reason_zh", "reason_en", "publisher", "reference")


def breaks_of(
    connection: sqlite3.Connection, indicators: Sequence[str], cities: Sequence[str] | None = None
) -> list[tuple[str, ...]]:
    """The breaks of some indicators, and those of what they are computed from.

    Each has `FIELDS`; the city is null where a break holds for every city. Of what is computed,
    with ``cities`` only the breaks of these.
    """
    wanted = None if cities is None else json.dumps([*cities])
    asked = {"indicators": json.dumps([*indicators]), "cities": wanted}
    return connection.execute(_KNOWN, asked).fetchall()


def save_breaks(connection: sqlite3.Connection, breaks: Iterable[Mapping[str, Any]]) -> None:
    """Make the breaks that plugins declare be these; those of nobody's plugin were made by hand.

    A break by hand stays, also where a plugin declares one of the same series and period.
    """
    wanted = {tuple(row[column] for column in _COLUMNS) for row in breaks}
    known = {
        row[1:]: row[0]
        for row in connection.execute(
            f"SELECT rowid, {', '.join(_COLUMNS)} FROM breaks WHERE plugin <> ''"
        )
    }
    gone = [(rowid,) for row, rowid in known.items() if row not in wanted]
    connection.executemany("DELETE FROM breaks WHERE rowid = ?", gone)
    new = sorted((row for row in wanted if row not in known), key=str)
    connection.executemany(
        f"INSERT INTO breaks ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))}) "
        "ON CONFLICT DO NOTHING",
        new,
    )
