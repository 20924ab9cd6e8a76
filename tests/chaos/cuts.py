"""Power cuts at random moments; ``make chaos`` is the full length.

Figures are stored round by round, through the product's own way to the database. At random moments
(between two commits, inside one, while the log is taken into the database, and right before a sync)
the power is cut as `tests.chaos.disk` tells. What would stand on the disk then is opened again: it
must be whole, hold a round or the next one and never a part of either, and no commit that had
returned may be lacking.
"""

from __future__ import annotations

import contextlib
import random
import sqlite3
import tempfile
from pathlib import Path
from typing import NamedTuple

from cityflux.core.model.figure import Figure
from cityflux.storage.database import open_database, take_in_the_log, write
from cityflux.storage.observations import Batch, store_batches
from tests.chaos.disk import Disk, watched
from tests.series import CITIES

SERIES = 12
YEARS = 12
_NAMES = (
    "INSERT INTO sources (id, publisher) VALUES ('chaos', 'made up')",
    *(f"INSERT INTO cities (id, name_zh, name_en) VALUES ('{c}', '{c}', '{c}')" for c in CITIES),
    *(
        f"INSERT INTO indicators (id, name_zh, name_en, unit) VALUES ('s{n}', 's{n}', 's{n}', '')"
        for n in range(SERIES)
    ),
)


class Cut(NamedTuple):
    """What stood on the disk, and the last round that was committed by then."""

    files: dict[str, bytes]
    committed: int


def cuts(count: int, seed: int) -> list[list[str]]:
    """Cut the power so often; what was lost or broken, by cut."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, watched(Path(name), chance) as disk:
        made: list[Cut] = []
        _store(Path(name) / "d.db", disk, chance, made, count)
    return [_examined(cut) for cut in made]


def _store(database: Path, disk: Disk, chance: random.Random, made: list[Cut], count: int) -> None:
    committed, wait = -1, 0

    def moment() -> None:
        nonlocal wait
        wait -= 1
        if committed >= 0 and wait < 0 and len(made) < count:
            made.append(Cut(disk.cut(), committed))
            wait = chance.randrange(120)

    with open_database(database) as connection:
        for statement in _NAMES:
            connection.execute(statement)
        disk.moment = moment
        number = 0
        while len(made) < count:
            _round(connection, number)
            committed = number
            moment()
            if chance.random() < 0.2:
                take_in_the_log(connection)
            number += 1
        disk.moment = lambda: None


def _round(connection: sqlite3.Connection, number: int) -> None:
    """Store the number of the round as the value of every figure."""
    figures = [Figure(city, str(2000 + y), float(number)) for city in CITIES for y in range(YEARS)]
    with write(connection):
        store_batches(connection, [Batch(f"s{n}", "chaos", figures) for n in range(SERIES)])


def _examined(cut: Cut) -> list[str]:
    with tempfile.TemporaryDirectory() as name:
        for file, body in cut.files.items():
            (Path(name) / file).write_bytes(body)
        with contextlib.closing(sqlite3.connect(Path(name) / "d.db")) as connection:
            try:
                return _wrong(connection, cut.committed)
            except sqlite3.Error as error:
                return [f"broken: {error}"]


def _wrong(connection: sqlite3.Connection, committed: int) -> list[str]:
    (whole,) = connection.execute("PRAGMA integrity_check").fetchone()
    found = [] if whole == "ok" else [f"broken: {whole}"]
    least, most, count = connection.execute(
        "SELECT min(value), max(value), count(*) FROM observations"
    ).fetchone()
    if least != most or count != SERIES * len(CITIES) * YEARS:
        found.append(f"half: rounds {least} to {most}, {count} figures")
    if least is None or least < committed:
        found.append(f"lost: round {committed} was committed, and {least} is there")
    return found
