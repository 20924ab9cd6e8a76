"""The catalogue: cities, indicators and sources, and what they are called in a language."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Literal, NamedTuple

from cityflux.core.reading import answers

if TYPE_CHECKING:
    import polars as pl

Language = Literal["zh", "en"]

_CITIES = """
SELECT id, name_zh, name_en, country, region, admin_code, latitude, longitude FROM cities
"""

_INDICATORS = """
SELECT id, name_zh, name_en, unit, direction, frequency, definition, note FROM indicators
"""
# Every source; of an indicator, those that it can come from or has figures of.
_SOURCES = """
WITH last AS (
    SELECT y.source_id, max(y.fetch_id) AS fetch_id,
        max(CASE WHEN y.outcome <> 'failed' THEN f.ended END) AS last_good
    FROM fetch_yields y JOIN fetches f ON f.id = y.fetch_id {of_yields} GROUP BY y.source_id
)
SELECT s.id, s.publisher, s.address, s.licence, s.schedule, s.priority,
    s.scraper, s.access, s.reference, s.vintage, s.class,
    coalesce(o.figures, 0) AS figures, l.fetch_id, f.started AS last_fetch,
    {outcome}.outcome, {outcome}.error, l.last_good
FROM sources s
LEFT JOIN (
    SELECT source_id, count(*) AS figures FROM observations {of_figures} GROUP BY source_id
) o ON o.source_id = s.id
LEFT JOIN last l ON l.source_id = s.id
LEFT JOIN fetches f ON f.id = l.fetch_id
LEFT JOIN fetch_yields y ON y.indicator_id = :indicator AND y.source_id = s.id
    AND y.fetch_id = l.fetch_id
{only}
ORDER BY s.priority, s.id
"""
_OF_INDICATOR = """
WHERE s.id IN (SELECT source_id FROM indicator_sources WHERE indicator_id = :indicator
    UNION SELECT source_id FROM observations WHERE indicator_id = :indicator)
"""
_INDICES_WITH = """
SELECT n.index_id, i.name_zh, i.name_en FROM nodes n JOIN indices i ON i.id = n.index_id
WHERE n.indicator_id = ? ORDER BY n.index_id
"""
_SOURCE_TEXTS = """
SELECT id AS source, publisher, reference, vintage, licence, address, access FROM sources
"""

_KNOWN_CITIES = """
SELECT c.id, c.name_zh, c.name_en, c.admin_code, c.region, c.country, c.latitude, c.longitude,
    coalesce(o.indicators, 0) AS indicators, coalesce(o.figures, 0) AS figures
FROM cities c LEFT JOIN (
    SELECT city_id, count(DISTINCT indicator_id) AS indicators, count(*) AS figures
    FROM observations GROUP BY city_id
) o ON o.city_id = c.id
ORDER BY c.id
"""


class City(NamedTuple):
    """A city, and where it lies."""

    id: str
    name_zh: str
    name_en: str
    country: str
    region: str
    admin_code: str
    latitude: float | None
    longitude: float | None


class Indicator(NamedTuple):
    """An indicator as its plugin declared it last."""

    id: str
    name_zh: str
    name_en: str
    unit: str
    direction: int
    frequency: str
    definition: str
    note: str


def cities(connection: sqlite3.Connection) -> list[City]:
    """All cities."""
    return [City(*row) for row in answers.rows(connection, f"{_CITIES} ORDER BY id")]


def city_frame(connection: sqlite3.Connection) -> pl.DataFrame:
    """All cities: ``city``, and a column per other field of `City`."""
    return answers.frame(connection, f"{_CITIES} ORDER BY id").rename({"id": "city"})


def known_cities(connection: sqlite3.Connection) -> answers.Rows:
    """All cities, each with the number of its figures and of the indicators that they are of."""
    return answers.rows(connection, _KNOWN_CITIES)


def find_city(connection: sqlite3.Connection, name: str) -> City | None:
    """The city of this id; None where there is none."""
    row = answers.first(connection, f"{_CITIES} WHERE id = ?", (name,))
    return None if row is None else City(*row)


def find_indicator(connection: sqlite3.Connection, name: str) -> Indicator | None:
    """The indicator of this id; None where there is none."""
    row = answers.first(connection, f"{_INDICATORS} WHERE id = ?", (name,))
    return None if row is None else Indicator(*row)


def indices_with(connection: sqlite3.Connection, indicator: str) -> answers.Rows:
    """The indices that an indicator stands in."""
    return answers.rows(connection, _INDICES_WITH, (indicator,))


def find_source(connection: sqlite3.Connection, name: str) -> sqlite3.Row | None:
    """The source of this id; None where there is none."""
    return answers.first(
        connection,
        "SELECT id, publisher, address, licence, schedule, priority, scraper, access, reference, "
        "vintage FROM sources WHERE id = ?",
        (name,),
    )


def sources(connection: sqlite3.Connection, indicator: str | None = None) -> answers.Rows:
    """The sources, or those of an indicator, by priority: terms, figures, and the last fetch.

    Each row has the columns of the table, ``figures``, the last fetch (``fetch_id``,
    ``last_fetch``, ``outcome``, ``error``) and ``last_good``, when one succeeded last.
    """
    query = _SOURCES.format(
        of_yields="WHERE y.indicator_id = :indicator" if indicator else "",
        of_figures="WHERE indicator_id = :indicator" if indicator else "",
        outcome="y" if indicator else "f",
        only=_OF_INDICATOR if indicator else "",
    )
    return answers.rows(connection, query, {"indicator": indicator})


def source_frame(connection: sqlite3.Connection) -> pl.DataFrame:
    """What a list of references says of every source."""
    return answers.frame(connection, _SOURCE_TEXTS)


def named(zh: str, en: str, otherwise: str, language: Language | None = None) -> str:
    """A name in one language, or in both; what stands for it where there is none."""
    if language:
        return {"zh": zh, "en": en}[language] or otherwise
    return " ".join(dict.fromkeys(filter(None, (zh, en)))) or otherwise


def city_names(connection: sqlite3.Connection, language: Language | None = None) -> dict[str, str]:
    """The name of every city, by its id."""
    return {
        each.id: named(each.name_zh, each.name_en, each.id, language) for each in cities(connection)
    }
