"""Databases that the pages are tried with, made through the storage and the engine."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from cityflux.core.engine.compute import compute
from cityflux.core.engine.definition.index import parse_definition
from cityflux.core.engine.steps.methods import Methods
from cityflux.core.model.figure import Figure, FlowFigure
from cityflux.storage import catalog
from cityflux.storage.alarms import raise_alarm
from cityflux.storage.database import now, open_database, write
from cityflux.storage.fetches import Answer, begin_fetch, end_fetch
from cityflux.storage.flows import store_flows
from cityflux.storage.observations import store_figures

SCRIPT = "<script>alert('x')</script>"
#: What a name, a unit or a note may hold: markup, quotes, right-to-left text, no end.
HOSTILE = (
    f"""{SCRIPT}"onload='x' &amp; {{{{ 7*7 }}}}""",
    "مدينة \u202eاختبار\u202c",
    "长" * 400,
    "A\"B'C" + "word" * 150,
)
SNAPSHOT = f"<html>{SCRIPT}<b>城市</b></html>".encode("gb18030")
SHA256 = hashlib.sha256(SNAPSHOT).hexdigest()
WORKBOOK = b"PK\x03\x04\x00\xff\xfe"
INDICATORS = ('boats/"a" <b>?&=#', "trains")


def small(path: Path, cities: Sequence[str], years: Sequence[str], known: float = 1.0) -> None:
    """An index of two indicators; of the figures only a share is known."""
    with open_database(path) as connection:
        with write(connection):
            names = [{"id": city, "name_zh": city, "name_en": city.title()} for city in cities]
            catalog.save_cities(connection, names)
            catalog.save_sources(connection, [{"id": "office", "publisher": "Office"}])
            for indicator in ("boats", "trains"):
                _save_indicator(connection, indicator, indicator.title())
                cells = [(city, year) for city in cities for year in years]
                figures = [Figure(*cell, float(n)) for n, cell in enumerate(cells)]
                kept = figures[: int(known * len(figures))]
                store_figures(connection, indicator, "office", kept)
        _compute(connection, "small", ("boats", "trains"), cities, years)


def one_city(path: Path) -> None:
    """An index that knows the scores of one city alone."""
    small(path, ["c0", "c1"], ["2019", "2020"])
    with open_database(path) as connection, write(connection):
        connection.execute("DELETE FROM scores WHERE city_id = 'c1'")


def divided(path: Path) -> None:
    """An index of a quarter, of which boats are known by month and trains, the divisor, as such."""
    cities = ["c0", "c1"]
    with open_database(path) as connection:
        with write(connection):
            names = [{"id": city, "name_zh": city, "name_en": city.title()} for city in cities]
            catalog.save_cities(connection, names)
            catalog.save_sources(connection, [{"id": "office", "publisher": "Office"}])
            for indicator, periods in {
                "boats": ("2020", "2020-07", "2020-09"),
                "trains": ("2020-Q3", "2020-07"),
            }.items():
                _save_indicator(connection, indicator, indicator.title())
                figures = [
                    Figure(city, period, 1.0 + place)
                    for place, city in enumerate(cities)
                    for period in periods
                ]
                store_figures(connection, indicator, "office", figures)
        definition = {
            **{"id": "divided", "name_zh": "divided", "name_en": "divided", "cities": cities},
            **{"periods": {"of": ["2020-Q3"]}, "standardization": {"method": "none"}},
            "indicators": [{"id": "boats", "denominator": {"by": "trains"}}],
        }
        compute(connection, parse_definition(definition, "tests"), Methods(), "0")


