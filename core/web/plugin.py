"""Our plugin of Datasette: routes, headers, descriptions, SQL functions.

``cityflux web`` registers it; as an entry point it also serves ``datasette cityflux.db``. It stands
still where Datasette shows no database of cityflux, and imports nothing heavy: a plugin that fails
to import would break every command of Datasette.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pluggy import HookimplMarker

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request

    from cityflux.core.web.routes import Route

NAME = "cityflux"
#: What ``datasette.hookimpl`` is, without the import of Datasette.
hookimpl = HookimplMarker("datasette")


@lru_cache(maxsize=64)
def is_cityflux(path: str) -> bool:
    """Whether a file is a database of this version of cityflux."""
    from cityflux.core.model.errors import StorageError
    from cityflux.storage.read_only import read_database

    try:
        with read_database(Path(path)):
            return True
    except StorageError:
        return False


def database_of(datasette: Datasette) -> str | None:
    """The name of the first database of cityflux; None where there is none."""
    for name, database in datasette.databases.items():
        if database.path and is_cityflux(str(database.path)):
            return str(name)
    return None


@hookimpl
def register_routes(datasette: Datasette) -> list[Route]:
    """Our pages; the front page only where the database is the only one."""
    name = database_of(datasette)
    if name is None:
        return []
    from cityflux.core.web.routes import routes

    files = [database for database in datasette.databases.values() if database.path]
    return routes(name, front=len(files) == 1)


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Callable[[Any], Any]:
    """The headers that keep a browser safe."""
    from cityflux.core.web.safety import with_headers

    return with_headers if database_of(datasette) else lambda application: application


@hookimpl(wrapper=True)
def handle_exception(
    datasette: Datasette, request: Request, exception: Exception
) -> Generator[None, list[Any], list[Any]]:
    """Our page in the place of Datasette's, and of all that it would print."""
    answers = yield
    name = database_of(datasette)
    if name is None:
        return answers
    from cityflux.core.web.trouble import trouble

    return [trouble(datasette, request, exception, name)]


@hookimpl
def get_metadata(datasette: Datasette) -> dict[str, Any]:
    """What the tables and columns mean, and their units."""
    from cityflux.core.web.metadata import describe

    name = database_of(datasette)
    return describe(name) if name else {}


@hookimpl
def menu_links(datasette: Datasette) -> list[dict[str, str]]:
    """The way back from Datasette's pages to ours."""
    if not database_of(datasette):
        return []
    from cityflux.core.words.catalogue import text

    return [
        {"href": datasette.urls.path(f"/-/{page}"), "label": f"{text('en', key)} {text('zh', key)}"}
        for page, key in (("search", "web.search"), ("map", "web.map"))
    ]


@hookimpl
def prepare_connection(conn: sqlite3.Connection, database: str, datasette: Datasette) -> None:
    """The SQL functions that the stock sqlite-utils command knows too."""
    if database == database_of(datasette):
        from cityflux.storage.sql_functions import add_functions

        add_functions(conn)
