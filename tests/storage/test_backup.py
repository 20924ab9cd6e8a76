"""A copy is whole or not there, also while another process writes."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cityflux.core.model.errors import GivenUp, StorageError
from cityflux.storage.backup import back_up, copies, prune_copies, target_of
from cityflux.storage.database import open_database
from tests.conftest import Cityflux

WRITER = """
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=15, isolation_level=None)
print("writing", flush=True)
for n in range(100000):
    c.execute("BEGIN IMMEDIATE")
    c.execute("INSERT INTO cities (id, name_zh, name_en) VALUES (?, 'a', 'A')", (f"a{n}",))
    c.execute("INSERT INTO cities (id, name_zh, name_en) VALUES (?, 'b', 'B')", (f"b{n}",))
    c.execute("COMMIT")
"""


def test_a_copy_is_whole_while_another_process_writes(tmp_path: Path) -> None:
    database = tmp_path / "a.db"
    with open_database(database):
        pass
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(database)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        assert back_up(database, tmp_path / "copies" / "b.db") > 0
    finally:
        writer.kill()
        writer.communicate()
    copy = sqlite3.connect(tmp_path / "copies" / "b.db")
    counts = copy.execute("SELECT sum(id GLOB 'a*'), sum(id GLOB 'b*') FROM cities").fetchone()
    assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    assert counts[0] == counts[1]  # no transaction by half
    assert sorted(path.name for path in (tmp_path / "copies").iterdir()) == ["b.db"]


def test_a_file_that_is_there_stays_unless_it_is_meant(home: Path, cityflux: Cityflux) -> None:
    done = cityflux("backup", "copy.db")
    assert (done.returncode, "copy.db: " in done.stdout) == (0, True)
    again = cityflux("backup", "copy.db")
    assert again.returncode == 1
    assert "is there already; name another file, or add --force" in again.stderr
    assert cityflux("backup", "copy.db", "--force").returncode == 0
    shown = cityflux("--database", "copy.db", "show", "flow_index", "--json")
    assert shown.stdout == cityflux("show", "flow_index", "--json").stdout


def test_the_name_of_a_copy(tmp_path: Path) -> None:
    database = tmp_path / "data" / "cityflux.db"
    assert target_of(database, Path("x.db")) == Path("x.db")
    assert target_of(database, tmp_path).parent == tmp_path
    assert target_of(database, None).parent == database.parent
    assert target_of(database, None).name.startswith("cityflux-20")


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    database = tmp_path / "a.db"
    with open_database(database):
        pass
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="cannot be written"):
        back_up(database, tmp_path / "file" / "b.db")


def test_the_oldest_copies_go_and_nothing_else(tmp_path: Path) -> None:
    database = tmp_path / "data" / "a[1].db"
    names = [f"a[1]-2026-01-0{day}T000000.db" for day in range(1, 6)]
    for name in (*names, "a[1]-by-hand.db", "b-2026-01-01T000000.db", "a1-2020-01-01T000000.db"):
        (tmp_path / name).write_text("")
    prune_copies(database, tmp_path, 2, tmp_path / names[-1])
    assert [path.name for path in copies(database, tmp_path)] == names[-2:]
    assert len(list(tmp_path.iterdir())) == 2 + 3
    assert target_of(database, tmp_path).match("a[[]1]-20??-??-??T??????.db")


def test_the_newest_copy_stays_though_the_clock_was_set_back(tmp_path: Path) -> None:
    database = tmp_path / "a.db"
    names = [f"a-2026-01-0{day}T000000.db" for day in (1, 8, 9)]
    for name in names:
        (tmp_path / name).write_text("")
    prune_copies(database, tmp_path, 2, newest=tmp_path / names[0])
    assert [path.name for path in copies(database, tmp_path)] == [names[0], names[2]]


def test_what_killed_copies_left_goes_and_what_is_under_way_stays(tmp_path: Path) -> None:
    names = [f"a-2026-01-01T00000{n}.db.unfinished" for n in range(2)]
    for name in (*names, f"{names[0]}-journal"):
        (tmp_path / name).write_text("")
    long_ago = time.time() - 86400
    for name in (names[0], f"{names[0]}-journal"):
        os.utime(tmp_path / name, (long_ago, long_ago))
    prune_copies(tmp_path / "a.db", tmp_path, 2, tmp_path / "a-2026-01-02T000000.db")
    assert [path.name for path in tmp_path.iterdir()] == [names[1]]


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A database of more pages than are copied at once."""
    path = tmp_path / "large.db"
    with open_database(path) as connection:
        connection.execute("CREATE TABLE ballast (body)")
        connection.execute(
            "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 50000) "
            "INSERT INTO ballast SELECT zeroblob(400) FROM n"
        )
    return path


def test_a_copy_ends_though_every_look_finds_a_change(tmp_path: Path, large: Path) -> None:
    """As where others write all the time: each question is a moment in which they do."""
    with contextlib.closing(sqlite3.connect(large, isolation_level=None)) as other:
        changes = iter(range(1000))

        def change() -> bool:
            other.execute("INSERT INTO ballast VALUES (?)", (next(changes),))
            return False

        assert back_up(large, tmp_path / "copy.db", given_up=change) > 20_000_000
    assert next(changes) > 4


def test_nothing_is_left_of_a_copy_that_is_given_up(tmp_path: Path, large: Path) -> None:
    asked: list[int] = []
    back_up(large, tmp_path / "b.db", given_up=lambda: bool(asked.append(1)))  # type: ignore[func-returns-value]
    assert len(asked) > 5  # while pages are copied, and while they are looked through
    for patience in range(len(asked)):
        answers = [True, True, *[False] * patience]
        with pytest.raises(GivenUp):
            back_up(large, tmp_path / "copies" / "b.db", given_up=answers.pop)
        assert list((tmp_path / "copies").iterdir()) == []