def hostile(path: Path) -> None:
    """Every text that others write is hostile, and every section of the pages has something."""
    cities, years = ["c0", "c1", "c2", "c3"], ["2019", "2020", "2021"]
    with open_database(path) as connection:
        with write(connection):
            _save_hostile_names(connection, cities)
            fetch, answers = _save_fetches(connection)
            for place, indicator in enumerate(INDICATORS):
                _save_indicator(connection, indicator, HOSTILE[place], HOSTILE[0])
                figures = [
                    Figure(city, year, 10.0 * n + int(year) % 100, "provisional", HOSTILE[0])
                    for n, city in enumerate(cities)
                    for year in years
                ]
                store_figures(connection, indicator, "s'0\"<>/", figures, fetch)
            _save_disagreement(connection, fetch)
            end_fetch(connection, fetch, "stored", answers, figures=12, changed=12)
            raise_alarm(connection, "backup", HOSTILE[0])
            store_flows(
                connection,
                SCRIPT,
                "s1",
                HOSTILE[2],
                [FlowFigure("c0", "c1", "2020", 7.5), FlowFigure("c1", "c0", "2020", 2.5)],
            )
        _compute(connection, "strange", INDICATORS, cities, years, HOSTILE[0])


def _save_hostile_names(connection: sqlite3.Connection, cities: Sequence[str]) -> None:
    catalog.save_cities(
        connection,
        [
            {
                "id": city,
                "name_zh": HOSTILE[n],
                "name_en": HOSTILE[n],
                "region": HOSTILE[0],
                "country": HOSTILE[0],
                "latitude": 30.0 + n,
                "longitude": 120.0 + n,
            }
            for n, city in enumerate(cities)
        ],
    )
    source = {
        "publisher": HOSTILE[0],
        "reference": HOSTILE[3],
        "licence": HOSTILE[1],
        "address": f"javascript:alert(1)//{SCRIPT}",
        "vintage": HOSTILE[0],
    }
    sources = [{"id": "s'0\"<>/", **source, "priority": 1}, {"id": "s1", **source, "priority": 2}]
    catalog.save_sources(connection, sources)


def _save_indicator(
    connection: sqlite3.Connection, indicator: str, name: str, rest: str = "個"
) -> None:
    row = {"id": indicator, "name_zh": name, "name_en": name, "unit": rest, "definition": rest}
    catalog.save_indicators(connection, [row])


def _save_fetches(connection: sqlite3.Connection) -> tuple[int, list[Answer]]:
    """A fetch under way of a page and a workbook, and one that failed; gives the first."""
    page = Answer(
        f"https://example.org/{SCRIPT}", SHA256, lambda: SNAPSHOT, 200, "text/html", "gb18030"
    )
    book = Answer("javascript:alert(1)", hashlib.sha256(WORKBOOK).hexdigest(), lambda: WORKBOOK)
    indicator, source = INDICATORS[0], "s'0\"<>/"
    _save_indicator(connection, indicator, HOSTILE[0])
    fetch = begin_fetch(connection, indicator, source, page.address, now())
    failed = begin_fetch(connection, indicator, "s1", HOSTILE[0], now())
    end_fetch(connection, failed, "failed", error=HOSTILE[0])
    return fetch, [page, book]


def _save_disagreement(connection: sqlite3.Connection, fetch: int) -> None:
    """Another source, a suspect figure, and a revision."""
    others = [
        Figure("c0", "2020", 25.0, "ok", HOSTILE[1]),
        Figure("c1", "2020", 9e9, "suspect", HOSTILE[0]),
    ]
    store_figures(connection, INDICATORS[0], "s1", others)
    revised = [Figure("c0", "2021", 22.0, "ok", HOSTILE[0])]
    store_figures(connection, INDICATORS[0], "s'0\"<>/", revised, fetch)


def _compute(
    connection: sqlite3.Connection,
    index: str,
    indicators: Sequence[str],
    cities: Sequence[str],
    years: Sequence[str],
    name: str = "",
) -> None:
    definition = parse_definition(
        {
            "id": index,
            "name_zh": name or index,
            "name_en": name or index,
            "description": name,
            "cities": list(cities),
            "nodes": [
                {
                    "id": "group",
                    "name_zh": name or "组",
                    "name_en": name or "Group",
                    "indicators": list(indicators),
                }
            ],
            "periods": {"of": list(years)},
            "standardization": {"method": "minmax"},
            "aggregation": {"method": "mean"},
        },
        "tests",
    )
    compute(connection, definition, Methods(), "0")
