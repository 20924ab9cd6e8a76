"""Datasette over the database, read-only, and the server that it runs in."""

from __future__ import annotations

import errno
import math
import socket
import sqlite3
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import ConfigError
from cityflux.core.model.extra import need_extra
from cityflux.core.words.catalogue import Code
from cityflux.storage.panel_access import veil_names
from cityflux.storage.read_only import connect_read_only, read_database

if TYPE_CHECKING:
    from datasette.app import Datasette

    from cityflux.core.web.answering import Answering

#: The name of the database in addresses, whatever the file is called.
DATABASE = "cityflux"
#: Bytes of the longest value that a statement may make or read: a kept document fits in.
LONGEST = 128 * 2**20
#: Seconds that running answers get to finish when the server is told to stop.
GRACE = 3


def make_datasette(path: Path, language: Code | None = None, sql: bool = False) -> Datasette:
    """Datasette with our plugin over one database.

    Args:
        path: the database.
        language: of readers who chose none; that of their browser without it.
        sql: whether readers may ask in SQL of their own; it is carried out in other processes.

    Raises:
        ReportError: the extra is not installed.
        StorageError: the database is not there, or is none of this version.
    """
    need_extra("web")
    from datasette.app import Datasette
    from datasette.database import Database, QueryInterrupted, Results
    from datasette.plugins import pm

    from cityflux.core.web import plugin
    from cityflux.core.web.statements import Row, Statement, Statements

    class ReadOnlyDatabase(Database):  # type: ignore[misc] # Datasette carries no types
        """A database that no statement can change, and whose path may hold any character."""

        def connect(self, write: bool = False) -> sqlite3.Connection:
            if write:
                raise PermissionError(f"{path}: is served read-only")
            connection = connect_read_only(path)
            veil_names(connection)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
            self._all_file_connections.append(connection)
            return connection

    class Apart(ReadOnlyDatabase):
        """The same, but that statements which readers may have written cost themselves alone."""

        statements = Statements(path, LONGEST)

        async def execute(
            self,
            sql: str,
            params: Any = None,
            truncate: bool = False,
            custom_time_limit: int | None = None,
            page_size: int | None = None,
            log_sql_errors: bool = True,
        ) -> Results:
            most = self.ds.max_returned_rows
            most += most == (page_size or self.ds.page_size)
            limit = min(custom_time_limit or math.inf, self.ds.sql_time_limit_ms)
            asked = Statement(
                sql, {} if params is None else params, most if truncate else None, limit / 1000
            )
            try:
                found = await self.statements.ask(asked)
            except sqlite3.OperationalError as error:
                if error.args == ("interrupted",):
                    raise QueryInterrupted(error, sql, params) from error
                raise
            columns = [each[0] for each in found.description or ()]
            rows = [Row.of(columns, values) for values in found.rows]
            is_cut = asked.most is not None and len(rows) > asked.most
            return Results(rows[: asked.most], is_cut, found.description)

    with read_database(path):
        pass  # says what is wrong with it
    if not pm.is_registered(plugin):
        pm.register(plugin, plugin.NAME)
    datasette = Datasette(
        metadata={"plugins": {plugin.NAME: {"language": language}}},
        settings={"default_allow_sql": sql},
    )
    datasette.remove_database("_memory")
    kind = Apart if sql else ReadOnlyDatabase
    datasette.add_database(kind(datasette, path=str(path)), name=DATABASE)
    return datasette


def listen(host: str, port: int) -> socket.socket:
    """Take a port, before anything else is done.

    Args:
        host: a name or an address.
        port: 0 for any that is free.

    Raises:
        ConfigError: somebody else has it, or it cannot be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise ConfigError(f"--host {host}: is no address of this machine ({error})") from error
    taken = socket.socket(family, kind, protocol)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind(address)
        taken.listen(128)
    except OSError as error:
        taken.close()
        hint = {
            errno.EADDRINUSE: "is in use; name another one, or 0 for any that is free",
            errno.EACCES: "needs more rights; name one above 1023",
        }.get(error.errno or 0, f"cannot be had ({error.strerror})")
        raise ConfigError(f"port {port} on {host} {hint}") from error
    return taken


def serve(
    datasette: Datasette,
    taken: socket.socket,
    names: Collection[str] = (),
    answering: Answering | None = None,
) -> None:
    """Answer requests until the process is told to stop, and for `GRACE` seconds more at most.

    Args:
        datasette: from `make_datasette`.
        taken: from `listen`.
        names: the names of this host under which it answers, without a port; any if there is none.
        answering: the questionnaires that experts may answer; none without it.
    """
    import uvicorn

    from cityflux.core.web.safety import only_reading, only_under

    application = only_reading(datasette.app())
    if answering:
        application = answering.before(application)
    if names:
        application = only_under({name.lower() for name in names}, application)
    config = uvicorn.Config(
        application,
        log_level="warning",
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    uvicorn.Server(config).run(sockets=[taken])
