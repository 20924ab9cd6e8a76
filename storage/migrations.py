"""How a database comes to its present shape: named steps, each in a transaction of its own.

`storage.steps.STEPS` names them all. A step is frozen, and so is every text that it takes from
elsewhere: what is to be otherwise gets a new text and a new step.
"""

from __future__ import annotations

import logging

from sqlite_utils import Database, Migrations

from cityflux.storage import (
    checks,
    contributions,
    flow_tables,
    operation,
    panel_tables,
    quarantine,
    result_tables,
    scenarios,
    schema,
    triggers,
)
from cityflux.storage.provenance import PROVENANCE
from cityflux.storage.views import SOUND_OBSERVATIONS, VIEWS

migrations = Migrations("cityflux")

log = logging.getLogger("cityflux")


@migrations()
def first_tables(db: Database) -> None:
    """The catalogue, the fetches, the figures with their history, and the results."""
    for script in (schema.CATALOG, schema.FETCHES, schema.OBSERVATIONS, result_tables.RESULTS):
        for statement in script.split(";\n"):
            if statement.strip():
                db.execute(statement)
    for trigger in triggers.CHANGE_TRIGGERS:
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
def answers_say_how_to_read_them(db: Database) -> None:
    """An answer "304 Not Modified" repeats neither media type nor charset.

    Answers that a plugin looked into but did not hand over, such as lists of links, are kept too.
    """
    for column in ("media_type", "charset"):
        db.execute(f"ALTER TABLE answers ADD COLUMN {column} TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE answers ADD COLUMN handed_over INTEGER NOT NULL DEFAULT 1")


@migrations()
def hosts_keep_their_circuits(db: Database) -> None:
    """A host that keeps failing is left alone by the next process too."""
    db.execute(operation.HOSTS)


@migrations()
def details_of_runs(db: Database) -> None:
    """The weights that a run used, and the figures that it imputed or treated."""
    for statement in result_tables.DETAILS:
        db.execute(statement)


@migrations()
def daemon_says_what_it_does(db: Database) -> None:
    """What is due and what ran is in the database, not only in memory."""
    for statement in operation.DAEMON.split(";\n"):
        db.execute(statement)


@migrations()
def definitions_are_kept(db: Database) -> None:
    """An old run can be computed again by the definition of its day."""
    for statement in result_tables.DEFINITIONS:
        db.execute(statement)


@migrations()
def alarms_and_counts_of_operation(db: Database) -> None:
    """What is wrong at present is told once; what was thinned out still counts."""
    for statement in operation.ALARMS.split(";\n"):
        db.execute(statement)


@migrations()
def terms_of_new_indicators_at_once(db: Database) -> None:
    """Thousands of new indicators enter the search index in a third of the time."""
    db.execute("DROP TRIGGER indicators_insert")
    db.execute(schema.SEARCH_INSERT)


@migrations()
def no_revision_of_what_stands(db: Database) -> None:
    """An upsert that changed nothing left a revision of a figure that was not revised."""
    db.execute(
        "DELETE FROM revisions WHERE (indicator_id, city_id, period, source_id, recorded_at) IN "
        "(SELECT indicator_id, city_id, period, source_id, recorded_at FROM observations)"
    )
    db.execute("DROP TRIGGER IF EXISTS observations_standing")
    db.execute(triggers.STANDING)


@migrations()
def staleness_in_half_the_time(db: Database) -> None:
    """The view of stale indicators groups the figures before it joins them."""
    db.execute("DROP VIEW IF EXISTS stale_indicators")
    db.execute(f"CREATE VIEW stale_indicators AS {VIEWS['stale_indicators']}")


@migrations()
def messages_wait_for_their_receiver(db: Database) -> None:
    """A webhook that is down for hours, or over a new start, misses nothing."""
    for statement in operation.MESSAGES.split(";\n"):
        db.execute(statement)


@migrations()
def one_fetch_for_a_page(db: Database) -> None:
    """A page that serves forty indicators is one fetch, which gives something for each of them."""
    for statement in schema.YIELDS.split(";\n"):
        db.execute(statement)


