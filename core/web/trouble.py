"""What a reader sees where something went wrong: on our pages, and on Datasette's."""

from __future__ import annotations

import logging
import sqlite3
from http import HTTPStatus
from typing import TYPE_CHECKING

from cityflux.core.web.page import Page, answer, understand
from cityflux.core.words.catalogue import text

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request, Response

#: Errors that are the reader's, and what the page says of them.
_TITLES = {HTTPStatus.NOT_FOUND: "web.not_here", HTTPStatus.FORBIDDEN: "web.forbidden"}

log = logging.getLogger("cityflux.web")


def trouble(datasette: Datasette, request: Request, exception: Exception, name: str) -> Response:
    """Answer a request that failed, in the reader's language; as JSON where that was asked for.

    Datasette's own answer prints the values of all variables to the terminal. Here a fault of
    ours goes to the log, and the reader is told no more than that there was one.
    """
    from datasette.utils.asgi import Response

    status = int(getattr(exception, "status", HTTPStatus.INTERNAL_SERVER_ERROR))
    asked = understand(datasette, request)
    key, detail = _TITLES.get(HTTPStatus(status), "web.wrong"), _said(exception)
    if _took_too_long(exception):
        key, detail, status = "web.too_slow", "", int(HTTPStatus.SERVICE_UNAVAILABLE)
    elif status >= HTTPStatus.INTERNAL_SERVER_ERROR and not hasattr(exception, "status"):
        log.error("%s failed", request.path, exc_info=exception)
        key, detail = "web.broken", ""
    title = text(asked.language, key)
    if request.path.endswith(".json"):
        told = {"ok": False, "error": detail or title, "status": status, "title": title}
        return Response.json(told, status=status)
    return answer(Page("trouble.html", title, {"detail": detail}, status), asked, name)


def _took_too_long(exception: Exception) -> bool:
    """Whether a query was broken off; of Datasette's errors only that one is written in HTML."""
    if isinstance(exception, sqlite3.OperationalError):
        return str(exception) == "interrupted"
    return bool(getattr(exception, "message_is_html", False))


def _said(exception: Exception) -> str:
    """What an error of Datasette says: some keep it in an attribute."""
    return str(getattr(exception, "message", None) or exception)
