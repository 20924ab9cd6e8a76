"""From a request to a page: one read transaction, a time limit, a template."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from cityflux.core.model.version import __version__
from cityflux.core.web.asked import COOKIE, Asked, NotHere, preferred
from cityflux.core.web.text import isolated, moment
from cityflux.core.words.brackets import place, reason
from cityflux.core.words.catalogue import CODES, Code, term, text
from cityflux.core.words.language import Language
from cityflux.core.words.names import pick
from cityflux.core.words.numbers import figure, number, percent, size
from cityflux.storage.database import one_state

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request, Response
    from jinja2 import Environment

Found = TypeVar("Found")

#: What a page may load: nothing from elsewhere, no script or style inside it.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: A page asks several things, so it has several times as long as Datasette gives to a statement.
STATEMENTS = 10
YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Page:
    """What a page shows: a template of ours and the values that it needs."""

    template: str
    title: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = HTTPStatus.OK


Maker = Callable[[sqlite3.Connection, Asked], Page]


@cache
def environment() -> Environment:
    """Our templates: everything is escaped, and a name that is not there is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("cityflux.core.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        score=partial(number, decimals=3),
        whole=partial(number, decimals=0),
        figure=figure,
        percent=percent,
        size=size,
        moment=moment,
        own=isolated,
    )
    return made


def render(page: Page, asked: Asked, database: str) -> str:
    """Write a page in the language of the reader."""

    def name(zh: str | None, en: str | None, otherwise: str) -> Any:
        return isolated(pick(asked.language, zh, en, otherwise))

    def mine(words: str) -> Any:
        return isolated(Language(asked.language).own(words))

    return (
        environment()
        .get_template(page.template)
        .render(
            page.values,
            asked=asked,
            database=database,
            language=asked.language,
            mine=mine,
            name=name,
            t=partial(text, asked.language),
            place=partial(place, asked.language),
            reason=partial(reason, asked.language),
            term=partial(term, asked.language),
            title=page.title,
            version=__version__,
        )
    )


def understand(datasette: Datasette, request: Request) -> Asked:
    """Read a request: the language is asked for, remembered, set for all, or the browser's."""
    settings = datasette.plugin_config("cityflux") or {}
    arguments = {name: request.args[name] for name in request.args}
    language: Code = preferred(request.headers.get("accept-language", ""))
    for wanted in (
        arguments.get("lang"),
        request.cookies.get(COOKIE),
        settings.get("language"),
    ):
        if wanted in CODES:
            language = wanted
            break
    route = request.scope.get("route_path", request.path)
    base = datasette.setting("base_url")
    return Asked(language, route.lstrip("/"), arguments, request.url_vars, base)


async def read(
    datasette: Datasette, name: str, work: Callable[[sqlite3.Connection], Found]
) -> Found:
    """Do something with one state of the database, within a limit of time.

    Raises:
        sqlite3.OperationalError: ``interrupted``, when it took longer.
    """
    from datasette.utils import sqlite_timelimit

    def within(connection: sqlite3.Connection) -> Found:
        limit = sqlite_timelimit(connection, STATEMENTS * datasette.sql_time_limit_ms)
        with limit, one_state(connection):
            return work(connection)

    found: Found = await datasette.get_database(name).execute_fn(within)
    return found


def view(make: Maker, name: str) -> Callable[..., Any]:
    """The view of Datasette that shows what ``make`` gives, from the database ``name``."""

    async def show(datasette: Datasette, request: Request) -> Response:
        asked = understand(datasette, request)
        return answer(await _attempt(datasette, name, make, asked), asked, name)

    return show


def answer(page: Page, asked: Asked, database: str) -> Response:
    """Send a page, and have the browser remember a language that was asked for."""
    from datasette.utils.asgi import Response

    response = Response.html(
        render(page, asked, database),
        status=int(page.status),
        headers={
            "content-security-policy": POLICY,
            "cache-control": "no-cache",
            "vary": "Accept-Language, Cookie",
        },
    )
    if asked.text("lang") in CODES:
        response.set_cookie(COOKIE, asked.language, max_age=YEAR, path=asked.base, httponly=True)
    return response


async def _attempt(datasette: Datasette, name: str, make: Maker, asked: Asked) -> Page:
    """The page, or the one that says that there is none."""
    try:
        return await read(datasette, name, lambda connection: make(connection, asked))
    except NotHere as missing:
        title = text(asked.language, "web.not_here")
        return Page("trouble.html", title, {"detail": str(missing)}, HTTPStatus.NOT_FOUND)
