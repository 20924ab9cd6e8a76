"""What is counted of tries and of a soak, and how it is printed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from tests.chaos.soak import Soak, judge
from tests.chaos.tally import Tally, table


def test_what_raises_is_a_problem_and_what_is_lost_is_counted() -> None:
    done = Tally()
    done.count(lambda: ("survived", [], []))
    done.count(lambda: ("ended", ["3 committed changes are missing"], []))
    done.count(lambda: ("ended", [], [str(1 // 0)]))
    assert (done.tried, done.survived, done.ended, done.lost) == (3, 1, 1, 1)
    assert done.problems == [
        "3 committed changes are missing",
        "ZeroDivisionError: integer division or modulo by zero",
    ]
    rows = [line.split() for line in table([("cut", done), ("cut", Tally(1, 1))]).splitlines()]
    assert rows == [
        ["fault", "tried", "survived", "ended", "lost"],
        ["cut", "4", "2", "1", "1"],
        ["all", "4", "2", "1", "1"],
    ]


def test_a_soak_is_held_to_memory_descriptors_threads_and_changes(tmp_path: Path) -> None:
    database = tmp_path / "d.db"
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE changes (indicator_id, new_value)")
        connection.execute("INSERT INTO changes VALUES ('chaos.series_3', 7.0)")
    connection.close()
    flat = [(float(at), 100.0 + at % 5, 20 + at % 2, 9, 2) for at in range(100)]
    assert judge(Soak(lasted=[(3, 7.0)], samples=flat), database) == []
    grown = [(at, memory + at / 4, files + int(at) // 9, 9, 2) for at, memory, files, *_ in flat]
    assert judge(Soak(lasted=[(3, 7.0), (3, 8.0)], samples=grown), database) == [
        "MiB of memory went from 109.4 to 124.4",
        "descriptors went from 23.0 to 30.0",
        "the change of series 3 to 8",
    ]
