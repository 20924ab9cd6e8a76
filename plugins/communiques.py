"""The statistical communiqués of cities: where they are found, and what they give.

One page serves every indicator that a rule of the scraper reads.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux import CityfluxError, Page, Source, hookimpl
from cityflux.plugins.bundle import Printed, frame

if TYPE_CHECKING:
    import polars as pl

    from cityflux import Document, Http
    from cityflux.scrapers.communique import Rules, Statement

#: Where the offices publish: one row for each list, one for each address of a year.
OFFICES = Path(__file__).with_suffix(".csv")
#: The environment variable that names a further such file, of your own.
OWN_FILE = "CITYFLUX_COMMUNIQUES"
_COLUMNS = ("city", "publisher", "year", "address", "title", "body")


@dataclass(frozen=True, slots=True)
class Office:
    """An office that publishes communiqués.

    Attributes:
        city: the id of the city.
        publisher: its name.
        site: for `scrapers.communique.Site`: ``listings``, and ``title``, ``body`` and ``known``
            where there are any.
    """

    city: str
    publisher: str
    site: Mapping[str, Any]


def offices(*files: Path) -> list[Office]:
    """The offices of some files; what a later file says of a city replaces what was said before.

    Args:
        files: CSV files with the columns city, publisher, year, address, title and body. A row
            without a year gives the first page of a city's list of communiqués, a pattern of the
            titles in it (``{year}`` stands for the year) and a CSS selector of the text; both may
            be empty. A row with a year gives the address of that year's communiqué.

    Raises:
        CityfluxError: a file cannot be read, lacks a column or an address, or names no list.
    """
    found: dict[str, Office] = {}
    for path in files:
        by_city: dict[str, list[dict[str, str]]] = {}
        for row in _rows(path):
            by_city.setdefault(row["city"], []).append(row)
        for city, rows in by_city.items():
            found[city] = _office(path, city, rows)
    return list(found.values())


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if lacking := set(_COLUMNS) - set(reader.fieldnames or ()):
                raise CityfluxError(f"{path}: no column {sorted(lacking)[0]}; see {_DOCS}")
            for row in reader:
                clean = {name: (row[name] or "").strip() for name in _COLUMNS}
                is_year = not clean["year"] or _FOUR_DIGITS.fullmatch(clean["year"])
                if not (clean["city"] and clean["address"] and is_year):
                    raise CityfluxError(
                        f"{path}, line {reader.line_num}: a city, an address, and a year of four "
                        f"digits or none are wanted; see {_DOCS}"
                    )
                yield clean
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CityfluxError(f"{path}: cannot be read ({error}); see {_DOCS}") from error


def _office(path: Path, city: str, rows: Sequence[Mapping[str, str]]) -> Office:
    lists: list[Mapping[str, str]] = []
    known: dict[int, str] = {}
    for row in rows:
        if row["year"]:
            known[int(row["year"])] = row["address"]
        else:
            lists.append(row)
    if not lists:
        raise CityfluxError(f"{path}: no row without a year for {city}; see {_DOCS}")
    site: dict[str, Any] = {"listings": tuple(map(itemgetter("address"), lists))}
    site |= {name: lists[0][name] for name in ("title", "body") if lists[0][name]}
    if known:
        site["known"] = known
    return Office(city, lists[0]["publisher"] or city, site)


def all_offices() -> list[Office]:
    """The offices of the file beside this module, and of your own file where that is whole."""
    with suppress(CityfluxError):  # `register_indicators` says so
        return offices(OFFICES, *_own())
    return offices(OFFICES)


def _own() -> list[Path]:
    """Your own file, if you name one."""
    named = os.environ.get(OWN_FILE)
    return [Path(named)] if named else []


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Say what is wrong with your own file; the indicators name the offices by themselves."""
    if own := _own():
        offices(*own)


_DOCS = "docs/sources/communique.md"
_FOUR_DIGITS = re.compile(r"[0-9]{4}")
_DAY = re.compile(r"(?<!\d)(20\d\d)[-/]?(0[1-9]|1[0-2])[-/]?(0[1-9]|[12]\d|3[01])(?!\d)")
_PUBLISHED = re.compile(
    r"""<meta[^>]+name=["']?(?:PubDate|publishdate|publish_time)["']?[^>]+content=["']?([^"'>]+)""",
    re.IGNORECASE,
)

#: So many years that a daemon was off are caught up.
_CAUGHT_UP = 5
_RULES = Path(__file__).with_name("communiques.toml")


def rules() -> Rules:
    """What a communiqué is asked for."""
    from cityflux.scrapers import communique

    return communique.load(_RULES)


def rule_units() -> Mapping[str, str]:
    """The unit of every figure that there is a rule for, by indicator."""
    return {name: rule.unit for rule in rules().rules for name in (rule.id, *rule.same_as)}


def page(source: Source) -> Page:
    """The communiqués of a city, with the indicators as places.

    Args:
        source: with the parameters ``city`` and ``site``.
    """
    return Page(source, partial(read, source), fetch)


def fetch(http: Http, source: Source, since: str | None) -> Iterator[Document]:
    """Bring home last year's communiqué, and after it the earlier ones that are not known.

    Those are the years since the last one that this source gave, at most `_CAUGHT_UP`, and those
    whose address is known.

    Args:
        http: the client.
        source: as in `page`.
        since: the last year that is known from this source.
    """
    from cityflux.scrapers import communique

    site = communique.Site(**source.params["site"])
    last = date.today().year - 1
    missed = range(max(int(since[:4]) + 1, last - _CAUGHT_UP), last) if since else ()
    earlier = {year for year in (*site.known, *missed) if year < last and (since or "") < str(year)}
    for year in (last, *sorted(earlier, reverse=True)):
        yield from communique.fetch(http, site, year)


def read(source: Source, documents: Sequence[Document]) -> pl.DataFrame:
    """All figures, each with the sentence that states it.

    Args:
        source: as in `page`.
        documents: communiqués, several of the same period where they are parts of one.
    """
    by_year: dict[str, list[Document]] = {}
    for document in documents:
        by_year.setdefault(document.period, []).append(document)
    return frame(
        figure for year, parts in by_year.items() for figure in _figures(source, year, parts)
    )


def _figures(source: Source, year: str, parts: Sequence[Document]) -> Iterator[Printed]:
    from cityflux.scrapers import communique

    units = rule_units()
    body = source.params["site"].get("body", "")
    stated = communique.figures(*parts, rules=rules(), body=body)
    for found in {each.rule_id: each for each in stated}.values():
        if found.converted is None or found.rule_id not in units:
            continue  # in a unit that only an exchange rate leads out of, or a rate of growth
        yield Printed(
            found.rule_id,
            source.params["city"],
            year if found.year else found.period or year,
            found.converted,
            units[found.rule_id],
            found.status,
            _note(found, parts[0]),
        )


def published(document: Document) -> str:
    """The day on which a page was published, as it says itself or its address does; or ``""``."""
    said = _PUBLISHED.search(document.text[:20_000])
    day = _DAY.search(said.group(1) if said else "") or _DAY.search(document.address)
    return "-".join(day.groups()) if day else ""


def _note(found: Statement, whole: Document) -> str:
    """The sentence, behind the sign of a bound, with the clauses that govern it."""
    sign = f"{found.bound} {found.value:g} {found.unit}: " if found.bound else ""
    under = f" (under: {found.governing})" if found.governing else ""
    day = published(whole)
    return f"{sign}{found.sentence}{under}" + (f" (published {day})" if day else "")
