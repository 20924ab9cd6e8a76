"""The process in which statements of readers are carried out: see `core.web.statements`.

``python -m cityflux.core.web.carrying_out SOCKET DATABASE LONGEST``
"""

from __future__ import annotations

import os
import resource
import sqlite3
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from cityflux.core.web.statements import Answer, Statement
from cityflux.storage.panel_access import veil_names
from cityflux.storage.read_only import connect_read_only
from cityflux.storage.sql_functions import add_functions

#: Bytes that the process may have, and that all values of an answer may have together.
_MEMORY = 2**30
_ANSWER = 128 * 2**20
#: Steps of SQLite between two looks at the clock.
_STEPS = 1000
_TOO_LARGE = "the answer is larger than the {:,} bytes that are allowed; ask for less of it"


def carry_out(connection: sqlite3.Connection, statement: Statement) -> Answer:
    """Carry out a statement; what goes wrong is the answer."""
    end = time.monotonic() + statement.seconds
    connection.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
    rows, size = [], 0
    try:
        cursor = connection.execute(statement.sql, statement.params)
        for row in cursor:
            size += sum(len(each) for each in row if isinstance(each, str | bytes))
            if size > _ANSWER:
                return Answer([], error="OperationalError", says=_TOO_LARGE.format(_ANSWER))
            rows.append(row)
            if statement.most is not None and len(rows) > statement.most:
                break
        return Answer(rows, cursor.description)
    except sqlite3.Error as error:
        return Answer([], error=type(error).__name__, says=str(error))
    except MemoryError:
        return Answer([], error="OperationalError", says="out of memory")
    finally:
        connection.set_progress_handler(None, 0)


def main() -> None:
    """Carry out what is asked until nobody is there to ask."""
    descriptor, database, longest = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    os.nice(5)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    connection = connect_read_only(database)
    veil_names(connection)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, longest)
    connection.execute("PRAGMA temp_store = MEMORY")  # what it sorts counts
    add_functions(connection)
    with Connection(descriptor) as asked:
        asked.send(Answer([]))
        while True:
            try:
                statement: Statement = asked.recv()
            except EOFError:
                return
            # Also where whoever asked is gone and cannot kill it any more.
            used = resource.getrusage(resource.RUSAGE_SELF)
            seconds = int(used.ru_utime + used.ru_stime + statement.seconds) + 3
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))
            asked.send(carry_out(connection, statement))


if __name__ == "__main__":
    main()
