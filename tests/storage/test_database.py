"""Opening, refusing, searching; snapshots and scores."""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from cityflux.core.model.errors import NewerDatabase, NotADatabase, ReadOnly, StorageError
from cityflux.storage import catalog
from cityflux.storage.database import now, open_database, upsert, write
from cityflux.storage.fetches import (
    Answer,
    begin_fetch,
    end_fetch,
    last_read,
    read_answers,
    read_snapshot,
    snapshots_of,
)
from cityflux.storage.migrations import migrations
from cityflux.storage.read_only import read_database
from cityflux.storage.results import Results, Run, save_scores
from cityflux.storage.sql_functions import prepare_connection
from cityflux.storage.steps import STEPS


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with open_database(tmp_path / "t.db") as connection:
        yield connection


def indicator(connection: sqlite3.Connection, name: str, name_zh: str) -> None:
    row = {"id": name, "name_zh": name_zh, "name_en": name.title(), "unit": "个"}
    with write(connection):
        catalog.save_indicators(connection, [row])


def search(connection: sqlite3.Connection, words: str) -> list[str]:
    rows = connection.execute(
        "SELECT i.id FROM indicators i JOIN indicators_fts f ON f.rowid = i.rowid "
        "WHERE indicators_fts MATCH ? ORDER BY i.id",
        (words,),
    )
    return [name for (name,) in rows]


def test_search_finds_chinese_words_of_two_characters(database: sqlite3.Connection) -> None:
    indicator(database, "shipping", "百度指数：整体日均值(航运)")
    indicator(database, "patents", "发明专利授权量")
    assert search(database, "航运") == ["shipping"]
    assert search(database, "专利") == ["patents"]
    assert search(database, "授权") == ["patents"]
    assert search(database, "shipping") == ["shipping"]
    indicator(database, "patents", "航运专利")
    assert search(database, "航运") == ["patents", "shipping"]
    assert search(database, "授权") == []
    database.execute("DELETE FROM indicators WHERE id = 'shipping'")
    assert search(database, "航运") == ["patents"]
    database.execute(
        "INSERT INTO indicators_fts (indicators_fts, rank) VALUES ('integrity-check', 1)"
    )
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_an_equal_row_is_left_alone(database: sqlite3.Connection) -> None:
    row = {"id": "a", "name_zh": "甲", "name_en": "A"}
    assert upsert(database, "cities", [row], ["id"]) == 1
    assert upsert(database, "cities", [row], ["id"]) == 0
    assert upsert(database, "cities", [row | {"name_en": "B"}], ["id"]) == 1
    assert upsert(database, "cities", [], ["id"]) == 0


def test_settings(database: sqlite3.Connection) -> None:
    assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert database.execute("PRAGMA foreign_keys").fetchone() == (1,)
    tables = database.execute(
        "SELECT name FROM pragma_table_list WHERE type = 'table' AND NOT strict "
        "AND schema = 'main' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_%' ESCAPE '\\'"
    ).fetchall()
    assert tables == []


def test_the_bytes_are_kept_once(database: sqlite3.Connection) -> None:
    answer = Answer("http://localhost/a", "hash", lambda: b"figures" * 100, etag='"1"')
    for outcome in ("stored", "unchanged"):
        with write(database):
            fetch = begin_fetch(database, "x", "s", answer.address, now())
            end_fetch(database, fetch, outcome, [answer])
    assert database.execute("SELECT count(*), max(size) FROM snapshots").fetchone() == (1, 700)
    assert read_snapshot(database, "hash") == b"figures" * 100
    assert last_read(database, "x", "s") == (1, "stored", "")
    assert snapshots_of(database, 1) == ("hash",)
    assert read_answers(database)[answer.address].etag == '"1"'
    other = answer._replace(sha256="other", address="http://localhost/b")
    with write(database):
        fetch = begin_fetch(database, "x", "s", "", now())
        end_fetch(database, fetch, "stored", [answer, other])
        broken = begin_fetch(database, "x", "s", "", now())
        end_fetch(database, broken, "failed", error="no answer")
    assert last_read(database, "x", "s") == (3, "stored", "")
    assert snapshots_of(database, 3) == ("hash", "other")
    with pytest.raises(KeyError):
        read_snapshot(database, "nothing")


def test_a_score_keeps_its_run_until_it_changes(database: sqlite3.Connection) -> None:
    with write(database):
        catalog.save_cities(database, [{"id": c, "name_zh": c, "name_en": c} for c in "ab"])
        node = {"index_id": "i", "node_id": "i", "parent_id": None, "weight": 1, "sort_order": 0}
        node |= {"level": 0, "name_zh": "i", "name_en": "i", "indicator_id": None}
        index = {
            "id": "i",
            "name_zh": "i",
            "name_en": "i",
            "definition": "",
            "definition_hash": "h",
        }
        catalog.save_index(database, index, [node])
    run = Run("i", "h", 0, now(), "m", "1")
    columns: dict[str, list[Any]] = {
        "score": [1.0, 0.5],
        "rank": [1, 2],
        "coverage": [1.0, 0.5],
        "n": [2, 2],
    }
    first = Results(["i"], ["a", "b"], ["2020"], columns)
    second = first._replace(columns={**columns, "score": [1.0, None]})
    one = Results(["i"], ["a"], ["2020"], {name: each[:1] for name, each in columns.items()})
    with write(database):
        assert save_scores(database, run, first) == (1, 2)
        assert save_scores(database, run, first) == (2, 0)
        assert save_scores(database, run, second) == (3, 1)
        assert save_scores(database, run, one) == (4, 1)
        database.execute("UPDATE scores SET rank = 7")  # by hand
        assert save_scores(database, run, one) == (5, 1)
        assert save_scores(database, run, first) == (6, 1)
    assert database.execute("SELECT city_id, run_id FROM scores").fetchall() == [("a", 5), ("b", 6)]


