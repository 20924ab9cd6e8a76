"""The main job, as a user runs it: refresh, compute, show."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import Cityflux

CITIES = ("shanghai", "hangzhou", "beijing", "shenzhen", "guangzhou")


def roots(text: str) -> dict[str, float]:
    """The score of each city at the root of ``show --json``."""
    rows = json.loads(text)
    return {row["city"]: row["score"] for row in rows if row["node"] == rows[0]["node"]}


def test_it_ends_well_with_rank_and_coverage(home: Path, cityflux: Cityflux) -> None:
    shown = cityflux("show")
    assert shown.returncode == 0
    for city in ("上海", "杭州", "北京", "深圳", "广州"):
        assert city in shown.stdout
    rows = json.loads(cityflux("show", "flow_index", "--json").stdout)
    assert [row["node"] for row in rows[:5]] == ["flow_index"] * 5
    assert {(row["rank"], row["n"], row["bracket"]) for row in rows[:5]} == {
        (None, 5, "children 0/4")
    }
    keys = {"city", "node", "period", "score", "rank", "coverage", "imputed"}
    assert set(rows[0]) == keys | {"comparable_score", "n", "bracket"}
    assert "按现有数据，不能区分北京与上海。" in shown.stdout
    assert "These figures cannot tell Beijing from Shanghai." in shown.stdout
    assert all(0 < row["coverage"] < 1 for row in rows[:5])


def test_the_paper_is_reproduced(home: Path, cityflux: Cityflux) -> None:
    published = roots(cityflux("show", "paper_published", "--json").stdout)
    expected = (10.261, -9.361, 18.621, -11.267, -8.749)
    printed = (10.264, -9.354, 18.617, -11.274, -8.753)
    for city, score, print_score in zip(CITIES, expected, printed, strict=True):
        assert round(published[city], 3) == score
        assert abs(published[city] - print_score) < 0.017
    transport = roots(cityflux("show", "paper_transport", "--json").stdout)
    for city, score in zip(CITIES, (-0.255, -0.395, 0.399, -0.302, 0.554), strict=True):
        assert round(transport[city], 3) == score


def test_ours_stands_beside_the_papers(home: Path, cityflux: Cityflux) -> None:
    done = cityflux("show", "flow_index", "--against", "paper_published", "--json")
    pairs = json.loads(done.stdout)
    assert len(pairs) == 5 * 12
    for pair in pairs:
        if pair["difference"] is not None:
            assert pair["difference"] == pytest.approx(pair["score"] - pair["other"])
        assert pair["other_coverage"] == 1


def test_the_database_answers_for_every_score(home: Path) -> None:
    connection = sqlite3.connect(home / "data" / "cityflux.db")
    for expected, query in (
        (127, "SELECT count(indicator_id) FROM nodes WHERE index_id = 'flow_index'"),
        (0, "SELECT count(*) FROM scores LEFT JOIN runs r ON r.id = run_id WHERE r.id IS NULL"),
    ):
        assert connection.execute(query).fetchone() == (expected,)
    rows = connection.execute(
        "SELECT publisher, reference, licence, fetch_id FROM provenance "
        "WHERE index_id = 'flow_index' AND node_id = 'flow_index' AND city_id = 'shanghai'"
    ).fetchall()
    assert len(rows) > 100
    assert all(publisher and reference and licence for publisher, reference, licence, _ in rows)
    connection.close()


def test_the_same_run_twice_gives_the_same_rows(home: Path, cityflux: Cityflux) -> None:
    def scores() -> list[tuple[object, ...]]:
        with sqlite3.connect(home / "data" / "cityflux.db") as connection:
            return connection.execute("SELECT * FROM scores").fetchall()

    before = scores()
    again = cityflux("run", "--once", "--offline")
    assert again.returncode == 0
    assert "0 new or different" in again.stderr
    assert scores() == before
    assert cityflux("compute", "--all").stdout.count(" 0 scores changed") == 9


def zscore_mean(matrix: np.ndarray) -> np.ndarray:
    """The paper's method by numpy alone: rows are cities, columns indicators."""
    deviation = matrix.std(axis=0, ddof=1)
    mean: np.ndarray = ((matrix - matrix.mean(axis=0)) / deviation).mean(axis=1)
    return mean


