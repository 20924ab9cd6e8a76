"""The steps are frozen: what one of them built for a database, it builds for the next one too."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from sqlite_utils import Database

from cityflux.storage.database import open_database
from cityflux.storage.migrations import migrations
from cityflux.storage.steps import STEPS

# Without what SQLite and sqlite-utils make in their own words.
_OURS = """
SELECT type, name, sql FROM sqlite_master
WHERE sql IS NOT NULL AND name NOT LIKE 'indicators_fts%' AND name NOT LIKE '!_%' ESCAPE '!'
ORDER BY type, name
"""

#: How the schema is after each step. A line that is no longer right tells that an old step was
#: changed, in itself or in a text that it takes from elsewhere: write a new step instead.
FROZEN = {
    "first_tables": "2b7d308bdeb469ca",
    "search_in_chinese": "6150d656e34d7fc3",
    "views_for_people": "512a5bb2b23f8813",
    "answers_say_how_to_read_them": "d5af74489ac42613",
    "hosts_keep_their_circuits": "3ed08181972c3c32",
    "details_of_runs": "052c20b324b69b44",
    "daemon_says_what_it_does": "21ddc2fd8a9299f1",
    "definitions_are_kept": "25ea9077b06a2941",
    "alarms_and_counts_of_operation": "5fc4df094c4e9ace",
    "terms_of_new_indicators_at_once": "4b51559529b7d878",
    "no_revision_of_what_stands": "4b51559529b7d878",
    "staleness_in_half_the_time": "4b51559529b7d878",
    "messages_wait_for_their_receiver": "0e25530b44bbc149",
    "one_fetch_for_a_page": "66c6d1aefdbaac06",
    "provenance_of_what_was_used": "7ae0aa51f9bd0f81",
    "declarations_are_written_once": "8a3762170e6696ff",
    "breaks_are_data": "edcddb0b2ddca514",
    "scores_say_what_compares": "f4d54bedb3475683",
    "what_is_no_figure_stays_out": "f6dffaedc1b7e9b3",
    "a_bound_is_no_current_figure": "383b91747bff3610",
    "ranks_are_audited": "654c33f4f6190451",
    "figures_that_move_are_told": "af9cb7378cfdd090",
    "runs_keep_their_notes": "ccfa29be0e8191bc",
    "sources_say_of_what_class_they_are": "8d06983b955567cf",
    "a_hand_is_visible": "1bf92473f12de2e3",
    "points_and_history_of_scores": "e6d568192c26e08c",
    "flows_are_followed": "e60142ec8c84aa95",
    "scores_have_digests": "494369a623cb0b8f",
    "scenarios_are_kept": "68e8a8a9f08314d1",
    "code_is_part_of_a_fetch": "b7639a07ccf2b582",
    "panels_are_asked": "7dccd54a39dda479",
}


def test_no_step_changes_any_more() -> None:
    db = Database(memory=True)
    found = {}
    for place, step in enumerate(STEPS):
        later = STEPS[place + 1] if place + 1 < len(STEPS) else None
        migrations.apply(db, stop_before=later)
        made = json.dumps([" ".join(" ".join(row).split()) for row in db.execute(_OURS)])
        found[step] = hashlib.sha256(made.encode()).hexdigest()[:16]
    db.close()
    assert found == FROZEN


def test_a_database_of_the_version_before_learns_what_its_leaves_are_divided_by(
    tmp_path: Path,
) -> None:
    path = tmp_path / "old.db"
    db = Database(path)
    migrations.apply(db, stop_before="provenance_of_what_was_used")
    definition = {
        "denominators": {"a": {"by": "people"}},
        "indicators": ["a"],
        "nodes": [{"id": "g", "indicators": ["c", {"id": "b.x", "denominator": {"by": "area"}}]}],
    }
    names = {"name_zh": "", "name_en": ""}
    index = {"id": "i", "definition": json.dumps(definition), "definition_hash": "", **names}
    db.table("indices").insert(index)
    for leaf in ("a", "b.x", "c", "people", "area"):
        db.table("indicators").insert({"id": leaf, "unit": "", **names})
    tree = {"index_id": "i", "parent_id": None, "weight": 1.0, "sort_order": 0, "level": 1, **names}
    for leaf in ("a", "b.x", "c"):
        db.table("nodes").insert({"node_id": leaf, "indicator_id": leaf, **tree})
    db.table("nodes").insert({"node_id": "g", "indicator_id": None, **tree})
    db.close()
    with open_database(path) as connection:
        rows = connection.execute("SELECT node_id, denominator_id FROM nodes ORDER BY 1")
        assert rows.fetchall() == [("a", "people"), ("b.x", "area"), ("c", None), ("g", None)]
        assert connection.execute("SELECT role FROM provenance").fetchall() == []


def test_rows_that_are_no_figures_are_set_aside_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "old.db"
    db = Database(path)
    migrations.apply(db, stop_before="what_is_no_figure_stays_out")
    db.table("cities").insert({"id": "a", "name_zh": "a", "name_en": "a"})
    db.table("sources").insert({"id": "s", "publisher": "p"})
    db.table("indicators").insert({"id": "x", "name_zh": "", "name_en": "", "unit": ""})
    key = {"indicator_id": "x", "city_id": "a", "source_id": "s"}
    for number, period in enumerate(("2020", "2021年", "2021")):
        db.table("observations").insert({**key, "period": period, "value": number})
    db.close()
    with open_database(path) as connection:
        kept = connection.execute("SELECT period, value FROM observations ORDER BY 1").fetchall()
        assert kept == [("2020", 0.0), ("2021", 2.0)]
        (aside,) = connection.execute("SELECT table_name, reason, body FROM quarantine")
        assert aside[0] == "observations"
        assert "a period is 2020, " in aside[1]
        assert json.loads(aside[2])["period"] == "2021年"
        assert "observations: x a 2021年 s 1.0 ok: CHECK constraint failed" in caplog.text
        names = connection.execute("SELECT name FROM sqlite_master WHERE tbl_name = 'observations'")
        assert {"observations_insert", "observations_delete"} <= {name for (name,) in names}
        connection.execute("UPDATE observations SET value = 5 WHERE period = '2020'")
        assert connection.execute("SELECT max(new_value) FROM changes").fetchone() == (5.0,)
