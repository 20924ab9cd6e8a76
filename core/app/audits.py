"""Auditing an index of a session: after it was computed, on the figures of its run."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from cityflux.core.app.session import Session
from cityflux.core.model.version import __version__

if TYPE_CHECKING:
    from cityflux.core.engine.audit.assumptions import Assumptions
    from cityflux.core.engine.audit.auditing import Audit
    from cityflux.core.engine.audit.gathering import Settings
    from cityflux.core.engine.definition.index import Definition

#: So many draws follow each `cityflux run --once`.
DRAWS = 500


def audit_index(
    connection: sqlite3.Connection,
    session: Session,
    definition: Definition,
    settings: Settings,
    assumptions: Assumptions | None = None,
    progress: Callable[[int], None] = lambda done: None,
    experts: Mapping[str, Mapping[str, float]] | None = None,
    cluster: str | None = None,
) -> Audit:
    """Audit an index, which is computed before where it is not current, and store the audit.

    Args:
        connection: for writing.
        session: plugins, indices and methods.
        definition: the index.
        settings: how much is drawn.
        assumptions: what is varied; the defaults of the index without any.
        progress: told how many draws are done.
        experts: by pseudonym the weights of the nodes, from which the weights are drawn in place
            of those that ``assumptions`` name.
        cluster: the address of a Dask scheduler whose workers draw; this machine without any.

    Raises:
        CityfluxError: the index cannot be computed or ranked, or the cluster does not answer.
    """
    from cityflux.core.app.job import Job
    from cityflux.core.engine.audit.assumptions import Weights, default_assumptions
    from cityflux.core.engine.audit.auditing import audit
    from cityflux.core.engine.audit.cluster import on_cluster
    from cityflux.core.engine.audit.gathering import gathered
    from cityflux.core.engine.audit.paths import ground_of
    from cityflux.core.engine.audit.storing import store
    from cityflux.core.engine.audit.versions import versions_of
    from cityflux.core.engine.open_periods import at_hand
    from cityflux.core.model.errors import IndexDefinitionError
    from cityflux.storage.database import now
    from cityflux.storage.runs import is_current, last_run_id

    definition = at_hand(connection, definition)
    if not is_current(connection, definition.id, definition.hash):
        failed = dict(Job(connection, session).compute([definition]).failed)
        if definition.id in failed:
            raise IndexDefinitionError(failed[definition.id])
    started, run_id = now(), last_run_id(connection, definition.id)
    assert run_id is not None
    varied = assumptions or default_assumptions(definition)
    if experts:
        sets = {name: dict(weights) for name, weights in experts.items()}
        definition = definition.model_copy(update={"weight_sets": sets})
        varied = varied.model_copy(update={"weights": Weights(sets=list(sets))})
    ground = ground_of(connection, definition, session.methods)
    versions = versions_of(connection, ground, varied, settings.seed)
    gather = on_cluster(cluster) if cluster else gathered
    found = audit(ground, varied, settings, progress, versions, gather)
    store(connection, found, run_id, started, __version__)
    return found


def keep_audited(
    connection: sqlite3.Connection, session: Session, definition: Definition, draws: int = DRAWS
) -> bool:
    """Audit an index by the defaults, unless that was done of its last run.

    Args:
        connection: for writing.
        session: plugins, indices and methods.
        definition: the index, which is current.
        draws: how many.

    Returns:
        Whether there was anything to do.

    Raises:
        CityfluxError: the index cannot be ranked.
    """
    from cityflux.core.engine.audit.assumptions import default_assumptions
    from cityflux.core.engine.audit.gathering import Settings
    from cityflux.storage.audits import has_audit
    from cityflux.storage.runs import last_run_id

    settings, run_id = Settings(draws), last_run_id(connection, definition.id)
    varied = default_assumptions(definition).model_dump_json(exclude_defaults=True)
    if not run_id or has_audit(connection, run_id, settings.draws, settings.seed, varied):
        return False
    audit_index(connection, session, definition, settings)
    return True
