"""Which address shows what."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from cityflux.core.web.atlas import map_page
from cityflux.core.web.city import city_page
from cityflux.core.web.drawing import chart_view
from cityflux.core.web.front import front_page
from cityflux.core.web.indicator import indicator_page
from cityflux.core.web.page import view
from cityflux.core.web.provenance import fetch_page, figure_page, score_page
from cityflux.core.web.ranking import index_page
from cityflux.core.web.search import search_page
from cityflux.core.web.snapshot import as_file, as_text, sender, snapshot_page
from cityflux.core.web.status import status_page
from cityflux.core.web.weights import weights_page

if TYPE_CHECKING:
    from datasette.utils.asgi import Request, Response

#: A pattern of addresses, and what answers them.
Route = tuple[str, Callable[..., Any]]

_ID = "(?P<id>[^/]+)"
_SNAPSHOT = "snapshot/(?P<id>[0-9a-f]{64})"
_PAGES = {
    f"index/{_ID}": index_page,
    f"city/{_ID}": city_page,
    f"indicator/{_ID}": indicator_page,
    f"weights/{_ID}": weights_page,
    "map": map_page,
    "score": score_page,
    "figure": figure_page,
    r"fetch/(?P<id>\d{1,18})": fetch_page,
    _SNAPSHOT: snapshot_page,
    "search": search_page,
    "status": status_page,
}
_ASSETS = {"web.css": "text/css; charset=utf-8", "web.js": "text/javascript; charset=utf-8"}


def routes(name: str, front: bool) -> list[Route]:
    """The routes of the pages of a database.

    Args:
        name: of the database.
        front: whether the address ``/`` is ours.
    """
    return [
        *([(r"/$", view(front_page, name))] if front else []),
        *((rf"/-/{path}$", view(make, name)) for path, make in _PAGES.items()),
        (rf"/-/{_SNAPSHOT}/text$", sender(name, as_text)),
        (rf"/-/{_SNAPSHOT}/file$", sender(name, as_file)),
        (r"/-/chart/(?P<kind>\w+)\.(?P<format>svg|png|csv)$", chart_view(name)),
        (r"/-/assets/(?P<name>web\.(?:css|js))$", asset),
    ]


async def asset(request: Request) -> Response:
    """Send our style sheet or our script."""
    from datasette.utils.asgi import Response

    name = request.url_vars["name"]
    return Response(
        (files("cityflux.core.web") / "static" / name).read_bytes(),
        content_type=_ASSETS[name],
        headers={"cache-control": "no-cache"},
    )
