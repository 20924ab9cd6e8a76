"""The read model on the database of the main job: what it says in one way it says in all."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from cityflux.core.model.errors import IndexDefinitionError, NotEnoughData
from cityflux.core.reading import adjustments, answers, catalog, figures, indices, nodes, runs
from cityflux.core.reading.scores import score_frame, score_table, scores
from cityflux.core.reading.standing import branches, count_ranked, place_of_city, ranking
from cityflux.storage.database import open_database, write
from cityflux.storage.read_only import read_database

INDEX = "flow_index"


@pytest.fixture
def stored(made_once: Path) -> Iterator[sqlite3.Connection]:
    with read_database(made_once / "data" / "cityflux.db") as connection:
        yield connection


def test_scores_are_the_same_as_rows_as_a_frame_and_as_a_table(stored: sqlite3.Connection) -> None:
    rows = scores(stored, INDEX)
    assert score_frame(stored, INDEX).rows() == [tuple(row) for row in rows]
    assert scores(stored, INDEX, "transport") == [row for row in rows if row.node == "transport"]
    definition = indices.definition_of(stored, INDEX)
    table = score_table(stored, definition)
    assert table.columns == ["period", "city", *(node.id for node in definition.tree)]
    for row in rows:
        cell = table.filter(period=row.period, city=row.city)[row.node].item()
        assert cell == row.score
    with pytest.raises(NotEnoughData, match="cityflux compute nothing"):
        scores(stored, "nothing")


def test_an_answer_does_not_depend_on_how_the_connection_gives_rows(
    stored: sqlite3.Connection,
) -> None:
    """Datasette gives rows by name, and our commands take tuples."""
    plain = (scores(stored, INDEX), nodes.nodes(stored, INDEX), catalog.cities(stored))
    frame = score_frame(stored, INDEX)
    stored.row_factory = sqlite3.Row
    assert (scores(stored, INDEX), nodes.nodes(stored, INDEX), catalog.cities(stored)) == plain
    assert score_frame(stored, INDEX).equals(frame)


def test_a_column_without_any_value_has_its_type(stored: sqlite3.Connection) -> None:
    found = answers.frame(stored, "SELECT NULL AS score, NULL AS rank, NULL AS note")
    assert found.schema == {"score": pl.Float64, "rank": pl.Int64, "note": pl.String}


def test_a_period_is_chosen_the_last_one_unless_asked_for(stored: sqlite3.Connection) -> None:
    yearly = indices.choose(stored, "flow_index_yearly")
    assert yearly.period == yearly.periods[-1]
    assert yearly.before == yearly.periods[-2]
    first = indices.choose(stored, "flow_index_yearly", yearly.periods[0])
    assert (first.period, first.before) == (yearly.periods[0], None)
    with pytest.raises(IndexDefinitionError, match="was not computed for '1999'; there are: 2011"):
        indices.choose(stored, "flow_index_yearly", "1999")
    with pytest.raises(IndexDefinitionError, match=r"did you mean flow_index\?"):
        indices.choose(stored, "flow_indx")


def test_the_cities_stand_where_their_scores_say(stored: sqlite3.Connection) -> None:
    shown = indices.choose(stored, INDEX)
    placed = ranking(stored, shown)
    known = {row.city: row for row in scores(stored, INDEX, INDEX)}
    assert {row["city_id"]: row["rank"] for row in placed} == {
        city: row.rank for city, row in known.items()
    }
    assert [row["rank"] for row in placed] == [None] * 5  # the whole does not compare
    assert len(placed) == count_ranked(stored, shown)
    assert [*map(tuple, ranking(stored, shown, limit=2, offset=1))] == [*map(tuple, placed[1:3])]
    place = place_of_city(stored, shown, "beijing")
    assert place is not None
    assert (place["rank"], place["n"]) == (known["beijing"].rank, 5)
    assert place_of_city(stored, shown, "atlantis") is None


def test_the_tree_is_the_same_from_above_and_from_below(stored: sqlite3.Connection) -> None:
    tree = nodes.nodes(stored, INDEX)
    root = branches(stored, indices.choose(stored, INDEX), "beijing", None)
    assert root is not None
    stack, seen = [root], []
    while stack:
        branch = stack.pop()
        seen.append(branch.node["node_id"])
        stack += branch.children
    assert sorted(seen) == sorted(node.node for node in tree)
    for node in tree:
        above = nodes.ancestors(stored, INDEX, node.node)
        assert [each.level for each in above] == list(range(node.level))
        assert node.parent == (above[-1].node if above else None)
    assert sum(share for name, share in nodes.shares(tree).items() if name in leaves(tree)) == (
        pytest.approx(1)
    )


def leaves(tree: list[nodes.Node]) -> set[str]:
    return {node.node for node in tree if node.indicator}


def test_imputed_figures_are_counted_at_every_node_above(home: Path) -> None:
    with open_database(home / "data" / "cityflux.db") as connection:
        tree = nodes.nodes(connection, INDEX)
        some = sorted(leaves(tree))[::7]
        with write(connection):
            connection.executemany(
                "INSERT INTO adjustments VALUES (?, ?, 'beijing', '2011/2020', ?, 'row', NULL, 1, "
                "(SELECT max(id) FROM runs WHERE index_id = ?))",
                [(INDEX, leaf, kind, INDEX) for leaf in some for kind in ("imputed", "treated")],
            )
        found = adjustments.imputed_below(connection, INDEX)
        expected = Counter(
            each
            for leaf in some
            for each in (leaf, *(n.node for n in nodes.ancestors(connection, INDEX, leaf)))
        )
        assert {node: count for (node, _, _), count in found.items()} == expected
        assert found["nothing", "beijing", "2011/2020"] == 0
        listed = adjustments.adjustments(connection, INDEX, "treated")
        assert sorted(each.node for each in listed) == some
        (one,) = [
            each
            for each in adjustments.adjustments_of_cell(
                connection, INDEX, some[0], "beijing", "2011/2020"
            )
            if each.kind == "imputed"
        ]
        assert one.node == some[0]


def test_a_run_is_up_to_date_until_a_figure_changes(home: Path) -> None:
    with open_database(home / "data" / "cityflux.db") as connection:
        before = runs.last_run(connection, INDEX)
        assert before is not None
        assert before.up_to_date
        assert before in runs.latest_runs(connection)
        connection.execute(
            "UPDATE observations SET value = value * 2 WHERE indicator_id = 'overall_economy.gdp'"
        )
        after = runs.last_run(connection, INDEX)
        assert after == before._replace(up_to_date=0)
        assert runs.last_run(connection, "nothing") is None


def test_the_sources_of_an_indicator_have_all_its_figures(stored: sqlite3.Connection) -> None:
    every = {row["id"]: row["figures"] for row in catalog.sources(stored)}
    gdp = catalog.sources(stored, "overall_economy.gdp")
    assert {row["id"] for row in gdp} < set(every)
    count = answers.number(
        stored, "SELECT count(*) FROM observations WHERE indicator_id = ?", ["overall_economy.gdp"]
    )
    assert sum(row["figures"] for row in gdp) == count > 0
    assert all(row["figures"] <= every[row["id"]] for row in gdp)
    assert sum(every.values()) == answers.number(stored, "SELECT count(*) FROM observations")


def test_figures_in_use_are_those_of_the_series(stored: sqlite3.Connection) -> None:
    frame = figures.figures_in_use(stored, ["overall_economy.gdp"])
    assert [tuple(row) for row in figures.series_of(stored, "overall_economy.gdp")] == frame.rows()
    known = figures.known_figures(stored)["overall_economy.gdp"]
    assert known == (frame.height, frame["city"].n_unique(), frame["period"].max())
    latest = {row["indicator_id"]: row for row in figures.latest_figures(stored, "shanghai")}[
        "overall_economy.gdp"
    ]
    own = frame.filter(city="shanghai").sort("period")
    assert (latest["period"], latest["value"]) == own.select("period", "value").row(-1)
    assert latest["periods"] == own.height


def test_a_dispute_is_a_larger_share_than_the_tolerance(home: Path) -> None:
    with open_database(home / "data" / "cityflux.db") as connection:
        key = "'overall_economy.gdp', 'beijing', '2015'"
        (used,) = connection.execute(
            "SELECT value FROM current_observations "
            f"WHERE (indicator_id, city_id, period) = ({key})"
        ).fetchone()
        connection.execute("INSERT INTO sources (id, publisher) VALUES ('other', 'another')")
        connection.execute(
            "INSERT INTO observations (indicator_id, city_id, period, source_id, value) "
            f"VALUES ({key}, 'other', ?)",
            (used * 0.9,),
        )
        for tolerance, told in ((0.0999, True), (0.1001, False)):
            found = figures.disputed_figures(connection, tolerance, "overall_economy.gdp")
            assert ("other" in {row["other_source"] for row in found}) == told
        every = figures.disputed_figures(connection, indicator="overall_economy.gdp")
        (ours,) = [row for row in every if row["other_source"] == "other"]
        assert ours["difference"] == pytest.approx(0.1)
        assert [row["difference"] for row in every] == sorted(
            (row["difference"] for row in every), reverse=True
        )
