"""The steps that a database is made by, and which of them one lacks."""

from __future__ import annotations

import sqlite3
from itertools import chain
from pathlib import Path

from cityflux.core.model.errors import NewerDatabase, NotADatabase, StorageError
from cityflux.storage.complaints import MEND, named

#: The migrations, in order; a database that has them all behind it is up to date.
STEPS = (
    "first_tables",
    "search_in_chinese",
    "views_for_people",
    "answers_say_how_to_read_them",
    "hosts_keep_their_circuits",
    "details_of_runs",
    "daemon_says_what_it_does",
    "definitions_are_kept",
    "alarms_and_counts_of_operation",
    "terms_of_new_indicators_at_once",
    "no_revision_of_what_stands",
    "staleness_in_half_the_time",
    "messages_wait_for_their_receiver",
    "one_fetch_for_a_page",
    "provenance_of_what_was_used",
    "declarations_are_written_once",
    "breaks_are_data",
    "scores_say_what_compares",
    "what_is_no_figure_stays_out",
    "a_bound_is_no_current_figure",
    "ranks_are_audited",
    "figures_that_move_are_told",
    "runs_keep_their_notes",
    "sources_say_of_what_class_they_are",
    "a_hand_is_visible",
    "points_and_history_of_scores",
    "flows_are_followed",
    "scores_have_digests",
    "scenarios_are_kept",
    "code_is_part_of_a_fetch",
    "panels_are_asked",
)


def lacking(path: Path, connection: sqlite3.Connection) -> set[str]:
    """The steps that a database lacks.

    Args:
        path: the file, for messages.
        connection: to it.

    Raises:
        NotADatabase: it is one of something else.
        NewerDatabase: a later version of cityflux made it.
        StorageError: it is not to be read, or does not know what it was made of.
    """
    try:
        tables = _names(connection, "sqlite_master")
        taken = []
        if "_sqlite_migrations" in tables:
            taken = _names(connection, "_sqlite_migrations WHERE migration_set = 'cityflux'")
    except sqlite3.DatabaseError as error:
        raise named(path, error) from error
    missing = {*STEPS} - {*taken}
    if missing and _is_ours(tables) and (not taken or missing & {*STEPS[: len(taken)]}):
        raise StorageError(
            f"{path}: does not know any more what it was made of (step {min(missing)!r} is not in "
            f"_sqlite_migrations); {MEND}"
        )
    if tables and not taken and not _is_ours(tables):
        raise NotADatabase(
            f"{path}: a database of something else ({len(tables)} tables, none of cityflux); "
            "name another file in [database] path"
        )
    if later := {*taken} - {*STEPS}:
        last = max(later, key=taken.index)
        raise NewerDatabase(
            f"{path}: made by a later version of cityflux (step {last!r} is unknown here); "
            "upgrade cityflux"
        )
    return missing


def _is_ours(tables: list[str]) -> bool:
    return {"indicators", "observations", "changes"} <= {*tables}


def _names(connection: sqlite3.Connection, table: str) -> list[str]:
    return [*chain.from_iterable(connection.execute(f"SELECT name FROM {table} ORDER BY rowid"))]
