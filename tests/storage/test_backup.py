"""A copy is whole or not there, also while another process writes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from storage.backup import back_up, copies, prune_copies, target_of
from storage.database import open_database
from storage.errors import StorageError
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
    prune_copies(database, tmp_path, 2)
    assert [path.name for path in copies(database, tmp_path)] == names[-2:]
    assert len(list(tmp_path.iterdir())) == 2 + 3
    assert target_of(database, tmp_path).match("a[[]1]-20??-??-??T??????.db")
