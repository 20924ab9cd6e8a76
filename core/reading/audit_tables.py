"""All that an audit of an index found: tables for machines and for a notebook."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING, Any, NamedTuple

from cityflux.core.reading import answers
from cityflux.core.reading.audits import AUDIT, PAIRS, RANKS

if TYPE_CHECKING:
    import polars as pl

_SENSITIVITIES = """
SELECT s.kind, s.subject, n.name_zh, n.name_en, s.city_id AS city, s.period, s.value, s.low, s.high,
    s.total, s.total_low, s.total_high
FROM sensitivities s JOIN audits a ON a.id = s.audit_id
LEFT JOIN nodes n ON n.index_id = a.index_id AND n.node_id = s.subject
WHERE a.index_id = :index {}
ORDER BY s.kind <> 'sobol', s.kind, s.period, s.city_id, coalesce(s.total, s.value) DESC, s.subject
"""


class Sensitivity(NamedTuple):
    """What one thing does to the root, see `storage.audits.SensitivityRow`."""

    kind: str
    subject: str
    name_zh: str | None
    name_en: str | None
    city: str
    period: str
    value: float | None
    low: float | None
    high: float | None
    total: float | None
    total_low: float | None
    total_high: float | None


def sensitivities(
    connection: sqlite3.Connection, index: str, period: str | None = None, kind: str | None = None
) -> list[Sensitivity]:
    """What moves the root, the largest first; of one period or all, and of one kind or all."""
    query = _SENSITIVITIES.format(
        ("AND s.period = :period " if period else "") + ("AND s.kind = :kind" if kind else "")
    )
    asked = {"index": index, "period": period, "kind": kind}
    return [Sensitivity(*row) for row in answers.rows(connection, query, asked)]


def moves(connection: sqlite3.Connection, index: str, period: str) -> list[Sensitivity]:
    """What moves the mean rank of an index in a period, the choice that moves it most first."""
    return [row for row in sensitivities(connection, index, period, "sobol") if not row.city]


def audit_frames(connection: sqlite3.Connection, index: str) -> dict[str, pl.DataFrame]:
    """The tables of the last audit as frames: ``ranks``, ``pairs`` and ``sensitivities``."""
    asked = {"index": index}
    tables = {"ranks": RANKS, "pairs": PAIRS, "sensitivities": _SENSITIVITIES}
    return {
        name: answers.frame(connection, query.format(""), asked) for name, query in tables.items()
    }


def audit_objects(connection: sqlite3.Connection, index: str) -> dict[str, Any]:
    """The last audit as values for JSON; nothing but the index where it was never audited."""
    row = answers.first(connection, AUDIT, (index,))
    if row is None:
        return {"index": index, "audited": False}
    asked, found = {"index": index}, dict(row)
    head = {name: json.loads(found[name]) for name in ("failed", "assumptions", "varied")}
    plain = ("run_id", "draws", "done", "seed", "sampling", "points", "missing", "copies")
    ranks = [dict(each) for each in answers.rows(connection, RANKS.format(""), asked)]
    for each in ranks:
        each["bracketed"] = bool(each["bracketed"])
        each |= {name: json.loads(each[name] or "null") for name in ("shares", "central")}
    return {
        "index": index,
        "audited": True,
        "stale": found["run_id"] != found["last_run"],
        "stopped": bool(found["stopped"]),
        **{name: found[name] for name in plain},
        **head,
        "ranks": ranks,
        "pairs": [dict(each) for each in answers.rows(connection, PAIRS.format(""), asked)],
        "sensitivities": [each._asdict() for each in sensitivities(connection, index)],
    }
