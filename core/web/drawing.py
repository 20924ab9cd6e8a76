"""Charts as SVG, PNG and CSV: what each shows, and how it is sent."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import sqlite3
from collections.abc import Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from cityflux.core.model.errors import NotEnoughData, ReportError
from cityflux.core.reading.audit_tables import moves
from cityflux.core.reading.audits import audit_of
from cityflux.core.reading.breaks import segments
from cityflux.core.reading.catalog import find_indicator
from cityflux.core.reading.figures import largest_flows, series_of
from cityflux.core.reading.places import counted, places
from cityflux.core.reading.scores import scores
from cityflux.core.reading.standing import groups, ranking
from cityflux.core.web import atlas, charts
from cityflux.core.web.asked import Asked, NotHere
from cityflux.core.web.indicator import lines_of
from cityflux.core.web.page import read, understand
from cityflux.core.web.queries import chosen, here
from cityflux.core.web.standing import other_way
from cityflux.core.words.audit import assumption
from cityflux.core.words.catalogue import Code, text
from cityflux.core.words.names import pick, short, told_apart

if TYPE_CHECKING:
    from datasette.app import Datasette
    from datasette.utils.asgi import Request, Response

Cells = list[dict[str, Any]]

#: Characters of a name in a chart.
LONGEST = 40
#: Pictures that are kept, of some 50 kB each.
KEPT = 100
MEDIA = {"svg": "image/svg+xml", "png": "image/png", "csv": "text/csv; charset=utf-8"}
#: A picture that a browser opens by itself loads nothing and runs nothing.
PICTURE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
#: Columns that only the drawing needs.
_DRAWN_ONLY = frozenset({"label", "id", "id2", "node", "segment"})


class Chart(NamedTuple):
    """A kind of chart: where its rows come from, which of them are drawn, and how."""

    rows: Callable[[sqlite3.Connection, Asked], Cells]
    drawn: Callable[[Cells], Cells]
    draw: charts.Draw


def _name(asked: Asked, row: sqlite3.Row, prefix: str = "name", identifier: str = "city_id") -> str:
    return pick(asked.language, row[f"{prefix}_zh"], row[f"{prefix}_en"], row[identifier])


def _ranking(connection: sqlite3.Connection, asked: Asked) -> Cells:
    shown = chosen(connection, asked, asked.needed("index"))
    return [
        {
            "id": row["city_id"],
            "city": _name(asked, row),
            **_standing(row),
            "coverage": row["coverage"],
        }
        for row in ranking(connection, shown)
    ]


def _audit(connection: sqlite3.Connection, asked: Asked) -> Cells:
    shown = chosen(connection, asked, asked.needed("index"))
    found = audit_of(connection, shown.index.id, shown.period)
    cities = found.cities if found else []
    return [
        {
            "id": each.city,
            "city": pick(asked.language, each.name_zh, each.name_en, each.city),
            "rank": str(rank),
            "share": share,
        }
        for each in cities
        for rank, share in enumerate(each.shares, 1)
    ]


def _ranges(connection: sqlite3.Connection, asked: Asked) -> Cells:
    shown = chosen(connection, asked, asked.needed("index"))
    place = (shown.index.id, shown.period)
    found = audit_of(connection, *place)
    if found is None:
        return []
    rows = scores(connection, shown.index.id, shown.root, shown.period)
    over_all, over_comparable = map(places, counted(rows))
    other = other_way(connection, *place)
    elsewhere = scores(connection, other.index, other.index, shown.period) if other else []
    over_other = places(counted(elsewhere)[0])
    return [
        {
            "id": each.city,
            "city": pick(asked.language, each.name_zh, each.name_en, each.city),
            "low": each.low,
            "median": each.median,
            "high": each.high,
            "comparable": over_comparable.get(each.city),
            "known": over_all.get(each.city),
            "other": over_other.get(each.city),
            "other_index": pick(asked.language, other.name_zh, other.name_en) if other else None,
            "of": len(found.cities),
        }
        for each in found.cities
    ]


def _moves(connection: sqlite3.Connection, asked: Asked) -> Cells:
    shown = chosen(connection, asked, asked.needed("index"))
    return [
        {
            "id": row.subject,
            "name": assumption(asked.language, row.subject),
            "alone": row.value,
            "total": row.total,
            "low": row.total_low,
            "high": row.total_high,
        }
        for row in moves(connection, shown.index.id, shown.period)
    ]


def _groups(connection: sqlite3.Connection, asked: Asked) -> Cells:
    shown = chosen(connection, asked, asked.needed("index"))
    return _by_group(connection, asked, [row["city_id"] for row in ranking(connection, shown)])


def _compared(connection: sqlite3.Connection, asked: Asked) -> Cells:
    return _by_group(connection, asked, [asked.needed("city"), asked.needed("versus")])


def _by_group(connection: sqlite3.Connection, asked: Asked, cities: list[str]) -> Cells:
    """The group scores of some cities, in the order of these and of the tree."""
    shown = chosen(connection, asked, asked.needed("index"))
    place = {city: n for n, city in enumerate(cities)}
    rows = groups(connection, shown, cities)
    rows.sort(key=lambda row: (place[row["city_id"]], row["sort_order"]))
    return [
        {
            "id": row["city_id"],
            "city": _name(asked, row),
            "node": row["node_id"],
            "group": _name(asked, row, "node", "node_id"),
            **_standing(row),
            "coverage": row["coverage"],
        }
        for row in rows
    ]


def _standing(row: sqlite3.Row) -> dict[str, Any]:
    """Both scores, the rank and of how many, or the reason why there is none."""
    return {name: row[name] for name in ("score", "comparable_score", "rank", "n", "bracket")}


def _years(connection: sqlite3.Connection, asked: Asked) -> Cells:
    shown = chosen(connection, asked, asked.needed("index"))
    place = {row["city_id"]: n for n, row in enumerate(ranking(connection, shown))}
    rows = scores(connection, shown.index.id, shown.root) if shown.periods else []
    rows.sort(key=lambda row: (place.get(row.city, len(place)), row.period))
    return [
        {
            "id": row.city,
            "city": pick(asked.language, row.city_zh, row.city_en, row.city),
            "period": row.period,
            "value": row.score,
            "comparable_score": row.comparable_score,
            "bracket": row.bracket,
        }
        for row in rows
    ]


def _series(connection: sqlite3.Connection, asked: Asked) -> Cells:
    key = asked.needed("indicator")
    indicator = here(find_indicator(connection, key), key)
    segment = segments(connection, key)
    return [
        {
            "id": line.city["city"],
            "city": _name(asked, line.city, "city", "city"),
            "period": period,
            "value": row["value"],
            "unit": indicator.unit,
            "status": row["status"],
            "segment": segment(line.city["city"], period),
        }
        for line in lines_of(series_of(connection, key))
        for period, row in line.cells.items()
    ]


def _atlas(connection: sqlite3.Connection, asked: Asked) -> Cells:
    shown = chosen(connection, asked, asked.needed("index"))
    rows = ranking(connection, shown)
    named = [row["city_id"] for row in rows[: charts.NAMED]]
    cities: Cells = [
        {
            "id": row["city_id"],
            "city": _name(asked, row),
            "label": _label(asked, row) if row["city_id"] in named else "",
            **_standing(row),
            "latitude": row["latitude"],
            "longitude": row["longitude"],
        }
        for row in rows
        if row["latitude"] is not None and row["longitude"] is not None
    ]
    return cities and cities + _routes(connection, asked)


def _label(asked: Asked, row: sqlite3.Row) -> str:
    return _name(asked, row) if row["rank"] is None else f"{row['rank']} {_name(asked, row)}"


def _routes(connection: sqlite3.Connection, asked: Asked) -> Cells:
    return [
        {
            "id": row["origin"],
            "id2": row["destination"],
            "city": _name(asked, row, "origin", "origin"),
            "latitude": row["origin_latitude"],
            "longitude": row["origin_longitude"],
            "destination": _name(asked, row, "destination", "destination"),
            "latitude2": row["destination_latitude"],
            "longitude2": row["destination_longitude"],
            "value": row["value"],
            "unit": row["unit"],
        }
        for row in largest_flows(connection, asked.text("flow"), atlas.FLOWS)
        if row["origin_latitude"] is not None and row["destination_latitude"] is not None
    ]


def _known(key: str) -> Callable[[Cells], Cells]:
    return lambda rows: [row for row in rows if row[key] is not None]


def _of_first(count: int, key: str) -> Callable[[Cells], Cells]:
    """Choose the rows of the first few cities that have something to draw."""

    def choose(rows: Cells) -> Cells:
        first = list(dict.fromkeys(row["id"] for row in _known(key)(rows)))[:count]
        return [row for row in rows if row["id"] in first]

    return choose


CHARTS: Mapping[str, Chart] = {
    "ranking": Chart(_ranking, _of_first(charts.BARS, "score"), charts.bars),
    "groups": Chart(_groups, _of_first(charts.TILES, "score"), charts.heat),
    "compare": Chart(_compared, _known("score"), charts.pairs),
    "years": Chart(_years, _of_first(charts.SERIES, "value"), charts.lines),
    "series": Chart(_series, _of_first(charts.SERIES, "value"), charts.lines),
    "map": Chart(_atlas, list, charts.atlas),
    "audit": Chart(_audit, _of_first(charts.BARS, "share"), charts.matrix),
    "ranges": Chart(_ranges, _of_first(charts.BARS, "median"), charts.spans),
    "foremost": Chart(_ranges, _of_first(charts.FOREMOST, "median"), charts.spans),
    "moves": Chart(_moves, _known("total"), charts.moves),
}


def chart_view(name: str) -> Callable[..., Any]:
    """The view that sends charts from the database ``name``."""

    async def send(datasette: Datasette, request: Request) -> Response:
        from datasette.utils.asgi import Response

        asked = understand(datasette, request)
        kind, ending = asked.place("kind"), asked.place("format")
        try:
            if kind not in CHARTS:
                raise NotHere(kind)
            rows = await read(datasette, name, lambda found: CHARTS[kind].rows(found, asked))
            body = await asyncio.to_thread(_encoded, kind, ending, rows, asked.language)
        except NotHere as missing:
            said = f"{text(asked.language, 'web.not_here')}: {missing}"
            return Response.text(said, status=int(HTTPStatus.NOT_FOUND))
        except ReportError as error:  # no font here has Chinese letters
            return Response.text(str(error), status=int(HTTPStatus.SERVICE_UNAVAILABLE))
        way = "attachment" if asked.text("download") else "inline"
        return Response(
            body,
            content_type=MEDIA[ending],
            headers={
                "content-security-policy": PICTURE,
                "content-disposition": f'{way}; filename="cityflux-{kind}.{ending}"',
                "cache-control": "no-cache",
                "vary": "Accept-Language, Cookie",
            },
        )

    return send


def _encoded(kind: str, ending: str, rows: Cells, language: Code) -> bytes:
    """The rows as a table, or the drawn ones as a picture.

    Raises:
        NotHere: there is nothing to draw.
    """
    if ending == "csv":
        return _table(rows)
    chosen_rows = CHARTS[kind].drawn(rows)
    if not chosen_rows:
        raise NotHere(text(language, "web.nothing_to_draw"))
    drawn = [{name: _short(cell) for name, cell in row.items()} for row in _told(chosen_rows)]
    return _picture(kind, ending, language, json.dumps(drawn))


@lru_cache(maxsize=KEPT)
def _picture(kind: str, ending: str, language: Code, drawn: str) -> bytes:
    """Draw; the same rows give the same picture, so the last ones are kept.

    Raises:
        NotHere: there is nothing to draw.
    """
    from cityflux.core.charts import render

    try:
        chart = CHARTS[kind].draw(json.loads(drawn), language)
    except NotEnoughData:
        raise NotHere(text(language, "web.nothing_to_draw")) from None
    return render.svg(chart).encode() if ending == "svg" else render.png(chart)


def _told(rows: Cells) -> Cells:
    """The rows with names that tell their things apart, those of groups without their remarks."""
    cities = told_apart({row["id"]: row["city"] for row in rows if "city" in row})
    groups = told_apart({row["node"]: short(row["group"]) for row in rows if "node" in row})
    told = []
    for row in rows:
        city = {"city": cities[row["id"]]} if "city" in row else {}
        told.append(row | city | ({"group": groups[row["node"]]} if "node" in row else {}))
    return told


def _short(cell: Any) -> Any:
    """A name as a picture has room for it; to fit a very long one takes seconds."""
    return f"{cell[:LONGEST]}…" if isinstance(cell, str) and len(cell) > LONGEST else cell


def _table(rows: Cells) -> bytes:
    """CSV with the mark by which a spreadsheet knows UTF-8; a missing number stays empty."""
    columns = dict.fromkeys(name for row in rows for name in row if name not in _DRAWN_ONLY)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(columns), extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")