def test_files_that_are_refused(tmp_path: Path) -> None:
    text, other, old = tmp_path / "text.db", tmp_path / "other.db", tmp_path / "old.db"
    text.write_text("no database " * 1000)
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE recipes (name TEXT)")
    with open_database(old) as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('cityflux', 'z', '')"
        )
    for path, error, words in (
        (text, NotADatabase, "is no SQLite database"),
        (other, NotADatabase, "a database of something else"),
        (old, NewerDatabase, "upgrade cityflux"),
    ):
        for opener in (open_database, read_database):
            with pytest.raises(error, match=words), opener(path):
                pass
    with pytest.raises(StorageError, match="cityflux run"), read_database(tmp_path / "none.db"):
        pass
    with sqlite3.connect(other) as connection:
        assert len(connection.execute("SELECT name FROM sqlite_master").fetchall()) == 1


def test_who_may_not_write_the_folder_reads_what_another_process_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, access = tmp_path / "c.db", os.access
    with open_database(path) as writer:
        monkeypatch.setattr(  # root may write everything
            os, "access", lambda what, mode: what != tmp_path and access(what, mode)
        )
        for count, city in enumerate("abc", start=1):
            with write(writer):
                catalog.save_cities(writer, [{"id": city, "name_zh": city, "name_en": city}])
            with read_database(path) as reader:
                assert reader.execute("SELECT count(*) FROM cities").fetchone() == (count,)
    with read_database(path) as reader:  # nobody writes, and there is no log
        assert reader.execute("SELECT count(*) FROM cities").fetchone() == (3,)


def test_a_file_without_write_bits_is_read_only(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with open_database(path):
        pass
    path.chmod(0o444)
    with pytest.raises(ReadOnly, match="chmod"), open_database(path):
        pass
    with read_database(path) as connection:
        assert connection.execute("SELECT count(*) FROM cities").fetchone() == (0,)


def test_functions_for_the_stock_command() -> None:
    connection = sqlite3.connect(":memory:")
    prepare_connection(connection)
    values = [3.0, 1.0, 4.0, 1.0, 5.0]
    connection.execute("CREATE TABLE t (x REAL)")
    connection.executemany("INSERT INTO t VALUES (?)", [(value,) for value in (*values, None)])
    (found,) = connection.execute("SELECT stddev(x) FROM t").fetchone()
    assert found == pytest.approx(statistics.stdev(values))
    assert connection.execute("SELECT stddev(x) FROM t WHERE x = 4").fetchone() == (None,)
    assert connection.execute("SELECT zscore(5, 3, 2), zscore(5, 3, 0)").fetchone() == (1, None)
    query = "SELECT period_year('2020-Q3'), period_year('soon'), period_year(NULL)"
    assert connection.execute(query).fetchone() == (2020, None, None)
    connection.close()


def test_every_migration_is_named_among_the_steps(tmp_path: Path) -> None:
    with open_database(tmp_path / "t.db") as connection:
        assert tuple(step.name for step in migrations.applied(Database(connection))) == STEPS
        assert not migrations.pending(Database(connection))


def test_opening_a_database_that_is_up_to_date_imports_no_sqlite_utils(tmp_path: Path) -> None:
    with open_database(tmp_path / "t.db"):
        pass
    code = (
        "import sys; from pathlib import Path\n"
        "from cityflux.storage.database import open_database\n"
        "with open_database(Path(sys.argv[1])): pass\n"
        "print('sqlite_utils' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "t.db")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"


def test_making_a_database_loads_no_pandas_and_leaves_it_to_others(tmp_path: Path) -> None:
    (tmp_path / "pandas.py").write_text("LOADED = True\n")
    code = (
        "import sys; from pathlib import Path\n"
        "from cityflux.storage.database import open_database\n"
        "with open_database(Path('new.db')): assert 'pandas' not in sys.modules\n"
        "import pandas; assert pandas.LOADED"
    )
    folders = os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])])
    environment = {**os.environ, "PYTHONPATH": folders}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True)


@pytest.mark.parametrize("bytes_there", [b"", b"x", b"SQLite format 3\0" + b"\0" * 84])
def test_a_file_that_was_cut_is_no_database_whoever_opens_it(
    tmp_path: Path, bytes_there: bytes
) -> None:
    path = tmp_path / "t.db"
    path.write_bytes(bytes_there)
    for opened in (open_database, read_database):
        with pytest.raises(NotADatabase, match="bytes long and no cityflux database"), opened(path):
            pass
    assert path.read_bytes() == bytes_there


def test_a_database_without_tables_is_filled_but_not_read(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    Database(path).vacuum()
    with pytest.raises(NotADatabase, match="holds no table"), read_database(path):
        pass
    with open_database(path):
        pass
    with read_database(path) as connection:
        assert connection.execute("SELECT count(*) FROM quarantine").fetchone() == (0,)
    assert [*tmp_path.glob("*.unfinished*")] == []


def test_the_log_of_a_database_that_was_deleted_is_not_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with open_database(path) as connection:
        indicator(connection, "x", "航运")
        log = path.with_name("t.db-wal").read_bytes()
    path.unlink()
    path.with_name("t.db-wal").write_bytes(log)
    with open_database(path) as connection:
        assert connection.execute("SELECT count(*) FROM indicators").fetchone() == (0,)