def test_a_hand_edit_is_seen_and_computed(
    home: Path, cityflux: Cityflux, sqlite_utils: Cityflux
) -> None:
    database = home / "data" / "cityflux.db"
    key = {"indicator_id": "transport.air_passengers", "city_id": "shanghai"}
    row = {**key, "period": "2011/2020", "source_id": "jiang_2022.paper", "value": 9999.5}
    connection = sqlite3.connect(database)
    (row["source_id"],) = connection.execute(
        "SELECT source_id FROM observations WHERE indicator_id = ? AND period = '2011/2020'",
        (key["indicator_id"],),
    ).fetchone()
    (home / "row.json").write_text(json.dumps(row))
    keys = " ".join(f"--pk {name}" for name in (*key, "period", "source_id")).split()
    done = sqlite_utils("upsert", str(database), "observations", "row.json", *keys)
    assert done.returncode == 0, done.stderr
    change = connection.execute(
        "SELECT kind, old_value, new_value FROM changes ORDER BY seq DESC LIMIT 1"
    ).fetchone()
    assert change == ("update", 4751.64, 9999.5)
    assert connection.execute("SELECT value FROM revisions").fetchall() == [(4751.64,)]
    assert cityflux("compute", "paper_transport").returncode == 0
    figures = {
        (indicator, city): value
        for indicator, city, value in connection.execute(
            "SELECT indicator_id, city_id, value FROM current_observations "
            "WHERE period = '2011/2020' AND indicator_id LIKE 'transport.%'"
        )
    }
    indicators = sorted({indicator for indicator, _ in figures})
    assert len(indicators) == 8
    matrix = np.array([[figures[name, city] for name in indicators] for city in CITIES])
    expected = dict(zip(CITIES, zscore_mean(matrix), strict=True))
    found = roots(cityflux("show", "paper_transport", "--json").stdout)
    assert found == pytest.approx(expected, rel=1e-12)
    early = cityflux("compute", "paper_transport", "--as-of", "2000")
    assert early.returncode == 1
    assert "has no data" in early.stderr
    connection.close()


def test_an_index_is_tried_without_a_node_and_nothing_is_stored(
    home: Path, cityflux: Cityflux
) -> None:
    leaf = "transport.air_passengers"
    stored = cityflux("show", "paper_transport", "--json").stdout
    done = cityflux("compute", "paper_transport", "--exclude", leaf, "--json")
    assert done.returncode == 0, done.stderr
    tried = {(row["node"], row["city"]): row["score"] for row in json.loads(done.stdout)}
    assert leaf not in {node for node, _ in tried}
    assert tried["paper_transport", "shanghai"] != roots(stored)["shanghai"]
    assert cityflux("show", "paper_transport", "--json").stdout == stored
    for option, said in (("--exclude", "no node or indicator x"), ("--weight-set", "no set 'x'")):
        wrong = cityflux("compute", "paper_transport", option, "x")
        assert (wrong.returncode, len(wrong.stderr.splitlines())) == (1, 1)
        assert said in wrong.stderr


RAISES = """
from cityflux import Document, Indicator, Source, hookimpl

@hookimpl
def indicator():
    return Indicator("local.NAME", "甲", "A", "个")

@hookimpl
def source():
    return Source("local.NAME", "p", "file:x", licence="l", access="bundled")

@hookimpl
def fetch(http, source, since):
    FETCH

@hookimpl
def normalize(documents):
    import polars as pl
    return pl.DataFrame({"city": ["atlantis"], "period": ["soon"], "value": [1.0]})
"""


def test_broken_plugins_cost_themselves_alone(home: Path, cityflux: Cityflux) -> None:
    assert cityflux("plugins", "new", "cinemas").returncode == 0
    folder = home / "my_plugins"
    assert cityflux("run", "--once", "--offline").returncode == 0
    (folder / "typo.py").write_text("def broken(:\n")
    raising = RAISES.replace("NAME", "raises").replace("FETCH", "raise ValueError('no such page')")
    (folder / "raises.py").write_text(raising)
    nonsense = RAISES.replace("NAME", "nonsense").replace(
        "FETCH", "return [Document('file:x', b'x')]"
    )
    (folder / "nonsense.py").write_text(nonsense)
    (folder / "leaves.py").write_text("raise SystemExit(3)\n")
    done = cityflux("run", "--once", "--offline")
    assert done.returncode == 1
    assert "流量指数" in done.stdout
    for name, reason in (
        ("typo.py", "SyntaxError"),
        ("local.raises", "no such page"),
        ("local.nonsense", "atlantis"),
        ("leaves.py", "SystemExit"),
    ):
        assert any(name in line and reason in line for line in done.stderr.splitlines()), name
    connection = sqlite3.connect(home / "data" / "cityflux.db")
    failed = "\n".join(
        f"{name} {error}"
        for name, error in connection.execute(
            "SELECT indicator_id, error FROM fetches WHERE outcome = 'failed'"
        )
    )
    for reason in ("SyntaxError", "no such page", "atlantis", "SystemExit"):
        assert reason in failed
    stored = connection.execute(
        "SELECT count(*) FROM observations WHERE indicator_id = 'local.cinemas'"
    ).fetchone()
    assert stored == (6,)
    assert connection.execute(
        "SELECT count(*) FROM observations WHERE indicator_id = 'local.nonsense'"
    ).fetchone() == (0,)
    connection.close()
    rows = json.loads(cityflux("plugins", "list", "--json").stdout)
    listed = {row["name"].rpartition("/")[2]: row for row in rows}
    assert listed["typo.py"]["state"] == "broken"
    assert listed["cinemas.py"]["indicators"] == ["local.cinemas"]


