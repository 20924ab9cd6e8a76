"""Other figures that an index could stand on: missing ones drawn, known ones a little off."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from cityflux.core.engine.audit.assumptions import Assumptions, Error, Missing
from cityflux.core.engine.audit.completion import complete
from cityflux.core.engine.audit.paths import Ground, missing_of
from cityflux.core.engine.definition.choices import Periods
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.measures.matrix import Bools, Floats, to_frame, to_matrix
from cityflux.core.engine.panel import KEYS, Panel, read_panel
from cityflux.core.model.period import Period
from cityflux.storage import catalog
from cityflux.storage.audits import known_errors

#: With fewer cities the others of the database tell how figures hang together.
FEW = 20
#: So many of them at most, each with figures for this share of the indicators that are seen.
BORROWED, SHARED = 40, 0.25
#: So many versions are drawn of figures that may be off, where none is missing.
VERSIONS = 200


@dataclass(frozen=True)
class Versions:
    """Versions of the figures of an index.

    Attributes:
        values: versions x rows x `Definition.figures`; none at all where nothing is varied.
        missing: what became of missing figures, as `core.engine.audit.auditing.Audit` says it.
        seen: rows; whether a city has any figure in any period.
    """

    values: Floats
    missing: str
    seen: Bools

    def __len__(self) -> int:
        return len(self.values)

    @property
    def complete(self) -> bool:
        """Whether nothing is missing in them."""
        return self.missing in ("none", "filled")

    def panel(self, ground: Ground, number: int) -> Panel:
        """One version, from 0 on, as a panel."""
        names = list(ground.definition.figures)
        frame = ground.panel.values[[*KEYS]].hstack(to_frame(self.values[number], names))
        if not self.complete:
            return replace(ground.panel, values=frame)
        known = ground.panel.coverage.with_columns(pl.lit(1.0).alias(name) for name in names)
        return replace(ground.panel, values=frame, coverage=known, made_of=None)


def versions_of(
    connection: sqlite3.Connection, ground: Ground, assumptions: Assumptions, seed: int
) -> Versions:
    """Draw the versions of the figures that an audit asks for.

    Args:
        connection: to the database.
        ground: the index and its figures.
        assumptions: what is varied.
        seed: of the random numbers.
    """
    definition, missing = ground.definition, missing_of(ground)
    observed = to_matrix(ground.panel.values[list(definition.figures)])
    shape = (len(definition.periods.of), len(definition.cities), observed.shape[1])
    known = ~np.isnan(observed).reshape(shape)
    seen: Bools = np.tile(known.any(axis=(0, 2)), shape[0])
    values = observed[None][:0]
    if missing == "left" and assumptions.missing.fill == "auto":
        values, missing = copies(connection, ground, assumptions.missing, seed), "filled"
    if assumptions.error is not None:
        if not len(values):
            values = np.repeat(observed[None], VERSIONS, axis=0)
        values = _off(connection, definition, values, assumptions.error, seed)
    return Versions(values, missing, seen)


def copies(connection: sqlite3.Connection, ground: Ground, chosen: Missing, seed: int) -> Floats:
    """Complete copies of the figures of an index, drawn once and kept while nothing changes.

    Single years are filled before they are reduced to a span. What is known stays as it is.

    Args:
        connection: to the database.
        ground: the index and its figures.
        chosen: how many copies, and how.
        seed: of the random numbers.

    Returns:
        Copies x rows x `Definition.figures`.
    """
    definition = ground.definition
    times = single_periods(definition.periods.of)
    cube = _cube(connection, definition, definition.cities, times)
    if len(definition.cities) < FEW:
        cube = np.concatenate([cube, _borrowed(connection, definition, cube, times)])
    signs = np.array([float(ground.directions.get(name, 1)) for name in definition.figures])
    content = hashlib.sha256(cube.tobytes() + signs.tobytes()).hexdigest()
    key = (content, tuple(definition.periods.of), definition.periods.reduce, chosen, seed)
    if key not in _LAST:
        observed = to_matrix(ground.panel.values[list(definition.figures)])
        random = np.random.default_rng([seed, 15])
        own = len(definition.cities)
        drawn = complete(cube, chosen.copies, random, signs=signs, shift=chosen.shift)
        whole = to_matrix(ground.panel.coverage[list(definition.figures)]) >= 1
        kept = ~np.isnan(observed) & whole
        found = [
            np.where(kept, observed, _reduced(each[:own], times, definition.periods))
            for each in drawn
        ]
        _LAST.clear()
        _LAST[key] = np.array(found)
    return _LAST[key]


#: The copies that were drawn last.
_LAST: dict[tuple[object, ...], Floats] = {}


def single_periods(periods: Sequence[str]) -> list[str]:
    """The periods themselves, and the years of those that are spans, in the order of time."""
    found: dict[str, Period] = {}
    for text in periods:
        period = Period.parse(text)
        if period.precision == "span":
            for year in range(period.start.year, period.end.year + 1):
                found[str(year)] = Period.parse(str(year))
        else:
            found[text] = period
    return sorted(found, key=lambda text: (found[text].start, found[text].end))


def _cube(
    connection: sqlite3.Connection, definition: Definition, cities: Sequence[str], times: list[str]
) -> Floats:
    """Cities x figures x single periods."""
    periods = Periods(of=times, reduce=definition.periods.reduce)
    panel = read_panel(connection, definition.figures, cities, periods)
    values = to_matrix(panel.values[list(definition.figures)])
    return values.reshape(len(times), len(cities), -1).transpose(1, 2, 0)


def _borrowed(
    connection: sqlite3.Connection, definition: Definition, own: Floats, times: list[str]
) -> Floats:
    """The figures of other cities of the database, those with the most of them."""
    others = sorted(set(catalog.known_ids(connection, "cities")) - set(definition.cities))
    if not others:
        return own[:0]
    cube = _cube(connection, definition, others, times)
    seen: Bools = np.asarray(~np.isnan(own).all(axis=(0, 2)))
    known: Bools = np.asarray(~np.isnan(cube))
    some: Bools = np.asarray(known.any(axis=2))
    share = some[:, seen].mean(axis=1) if seen.any() else np.zeros(len(others))
    order = np.argsort(-known.sum(axis=(1, 2)), kind="stable")
    return cube[[i for i in order.tolist() if share[i] >= SHARED][:BORROWED]]


def _reduced(filled: Floats, times: list[str], periods: Periods) -> Floats:
    """A complete cube as rows of periods and cities x figures."""
    place = {text: i for i, text in enumerate(times)}
    reduce: dict[str, Any] = {"mean": np.mean, "sum": np.sum, "median": np.median}
    parts = []
    for text in periods.of:
        chosen = filled[:, :, [place[year] for year in single_periods([text])]]
        if periods.reduce == "last":
            parts.append(chosen[:, :, -1])
        else:
            parts.append(reduce[periods.reduce](chosen, axis=2))
    return np.concatenate(parts)


def _off(
    connection: sqlite3.Connection,
    definition: Definition,
    values: Floats,
    error: Error,
    seed: int,
) -> Floats:
    """Figures a share of themselves off, normal, each on its own."""
    shares = known_errors(connection, definition.figures) if error.known else {}
    shares |= error.indicators
    sizes = np.array([shares.get(name, error.relative) for name in definition.figures])
    random = np.random.default_rng([seed, 16])
    return np.asarray(values * (1 + sizes * random.standard_normal(values.shape)))
