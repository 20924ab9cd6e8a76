"""Two users of one group at a live database, and one of none: run as root, see `test_access`.

``python -m tests.storage.two_users FOLDER GROUP MODE`` prints what each of them saw.
"""

from __future__ import annotations

import contextlib
import grp
import io
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlite_utils.cli import cli

from cityflux.storage.access import Access
from cityflux.storage.catalog import save_cities
from cityflux.storage.database import open_database, write

OWNER, COLLEAGUE, STRANGER = 23451, 23452, 23453


def sqlite_utils(*arguments: str) -> str:
    """The stock command: what it prints, or what it says is wrong."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            cli.main(args=list(arguments), prog_name="sqlite-utils", standalone_mode=False)
        except Exception as error:
            return str(error)
    return out.getvalue().strip()


def query(database: Path) -> str:
    return sqlite_utils("query", str(database), "select count(*) from cities", "--raw")


def add(database: Path, city: str) -> str:
    values = f"('{city}', '{city}', '{city}')"
    return sqlite_utils(
        "query", str(database), f"insert into cities (id, name_zh, name_en) values {values}"
    )


def as_user(user: int, groups: Sequence[int], work: Callable[[], str]) -> str:
    """What a function returns in a process of a user."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.setgroups(list(groups))
        os.setgid(user)
        os.setuid(user)
        os.write(writing, work().encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        said = told.read()
    os.waitpid(child, 0)
    return said


def main(folder: Path, group: str, mode: int) -> None:
    """Play it."""
    number = grp.getgrnam(group).gr_gid
    database = folder / "data" / "cityflux.db"
    query(Path(":memory:"))  # so that nothing has to be imported by those who may not
    os.chown(folder, OWNER, OWNER)
    ready, end = os.pipe(), os.pipe()

    def live() -> str:
        with open_database(database, Access(mode, group)) as connection:
            with write(connection):
                save_cities(connection, [{"id": "a", "name_zh": "a", "name_en": "a"}])
            os.write(ready[1], b".")
            os.read(end[0], 1)
            return str(connection.execute("SELECT count(*) FROM cities").fetchone()[0])

    holder = os.fork()
    if not holder:
        print("owner at last:", as_user(OWNER, [number], live), flush=True)
        os._exit(0)
    os.read(ready[0], 1)
    print("modes:", *(f"{path.stat().st_mode & 0o777:o}" for path in files(database)))
    print("of the group:", *(path.stat().st_gid == number for path in files(database)))
    print("colleague reads:", as_user(COLLEAGUE, [number], lambda: query(database)))
    print("colleague writes:", as_user(COLLEAGUE, [number], lambda: add(database, "b")))
    print("stranger reads:", as_user(STRANGER, [], lambda: query(database)), flush=True)
    os.write(end[1], b".")
    os.waitpid(holder, 0)


def files(database: Path) -> list[Path]:
    """The database and what stands beside it."""
    return sorted(database.parent.glob(f"{database.name}*"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3], 8))
