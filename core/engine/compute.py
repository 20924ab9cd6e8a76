"""Computing an index: from the database to the database.

``connection`` is to a cityflux database, ``definition`` the index, ``methods`` are those that it
may name, and ``scores`` what `evaluate` gave.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from cityflux.core.engine.breaks import across_breaks
from cityflux.core.engine.definition.choices import Aggregation
from cityflux.core.engine.definition.index import Definition
from cityflux.core.engine.open_periods import at_hand
from cityflux.core.engine.panel import Made, Panel, read_panel
from cityflux.core.engine.scoring import Scores, score
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.errors import UnknownName
from cityflux.storage import catalog, changes
from cityflux.storage.breaks import breaks_of
from cityflux.storage.database import now, without_lookups, write
from cityflux.storage.memory import made_of_figures
from cityflux.storage.results import (
    Adjustment,
    Results,
    Run,
    Score,
    Weight,
    has_scores,
    known,
    save_details,
    save_scores,
)


@dataclass(frozen=True)
class Computed:
    """What a computation came to.

    Attributes:
        index_id: the index.
        run_id: the run that was stored.
        changed: how many scores it changed.
        notes: what a reader must know, a line each.
        passed_over: of these the ones on rows that are no figures.
    """

    index_id: str
    run_id: int
    changed: int
    notes: tuple[str, ...]
    passed_over: tuple[str, ...] = ()


def evaluate(
    connection: sqlite3.Connection,
    definition: Definition,
    methods: Methods,
    as_of: str | None = None,
) -> Scores:
    """Compute an index in memory, on what is known now or, with ``as_of``, was known at a moment.

    Raises:
        IndexDefinitionError: a city or an indicator is unknown, or a method cannot be applied.
        NotEnoughData: there is nothing to compare.
    """
    definition = at_hand(connection, definition, as_of)
    panel = _panel(connection, definition, as_of)
    scores = _evaluate(connection, definition, methods, panel)
    if as_of is None:
        return scores
    unknown = _not_known(definition, panel, _panel(connection, definition, None), as_of)
    return replace(scores, notes=(*unknown, *scores.notes))


def _evaluate(
    connection: sqlite3.Connection, definition: Definition, methods: Methods, panel: Panel
) -> Scores:
    scores = score(definition, panel, catalog.directions(connection), methods)
    breaks = breaks_of(connection, definition.figures, definition.cities)
    parts = panel.parts_of({indicator for indicator, *_ in breaks})
    crossed = across_breaks(parts, breaks, definition.periods.reduce)
    notes = (*panel.passed_over, *crossed, *scores.notes)
    return replace(scores, notes=notes, passed_over=panel.passed_over)


def _panel(
    connection: sqlite3.Connection,
    definition: Definition,
    as_of: str | None = None,
    made: Made | None = None,
) -> Panel:
    _check_names(connection, definition)
    chosen = definition.figures, definition.cities, definition.periods
    return read_panel(connection, *chosen, as_of, made=made)


def _not_known(definition: Definition, then: Panel, now: Panel, as_of: str) -> list[str]:
    """What is known today and was not, or was otherwise, at a moment: a line per indicator."""
    notes = []
    for name in definition.figures:
        before, after = then.values[name], now.values[name]
        missing = (before.is_null() & after.is_not_null()).sum()
        revised = (before != after).fill_null(value=False).sum()
        if missing or revised:
            notes.append(
                f"{name}: of {after.count()} figures, {missing} were not known on {as_of[:10]}, "
                f"{revised} were others"
            )
    return notes


def compute(
    connection: sqlite3.Connection, definition: Definition, methods: Methods, version: str
) -> Computed:
    """Compute an index and store every node; what did not change keeps its row.

    The run is stored with the ``version`` of the program.

    Raises:
        IndexDefinitionError, NotEnoughData: as `evaluate`; then nothing is stored.
    """
    started = now()
    first = not has_scores(connection, definition.id)
    with (
        without_lookups(connection) if first else nullcontext(),  # all keys are read or made here
        # From reading to storing: nobody changes a figure in between.
        write(connection, lasting=False),
    ):
        seen = changes.position(connection)
        definition = at_hand(connection, definition)
        panel = _panel(connection, definition, made=made_of_figures(connection))
        scores = _evaluate(connection, definition, methods, panel)
        save_tree(connection, definition)
        run = Run(definition.id, definition.hash, seen, started, _summary(definition), version)
        run_id, changed = save_scores(connection, run, results(definition, scores))
        adjustments = map(Adjustment._make, scores.adjustments.iter_rows())
        weights = weight_rows(definition, scores)
        save_details(connection, definition.id, run_id, weights, adjustments, scores.notes)
    return Computed(definition.id, run_id, changed, scores.notes, scores.passed_over)


def results(definition: Definition, scores: Scores) -> Results:
    """The result column by column for the database."""
    comparable, nodes = scores.comparable, [node.id for node in definition.tree]
    cities = definition.cities
    periods = scores.keys["period"].to_list()[:: len(cities)]
    places = np.ix_(*map(np.argsort, map(np.array, (nodes, cities, periods))))
    columns = {
        "score": scores.values,
        "coverage": scores.covered,
        "rank": comparable.places,
        "comparable_score": comparable.values,
        "n": comparable.n,
        "bracket": comparable.reasons,
    }
    shape = len(periods), len(cities), len(nodes)
    for name, matrix in columns.items():
        columns[name] = matrix.reshape(shape).transpose(2, 1, 0)[places].ravel()
    return Results(sorted(nodes), sorted(cities), sorted(periods), columns)


def score_rows(definition: Definition, scores: Scores) -> Iterator[Score]:
    """The result row by row."""
    found = results(definition, scores)
    keys = product(found.nodes, found.cities, found.periods)
    columns = [known(column) for column in found.columns.values()]
    for key, *values in zip(keys, *columns, strict=True):
        yield Score(*key, **dict(zip(found.columns, values, strict=True)))


def weight_rows(definition: Definition, scores: Scores) -> Iterator[Weight]:
    """The weights that were used as rows for the database."""
    methods = {node.id: node.weighting.method for node in definition.tree if node.weighting}
    for node in definition.tree:
        if node.parent:
            yield Weight(node.id, scores.weights[node.id], methods.get(node.parent, ""))


def save_tree(connection: sqlite3.Connection, definition: Definition) -> None:
    """Write down the definition and its tree, within the caller's transaction."""
    names = catalog.indicator_names(connection, definition.figures)
    nodes = []
    for place, node in enumerate(definition.tree):
        name_zh, name_en = names[node.indicator] if node.indicator else (node.name_zh, node.name_en)
        nodes.append(
            {
                "index_id": definition.id,
                "node_id": node.id,
                "parent_id": node.parent,
                "weight": node.weight,
                "sort_order": place,
                "level": node.level,
                "name_zh": name_zh,
                "name_en": name_en,
                "indicator_id": node.indicator,
                "denominator_id": node.denominator.by if node.denominator else None,
                "aggregation": None
                if node.indicator
                else (node.aggregation or Aggregation()).method,
            }
        )
    index = {
        "id": definition.id,
        "name_zh": definition.name_zh,
        "name_en": definition.name_en,
        "description": definition.description,
        "definition": definition.model_dump_json(exclude_defaults=True),
        "definition_hash": definition.hash,
    }
    catalog.save_index(connection, index, nodes)


def _check_names(connection: sqlite3.Connection, definition: Definition) -> None:
    for table, names in (
        ("cities", definition.cities),
        ("indicators", definition.figures),
    ):
        if unknown := catalog.unknown_ids(connection, table, names):
            raise UnknownName(
                f"{definition.id}: {unknown[0]!r} is not among the {table}; "
                f"see them with: sqlite-utils rows DATABASE {table}"
            )


def _summary(definition: Definition) -> str:
    """The method in a few words: ``zscore within period, weighted_sum``."""
    standardization = definition.standardization
    return (
        f"{definition.periods.reduce} of {', '.join(definition.periods.of)}; "
        f"{standardization.method} within {standardization.within}; "
        f"{definition.aggregation.method}"
    )
