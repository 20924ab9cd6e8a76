"""Mending what `core.app.doctor` finds in the database: first a copy, then nothing is lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from cityflux.core.app.session import Session
from cityflux.core.engine.open_periods import at_hand
from cityflux.core.model.errors import NotADatabase, StorageError
from cityflux.core.reading.indices import is_definition
from cityflux.storage import examination
from cityflux.storage.backup import copies, copy_whole, target_of
from cityflux.storage.database import open_as_it_is
from cityflux.storage.repair import mend_definitions, mend_rows, mend_structure


def repair(session: Session) -> Iterator[str]:
    """Mend the database; nothing where nothing is wrong with it.

    Things that are gone are made again, rows that fit nowhere are set aside in ``quarantine``, and
    everything is noted as changed, so that the next compute looks at all of it.

    Args:
        session: whose plugins say again which cities, sources and indicators there are.

    Returns:
        A line for each thing that was done.

    Raises:
        StorageError: there is no database, no copy can be made, or pages are damaged: the message
            says to which copy to go back.
    """
    path = session.database
    if not path.exists():
        raise StorageError(f"{path}: no database there; make one with: cityflux run --once")
    lines = _damage(path)
    if not examination.is_mendable(lines):
        where = go_back_to(path, session.config.backup.folder)
        raise StorageError(f"{path}: {lines[0]}, so that nothing mends it; {where}")
    with open_as_it_is(path) as connection:
        target = target_of(path, None)
        copy_whole(connection, path, target, as_it_is=True)
        yield f"a copy as it was: {target}"
        yield from mend_structure(connection)
    with session.open() as connection:  # writes the catalogue again
        known = {
            each.id: at_hand(connection, each).model_dump_json(exclude_defaults=True)
            for each in session.indices.values()
        }
    with open_as_it_is(path) as connection:
        yield from mend_definitions(connection, is_definition, known)
        yield from mend_rows(connection)


def _damage(path: Path) -> list[str]:
    """What is wrong with the pages, also where they cannot be read at all."""
    try:
        with open_as_it_is(path) as connection:
            return examination.damage(connection)
    except NotADatabase:
        raise
    except (StorageError, sqlite3.DatabaseError) as error:
        return [str(error.__cause__ or error)]


def go_back_to(database: Path, folder: Path) -> str:
    """Which copy to go back to, in a few words."""
    made = copies(database, folder)
    if not made:
        return f"go back to a copy of yours, as there is none in {folder} (docs/operations.md)"
    return f"stop the daemon and go back to the copy {made[-1]} (docs/operations.md)"
