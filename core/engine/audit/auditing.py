"""Auditing an index: draws of all that could be otherwise, and what they say of each rank.

References:
    Saisana, Saltelli, Tarantola (2005), Journal of the Royal Statistical Society A 168(2), 307-323.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from cityflux.core.engine.audit.assumptions import Assumptions
from cityflux.core.engine.audit.auditor import Auditor
from cityflux.core.engine.audit.batch import rows_of_periods
from cityflux.core.engine.audit.design import saltelli
from cityflux.core.engine.audit.drawing import Plan
from cityflux.core.engine.audit.effects import Effects, effects, rank_shift
from cityflux.core.engine.audit.gathering import Chunks, Gather, Progress, Settings, gathered
from cityflux.core.engine.audit.leaving import Left, left_out
from cityflux.core.engine.audit.measures import acceptability
from cityflux.core.engine.audit.paths import Ground, Path, missing_of
from cityflux.core.engine.audit.ranking import ranks
from cityflux.core.engine.audit.tally import Counting, Tally, by_rank, unit_of
from cityflux.core.engine.audit.versions import Versions
from cityflux.core.engine.measures.matrix import Bools, Floats
from cityflux.core.model.errors import NotEnoughData

#: How often the points are drawn anew for an interval of a Sobol index.
SAMPLES = 200


@dataclass(frozen=True)
class Audit:
    """How sure the ranks of an index are. Rows are the cities of each period.

    Attributes:
        ground: the index and its figures.
        assumptions: what was to be varied.
        settings: as they were asked for.
        cities: period and city of each row.
        nodes: those above the leaves, the root first; the nodes of an array.
        done: how many draws came to something.
        failed: how many came to nothing, by reason.
        varied: what was varied, with its options.
        scores: 5 %, median and 95 % x rows x nodes, of the draws that are standardized and joined
            as it is written, since others are on other scales.
        ranks: the same of the ranks, among the cities that have a place in a draw.
        nominal: rows x nodes: the rank as it stands, 0 for none.
        free: rows x nodes: whether the rank counts, or stands in brackets.
        shares: by node and period, cities x ranks; at the root only unless asked for.
        pairs: by period, cities x cities at the root: who ranks above whom.
        central: by period, cities x nodes of the tree: the weights with which a city is first.
        effects: by period, what moves the mean rank (first) and the rank of each city.
        left: without each node, and with another weight or figure.
        missing: what became of missing figures: there are ``none``, they were ``filled``, they are
            ``left`` as they are, or with them the ranks are ``not determined``.
        copies: how many versions of the figures were drawn from.
        stopped: whether it was interrupted.
        score_error: by how much the ends of ``scores`` may be off; 0 where all scores were kept.
    """

    ground: Ground
    assumptions: Assumptions
    settings: Settings
    cities: list[tuple[str, str]]
    nodes: list[str]
    done: int
    failed: Mapping[str, int]
    varied: Mapping[str, list[str]]
    scores: Floats
    ranks: Floats
    nominal: Floats
    free: Bools
    shares: dict[str, list[Floats]]
    pairs: list[Floats]
    central: list[Floats]
    effects: list[Effects]
    left: Left
    missing: str = "left"
    copies: int = 0
    stopped: bool = False
    score_error: float = 0.0

    @property
    def keys(self) -> pl.DataFrame:
        """Period and city of each row."""
        return pl.DataFrame(self.cities, schema=["period", "city"], orient="row")


def audit(
    ground: Ground,
    assumptions: Assumptions,
    settings: Settings,
    progress: Progress = lambda done: None,
    versions: Versions | None = None,
    gather: Gather = gathered,
) -> Audit:
    """Audit an index.

    Interrupted (Ctrl-C) it ends with the draws that are done, where there are any.

    Args:
        ground: the index and its figures.
        assumptions: what is varied.
        settings: how much is drawn.
        progress: told after each chunk how many draws are done.
        versions: other figures that it could stand on.
        gather: counts the draws; on this machine unless said otherwise.

    Raises:
        NotEnoughData: nothing can be ranked, or every draw failed.
        CityfluxError: the index cannot be computed.
    """
    plan = Plan(ground.definition, assumptions, versions=len(versions or ()))
    auditor = Auditor(ground, plan, versions)
    nominal = auditor.nominal()
    periods = rows_of_periods(nominal.climb.keys)
    placed = _nominal_ranks(auditor, plan, periods, ground.inner)
    order = by_rank(placed[:, 0], periods)
    unit = unit_of(plan.written)
    counting = Counting(periods, ground.inner, order, unit, settings.draws, settings.all_nodes)
    chunks = Chunks(auditor, plan, settings)
    tally = gather(chunks, counting, progress)
    if not tally.done:
        why, count = next(iter(tally.failed_by_reason.items()))
        raise NotEnoughData(
            f"{ground.definition.id}: all {settings.draws} draws failed, {count} of them as {why}"
        )
    found = _result(chunks, assumptions, nominal, placed, tally)
    return found if versions is None else _standing_on(found, versions)


def _result(
    chunks: Chunks, assumptions: Assumptions, nominal: Path, placed: Floats, tally: Tally
) -> Audit:
    plan, settings, ground = chunks.plan, chunks.settings, chunks.auditor.ground
    inner, periods = ground.inner, tally.counting.periods
    found = np.full((3, *placed.shape), np.nan)
    shares: dict[str, list[Floats]] = {}
    for at, name in enumerate(inner):
        for k, own in enumerate(periods):
            found[:, own, at] = tally.rank_quantiles(name, k)
            if not at or settings.all_nodes:
                shares.setdefault(name, []).append(acceptability(tally.counts(name, k)))
    moved: list[Effects] = []
    if settings.points and not tally.stopped:
        moved = _effects(plan, chunks.auditor, periods, placed[:, 0], settings)
    return Audit(
        ground,
        assumptions,
        settings,
        list(nominal.climb.keys.select("period", "city").iter_rows()),
        inner,
        tally.done,
        tally.failed_by_reason,
        {each.name: each.options for each in plan.all},
        tally.score_quantiles(),
        found,
        placed,
        nominal.free,
        shares,
        [tally.pairs(k) for k in range(len(periods))],
        [tally.central(k) for k in range(len(periods))],
        moved,
        left_out(ground, nominal, plan.written, periods),
        missing=missing_of(ground),
        stopped=tally.stopped,
        score_error=tally.error,
    )


def _standing_on(found: Audit, versions: Versions) -> Audit:
    """Say what became of missing figures; with them an interval of half the table is no rank."""
    free = found.free
    if versions.missing == "filled":
        cities = len(found.ground.definition.cities)
        with np.errstate(invalid="ignore"):
            free = free & (found.ranks[2] - found.ranks[0] <= cities / 2)
    return replace(found, free=free, missing=versions.missing, copies=len(versions))


def _nominal_ranks(
    auditor: Auditor, plan: Plan, periods: list[NDArray[np.int64]], inner: list[str]
) -> Floats:
    """Rows x nodes: the rank as it stands, 0 for none."""
    scores, _ = auditor.scores(plan.nominal())
    first = scores[inner[0]]
    placed = np.zeros((first.shape[1], len(inner)))
    for at, name in enumerate(inner):
        for own in periods:
            placed[own, at] = ranks(scores[name][:, own])[0]
    return placed


def _effects(
    plan: Plan,
    auditor: Auditor,
    periods: list[NDArray[np.int64]],
    placed: Floats,
    settings: Settings,
) -> list[Effects]:
    """By period, of the mean shift of rank and of the rank of each city."""
    design = saltelli(
        settings.points, plan.groups, seed=settings.seed + 1, sampling=settings.sampling
    )
    draws = plan.realize(design)
    scores, _ = auditor.scores(draws)
    root = scores[auditor.root]
    found = []
    for own in periods:
        place = ranks(root[:, own]).astype(np.float64)
        shift = rank_shift(place, placed[own])
        outputs = np.column_stack([shift, np.where(place > 0, place, np.nan)])
        found.append(effects(outputs, len(plan.all), samples=SAMPLES, seed=settings.seed))
    return found
