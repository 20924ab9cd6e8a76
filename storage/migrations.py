"""How a database comes to its present shape: named steps, each in a transaction of its own."""

from __future__ import annotations

import sqlite3

from sqlite_utils import Database, Migrations

from storage import schema
from storage.views import VIEWS

migrations = Migrations("cityflux")


@migrations()
def first_tables(db: Database) -> None:
    """The catalogue, the fetches, the figures with their history, and the results."""
    for script in (schema.CATALOG, schema.FETCHES, schema.OBSERVATIONS, schema.RESULTS):
        for statement in script.split(";\n"):
            if statement.strip():
                db.execute(statement)
    for trigger in schema.CHANGE_TRIGGERS:
        db.execute(trigger)


@migrations()
def search_in_chinese(db: Database) -> None:
    """Full-text search over indicators that finds two-character Chinese words too."""
    db.table("indicators").enable_fts(["terms"])
    for trigger in schema.SEARCH_TRIGGERS:
        db.execute(trigger)


@migrations()
def views_for_people(db: Database) -> None:
    """The views, in an order in which each finds those that it rests on."""
    for name, sql in VIEWS.items():
        db.execute(f"CREATE VIEW {name} AS {sql}")


@migrations()
def details_of_runs(db: Database) -> None:
    """The weights that a run used, and the figures that it imputed or treated."""
    for statement in schema.DETAILS:
        db.execute(statement)


def unknown_steps(connection: sqlite3.Connection) -> list[str]:
    """The steps in the file that this version has never heard of: a later version made them."""
    known = {step.name for step in migrations._migrations}
    applied = migrations.applied(Database(connection))
    return [step.name for step in applied if step.name not in known]


def is_current(connection: sqlite3.Connection) -> bool:
    """Whether there is nothing left to do."""
    return not migrations.pending(Database(connection))
