"""The figures of an indicator in another unit: every value there is of them, once and for all."""

from __future__ import annotations

import sqlite3

_KEY = "indicator_id = ? AND city_id = ? AND period = ? AND source_id = ?"


def count_figures(connection: sqlite3.Connection, indicator_id: str) -> int:
    """How many figures are stored."""
    (count,) = connection.execute(
        "SELECT count(*) FROM observations WHERE indicator_id = ?", (indicator_id,)
    ).fetchone()
    return int(count)


def turn_figures(connection: sqlite3.Connection, indicator_id: str, many: int, of: int) -> None:
    """Turn the figures of an indicator into another unit, within the caller's transaction.

    What was before them is turned too: a revision and a change are read in the unit of today. Each
    figure stays that of its fetch; the log says that it changed, so that indices are computed anew.

    Args:
        connection: for writing.
        indicator_id: the indicator.
        many: what a value is multiplied with.
        of: what it is divided by after that.
    """
    cells = connection.execute(
        "SELECT value * ? / ?, indicator_id, city_id, period, source_id, fetch_id "
        "FROM observations WHERE indicator_id = ?",
        (float(many), of, indicator_id),
    ).fetchall()
    (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM changes").fetchone()
    # Without its fetch meanwhile: a value that changes and keeps it counts as edited by hand.
    connection.executemany(
        f"UPDATE observations SET value = ?, fetch_id = NULL WHERE {_KEY}",
        [cell[:-1] for cell in cells],
    )
    connection.executemany(
        f"UPDATE observations SET fetch_id = ? WHERE {_KEY}",
        [(cell[-1], *cell[1:-1]) for cell in cells if cell[-1] is not None],
    )
    turn = (float(many), of)
    connection.execute(
        "UPDATE revisions SET value = value * ? / ? WHERE indicator_id = ?", (*turn, indicator_id)
    )
    connection.execute(
        "UPDATE changes SET old_value = old_value * ?1 / ?2, "
        "new_value = iif(seq > ?3, new_value, new_value * ?1 / ?2) "
        "WHERE indicator_id = ?4 AND kind IN ('insert', 'update', 'delete')",
        (*turn, last, indicator_id),
    )