def test_a_plugin_that_hangs_is_given_up(home: Path, cityflux: Cityflux) -> None:
    (home / "my_plugins").mkdir()
    (home / "config.toml").write_text("[refresh]\ntime_limit = 0.5\n")
    hanging = RAISES.replace("NAME", "hangs").replace("FETCH", "import time; time.sleep(3600)")
    (home / "my_plugins" / "hangs.py").write_text(hanging)
    done = cityflux("run", "--once", "--offline")
    assert done.returncode == 1
    assert "local.hangs" in done.stderr
    assert "gave up after 0.5 s" in done.stderr
    assert "流量指数" in done.stdout


def test_two_plugins_with_one_id_are_both_named(home: Path, cityflux: Cityflux) -> None:
    (home / "my_plugins").mkdir()
    double = RAISES.replace("local.NAME", "overall_economy.gdp").replace("FETCH", "return []")
    (home / "my_plugins" / "double.py").write_text(double)
    done = cityflux("run", "--once", "--offline")
    assert done.returncode == 1
    assert "double.py" in done.stderr
    assert "plugins.overall_economy" in done.stderr


def test_plugins_check_finds_what_is_wrong(home: Path, cityflux: Cityflux) -> None:
    assert cityflux("plugins", "new", "good").returncode == 0
    assert cityflux("plugins", "check", "my_plugins/good.py").returncode == 0
    nonsense = RAISES.replace("NAME", "bad").replace("FETCH", "return [Document('file:x', b'x')]")
    (home / "bad.py").write_text(nonsense)
    done = cityflux("plugins", "check", "bad.py")
    assert done.returncode == 1
    assert "atlantis" in done.stdout
    wrong = nonsense.replace("def fetch(http, source, since)", "def fetch(htpp, source)")
    (home / "wrong.py").write_text(wrong)
    done = cityflux("plugins", "check", "wrong.py")
    assert done.returncode == 1
    assert "htpp" in done.stdout
    assert cityflux("plugins", "check", "plugins.transport").returncode == 0


def test_strengths_say_where_a_city_leads_and_against_whom(home: Path, cityflux: Cityflux) -> None:
    done = cityflux("show", "paper_transport", "--strengths", "beijing", "--json")
    tables = json.loads(done.stdout)
    assert set(tables) == {"strengths", "weaknesses"}
    assert tables["strengths"]
    for row in tables["strengths"]:
        assert 1 <= row["rank"] <= row["of"] <= 5
        assert (row["rank"] == 1) == (row["behind"] is None)
        assert row["ahead_of"] != "beijing"
    ranks = [row["rank"] for row in tables["strengths"]]
    assert ranks == sorted(ranks)
    assert cityflux("show", "paper_transport", "--strengths", "atlantis").returncode != 0


def test_contributions_sum_to_the_score_and_to_the_lead(home: Path, cityflux: Cityflux) -> None:
    scores = roots(cityflux("show", "paper_transport", "--json").stdout)
    show = ("show", "paper_transport", "--tree", "--json")
    parts = json.loads(cityflux(*show).stdout)
    for city, score in scores.items():
        assert parts["paper_transport"][city] == pytest.approx(score)
    lead = json.loads(cityflux(*show, "--city", "beijing", "--versus", "shanghai").stdout)
    expected = scores["beijing"] - scores["shanghai"]
    (whole,) = lead.pop("paper_transport").values()
    assert whole == pytest.approx(expected)
    assert cityflux(*show, "--city", "beijing").returncode == 2


def test_strengths_name_the_last_places_too(home: Path, cityflux: Cityflux) -> None:
    done = cityflux("show", "paper_transport", "--strengths", "shanghai", "--json")
    found = json.loads(done.stdout)
    names = {title: {row["indicator"] for row in rows} for title, rows in found.items()}
    assert not names["strengths"] & names["weaknesses"]
    assert "transport.freight_total" in names["strengths"]
    assert "transport.road_passengers" in names["weaknesses"]
