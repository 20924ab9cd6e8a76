"""What-if on an index of a session: what is set, what would have to be, and scenarios to keep."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cityflux.core.app.session import Session
from cityflux.core.model.errors import IndexDefinitionError, StorageError
from cityflux.core.model.goal import GoalFacts, Needed
from cityflux.core.model.period import is_period
from cityflux.core.model.version import __version__
from cityflux.core.reading.levers import Movable, computed_from, movable_indicators
from cityflux.core.reading.names import city_called, node_called
from cityflux.storage.catalog import city_names

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.scoring import Scores
    from cityflux.core.engine.whatif.seeking import Answer, Asked, Sought
    from cityflux.core.engine.whatif.settings import Settings


def settings_of(
    connection: sqlite3.Connection,
    definition: Definition,
    figures: Sequence[str],
    weights: Sequence[str],
) -> Settings:
    """Read settings as they are written: ``city.indicator[.period]=value``, ``node=weight``.

    Cities, indicators and nodes go by any of their names.

    Raises:
        IndexDefinitionError: one is not written so.
        UnknownName: a name is nearly that of something, or of several things.
    """
    from cityflux.core.engine.whatif.settings import Setting, Settings

    found = []
    for text in figures:
        place, value = _pair(text, "city.indicator=value")
        city, dot, rest = place.partition(".")
        if not dot:
            raise IndexDefinitionError(f"{text!r}: write city.indicator=value")
        name, _, period = rest.rpartition(".")
        if not is_period(period) or rest in definition.figures:
            name, period = rest, ""
        indicator = node_called(connection, definition.id, name)
        found.append(Setting(city_called(connection, city), indicator, value, period))
    own = {}
    for text in weights:
        place, value = _pair(text, "node=weight")
        own[node_called(connection, definition.id, place)] = value
    return Settings(tuple(found), own)


def _pair(text: str, form: str) -> tuple[str, float]:
    place, _, value = text.rpartition("=")
    try:
        return place.strip(), float(value.replace(",", "").strip())
    except ValueError:
        raise IndexDefinitionError(f"{text!r}: {value!r} is no number; write {form}") from None


def what_if(
    connection: sqlite3.Connection, session: Session, definition: Definition, settings: Settings
) -> tuple[Scores, Scores]:
    """The index as it is and as it would be; nothing is written.

    Raises:
        CityfluxError: a name is unknown, or the index cannot be computed.
    """
    from cityflux.core.engine.audit.paths import ground_of
    from cityflux.core.engine.scoring import score
    from cityflux.core.engine.whatif.settings import changed

    ground = ground_of(connection, definition, session.methods)
    grounds = (ground, changed(ground, settings))
    before, after = (
        score(each.definition, each.panel, each.directions, each.methods) for each in grounds
    )
    return before, after


def left_behind(
    connection: sqlite3.Connection, definition: Definition, settings: Settings
) -> list[str]:
    """The indicators of the index that are computed from what is set, and are not set with it."""
    names = {each.indicator for each in settings.figures}
    return sorted((computed_from(connection, sorted(names)) & {*definition.figures}) - names)


def seek_goal(
    connection: sqlite3.Connection,
    session: Session,
    definition: Definition,
    asked: Asked,
    draws: int,
    seed: int = 1,
) -> tuple[Sought, dict[str, Movable]]:
    """What would have to change for a city to be where it is meant to; nothing is written.

    Args:
        connection: to the database.
        session: plugins and methods.
        definition: the index.
        asked: the goal.
        draws: by how many the chance is told; 0 for none.
        seed: of the draws.

    Returns:
        The answer, and what is known of the indicators of the city.

    Raises:
        CityfluxError: a name is unknown, the index cannot be computed, or nothing compares there.
    """
    import numpy as np

    from cityflux.core.engine.audit.assumptions import default_assumptions
    from cityflux.core.engine.audit.paths import ground_of
    from cityflux.core.engine.audit.versions import versions_of
    from cityflux.core.engine.whatif.chance import Draws
    from cityflux.core.engine.whatif.seeking import Past, seek

    definition.subtree(asked.aim.node)
    if asked.aim.period not in definition.periods.of:
        raise IndexDefinitionError(
            f"{definition.id} has no period {asked.aim.period!r}; "
            f"there are: {', '.join(definition.periods.of)}"
        )
    ground = ground_of(connection, definition, session.methods)
    known = movable_indicators(connection, definition.figures, asked.aim.city)
    past = {
        name: Past(np.array(each.years), np.array(each.values), each.ratio)
        for name, each in known.items()
    }
    drawn = None
    if draws:
        varied = default_assumptions(definition)
        versions = versions_of(connection, ground, varied, seed)
        drawn = Draws(varied, versions, draws, seed)
    movable = [name for name, each in known.items() if each.movable]
    return seek(ground, asked, movable, past, drawn), known


def keep_scenario(
    connection: sqlite3.Connection,
    definition: Definition,
    settings: Settings,
    scores: Scores,
    name: str,
) -> None:
    """Keep settings and what the index is under them as a scenario.

    Raises:
        StorageError: the index was not computed yet, or has one of this name.
    """
    from cityflux.core.engine.compute import score_rows
    from cityflux.core.engine.whatif.settings import with_weights
    from cityflux.storage.database import now, write
    from cityflux.storage.runs import last_run_id
    from cityflux.storage.scenarios import Scenario, ScenarioScore, save_scenario

    run_id = last_run_id(connection, definition.id)
    if run_id is None:
        raise StorageError(
            f"{definition.id} was not computed in this database; "
            f"compute it first with: cityflux compute {definition.id}"
        )
    written = json.dumps(settings.written(), ensure_ascii=False)
    row = Scenario(definition.id, name, run_id, now(), written, __version__)
    rows = (
        ScenarioScore(
            each.node_id,
            each.city_id,
            each.period,
            each.score,
            each.comparable_score,
            each.rank,
            each.n,
            each.bracket,
        )
        for each in score_rows(with_weights(definition, settings.weights), scores)
    )
    with write(connection):
        save_scenario(connection, row, rows)


def facts_of(
    connection: sqlite3.Connection,
    definition: Definition,
    sought: Sought,
    known: Mapping[str, Movable],
) -> GoalFacts:
    """An answer with the names of all that it is about, as the faces tell it."""
    names = {each: (zh, en) for each, zh, en, _ in city_names(connection)}
    asked, aim = sought.asked, sought.asked.aim
    node = next(each for each in definition.tree if each.id == aim.node)
    ranks = [each.rank for each in sought.short if each.rank is not None]
    return GoalFacts(
        aim.period,
        names[aim.city],
        names[asked.rival] if asked.rival else ("", ""),
        asked.rank,
        (node.name_zh or node.id, node.name_en or node.id),
        sought.rank,
        sought.n,
        sought.reached,
        tuple(_needed(each, known) for each in sought.answers),
        tuple(_needed(each, known) for each in sought.together),
        sought.effort,
        asked.within,
        sought.chance,
        min(ranks, default=None),
        sought.nearest.rank if sought.nearest else None,
    )


def _needed(answer: Answer, known: Mapping[str, Movable]) -> Needed:
    change = answer.change
    own = known[change.indicator]
    return Needed(
        change.indicator,
        own.name_zh,
        own.name_en,
        own.unit,
        change.before,
        change.after,
        change.effort,
        answer.years,
        change.rank,
        answer.chance,
    )