@migrations()
def provenance_of_what_was_used(db: Database) -> None:
    """The view names exactly the figures that a score used, those of the denominators too."""
    for statement in result_tables.DENOMINATORS:
        db.execute(statement)
    db.execute("DROP VIEW IF EXISTS provenance")
    db.execute(f"CREATE VIEW provenance AS {PROVENANCE}")


@migrations()
def declarations_are_written_once(db: Database) -> None:
    """A command that finds the catalogue as its plugins declare it has nothing to write."""
    for statement in schema.DECLARED:
        db.execute(statement)


@migrations()
def breaks_are_data(db: Database) -> None:
    """Where a series begins anew, and of what growth may be told, stands in the catalogue."""
    for statement in schema.BREAKS:
        db.execute(statement)


@migrations()
def scores_say_what_compares(db: Database) -> None:
    """Each score has the result over comparable figures beside it, and the reason of a bracket."""
    for statement in result_tables.COMPARABLE:
        db.execute(statement)
    for name, sql in (
        ("scoreboard", result_tables.SCOREBOARD),
        ("strengths", result_tables.STRENGTHS),
    ):
        db.execute(f"DROP VIEW IF EXISTS {name}")
        db.execute(f"CREATE VIEW {name} AS {sql}")


@migrations()
def what_is_no_figure_stays_out(db: Database) -> None:
    """A period that does not parse is kept out by a CHECK; rows that have one are set aside."""
    db.execute(checks.QUARANTINE)
    for table, sql in checks.CHECKED.items():
        for line in quarantine.build_anew(db.conn, table, sql):
            log.warning("set aside in the table quarantine, as it is no figure: %s", line)


@migrations()
def a_bound_is_no_current_figure(db: Database) -> None:
    """What a source only bounds (超过, 近) is kept, and stands for no value."""
    db.execute("DROP VIEW IF EXISTS current_observations")
    db.execute(f"CREATE VIEW current_observations AS {SOUND_OBSERVATIONS}")


@migrations()
def ranks_are_audited(db: Database) -> None:
    """How sure the ranks of a run are stands beside them."""
    for statement in result_tables.AUDITS:
        db.execute(statement)


@migrations()
def figures_that_move_are_told(db: Database) -> None:
    """A figure that a hand gives another city or period is a change, and is followed."""
    db.execute(triggers.MOVE)


@migrations()
def runs_keep_their_notes(db: Database) -> None:
    """What a reader of the scores must know stands beside them."""
    db.execute(result_tables.NOTES)


@migrations()
def sources_say_of_what_class_they_are(db: Database) -> None:
    """Whether an office's own table stands behind a figure, or somebody who retells it."""
    db.execute(schema.SOURCE_CLASS)


@migrations()
def a_hand_is_visible(db: Database) -> None:
    """A value that was edited loses its claim to the publisher's bytes."""
    db.execute(triggers.BY_HAND)


@migrations()
def points_and_history_of_scores(db: Database) -> None:
    """What brings how many points, and how a score developed, can be asked with SQL alone."""
    for statement in contributions.AGGREGATION:
        db.execute(statement)
    for name, sql in contributions.ANSWERS.items():
        db.execute(f"CREATE VIEW {name} AS {sql}")


@migrations()
def flows_are_followed(db: Database) -> None:
    """What is measured of flows follows them, by whichever hand they change, and names them."""
    for statement in flow_tables.FOLLOWED:
        db.execute(statement)


@migrations()
def scores_have_digests(db: Database) -> None:
    """Scores that stand are known by what was stored, and by that nobody has touched them."""
    db.execute(result_tables.SCORE_DIGESTS)
    for trigger in result_tables.SCORES_TOLD.values():
        db.execute(trigger)


@migrations()
def scenarios_are_kept(db: Database) -> None:
    """An index with other figures or weights stands beside the real one; what a city can move."""
    for statement in scenarios.TABLES:
        db.execute(statement)


@migrations()
def code_is_part_of_a_fetch(db: Database) -> None:
    """What was read by another version of the code is read again; an old fetch takes in nothing."""
    db.execute(schema.CODE)
    db.execute(triggers.AFTER_THE_FETCH)


@migrations()
def panels_are_asked(db: Database) -> None:
    """What experts answer in rounds is kept, and once a round is closed it stays."""
    for statement in panel_tables.TABLES:
        db.execute(statement)
