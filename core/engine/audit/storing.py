"""From the result of an audit to the rows of the database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cityflux.core.engine.audit.auditing import Audit
from cityflux.core.engine.audit.batch import rows_of_periods
from cityflux.core.engine.measures.matrix import Floats
from cityflux.storage.audits import AuditRow, PairRow, RankRow, SensitivityRow, save_audit
from cityflux.storage.database import now, write

#: Above so many effects of single figures only their mean over the cities is kept.
ALL_FIGURES = 5_000


def store(
    connection: sqlite3.Connection, audit: Audit, run_id: int, started: str, version: str
) -> int:
    """Store an audit in the place of the last one of its index.

    Args:
        connection: for writing.
        audit: the result.
        run_id: the run whose ranks they are.
        started: when the audit began.
        version: of the program.

    Returns:
        The id of the audit.
    """
    settings = audit.settings
    row = AuditRow(
        audit.ground.definition.id,
        run_id,
        started,
        now(),
        settings.draws,
        audit.done,
        settings.seed,
        settings.sampling,
        settings.points,
        int(audit.stopped),
        json.dumps(audit.failed, ensure_ascii=False),
        audit.assumptions.model_dump_json(exclude_defaults=True),
        json.dumps(audit.varied, ensure_ascii=False),
        audit.missing,
        audit.copies,
        version,
    )
    with write(connection):
        return save_audit(
            connection, row, rank_rows(audit), pair_rows(audit), sensitivity_rows(audit)
        )


def rank_rows(audit: Audit) -> Iterator[RankRow]:
    """A row of an audit for each node above the leaves, city and period."""
    for at, node in enumerate(audit.nodes):
        for k, own in enumerate(rows_of_periods(audit.keys)):
            placed = audit.nominal[own, at]
            n = int((placed > 0).sum())
            for city, row in enumerate(own.tolist()):
                period, name = audit.cities[row]
                low, median, high = map(_whole, audit.ranks[:, row, at])
                own_shares = audit.shares.get(node)
                shares = json.dumps(_rounded(own_shares[k][city])) if own_shares else None
                yield RankRow(
                    node,
                    name,
                    period,
                    _number(audit.scores[0, row, at]),
                    _number(audit.scores[1, row, at]),
                    _number(audit.scores[2, row, at]),
                    low,
                    median,
                    high,
                    int(placed[city]) or None,
                    n,
                    int(not audit.free[row, at]),
                    shares,
                    None if at else _central(audit, audit.central[k][city]),
                )


def pair_rows(audit: Audit) -> Iterator[PairRow]:
    """A row of an audit for each pair of cities that rank together, in both orders."""
    for k, own in enumerate(rows_of_periods(audit.keys)):
        pairs = audit.pairs[k]
        cities = [audit.cities[row][1] for row in own.tolist()]
        period = audit.cities[own[0]][0]
        for i, j in zip(*np.nonzero(~np.isnan(pairs)), strict=True):
            yield PairRow(cities[i], cities[j], period, float(pairs[i, j]))


def sensitivity_rows(audit: Audit) -> Iterator[SensitivityRow]:
    """What moves the root of an audit: the choices, the nodes, the weights and the figures."""
    periods = rows_of_periods(audit.keys)
    names = list(audit.varied)
    for effects, own in zip(audit.effects, periods, strict=False):
        period = audit.cities[own[0]][0]
        cities = ["", *(audit.cities[row][1] for row in own.tolist())]
        for i, name in enumerate(names):
            for j, city in enumerate(cities):
                values = [
                    effects.first[i, j],
                    *effects.first_ends[:, i, j],
                    effects.total[i, j],
                    *effects.total_ends[:, i, j],
                ]
                if not np.isnan(values[0]):
                    yield SensitivityRow("sobol", name, city, period, *map(_number, values))
    for k, own in enumerate(periods):
        yield from _one_by_one(audit, k, own)


def _one_by_one(audit: Audit, k: int, own: NDArray[np.int64]) -> Iterator[SensitivityRow]:
    left, period = audit.left, audit.cities[own[0]][0]
    leaves = [leaf.id for leaf in audit.ground.definition.leaves]
    single = len(leaves) * len(audit.cities) <= ALL_FIGURES
    for i, node in enumerate(left.nodes):
        yield SensitivityRow("without", node, "", period, _number(left.shifts[i, k]))
    for kind, subjects, values in (
        ("without", left.nodes, left.ranks.astype(np.float64)),
        ("weight", left.nodes, left.weights),
        ("figure", leaves, left.figures),
    ):
        if kind != "without":
            for i, subject in enumerate(subjects):
                yield SensitivityRow(kind, subject, "", period, _mean(values[i, own]))
        if kind == "figure" and not single:
            continue
        for i, subject in enumerate(subjects):
            for row in own.tolist():
                value = _number(values[i, row])
                if value is not None and (kind != "without" or value):
                    yield SensitivityRow(kind, subject, audit.cities[row][1], period, value)


def _central(audit: Audit, weights: Floats) -> str | None:
    """The weights with which a city is first, as shares among siblings above the leaves."""
    if np.isnan(weights).any():
        return None
    definition = audit.ground.definition
    own = dict(zip((node.id for node in definition.tree), weights.tolist(), strict=True))
    shares: dict[str, float] = {}
    for children in definition.children.values():
        inner = [child.id for child in children if not child.indicator or child.level == 1]
        total = sum(own[child.id] for child in children)
        shares |= {name: round(own[name] / total, 6) for name in inner if total}
    return json.dumps(shares)


def _mean(values: Floats) -> float | None:
    """The mean size over the cities."""
    known = np.abs(values[~np.isnan(values)])
    return float(known.mean()) if len(known) else None


def _rounded(values: Floats) -> list[float]:
    return [round(x, 6) for x in np.nan_to_num(values).tolist()]


def _whole(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
