"""Facts about places from Wikidata: where they lie, how large they are, how many live there.

The query service allows 60 seconds for a query, and 60 seconds of work a minute for a client.
Queries are sent one after the other, each for a batch of items.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.errors import TooSlow
from cityflux.core.model.http import Http
from cityflux.scrapers.expect import field, number, rows
from cityflux.scrapers.foreign import reader

ADDRESS = "https://query.wikidata.org/sparql"

COORDINATES, AREA, POPULATION = "P625", "P2046", "P1082"
#: Items that stand for units; other units keep their item number.
UNITS = {"Q199": "1", "Q712226": "km²", "Q25343": "m²", "Q35852": "ha", "Q232291": "sq mi"}

_COLUMNS = {
    "item": pl.String,
    "label": pl.String,
    "property": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "period": pl.String,
    "rank": pl.String,
    "part": pl.String,
}
_POINT = re.compile(r"Point\((\S+) (\S+)\)", re.I)
#: wikibase:timePrecision 9, 10, 11: how much of a date is meant.
_PRECISIONS = {"9": 4, "10": 7, "11": 10}
_one_at_a_time = threading.Lock()

_QUERY = """\
SELECT ?item ?label ?property ?value ?unit ?rank ?time ?precision ?part WHERE {{
  VALUES ?item {{ {items} }}
  VALUES (?property ?claim ?simple ?full) {{ {properties} }}
  ?item ?claim ?statement .
  ?statement ?simple ?value ; wikibase:rank ?rank .
  FILTER(?rank != wikibase:DeprecatedRank)
  OPTIONAL {{ ?statement ?full ?quantity . ?quantity wikibase:quantityUnit ?unit . }}
  OPTIONAL {{
    ?statement pqv:P585 ?moment .
    ?moment wikibase:timeValue ?time ; wikibase:timePrecision ?precision .
  }}
  OPTIONAL {{ ?statement pq:P518 ?part . }}
  OPTIONAL {{ ?item rdfs:label ?label . FILTER(LANG(?label) = "{language}") }}
}}"""


def fetch(
    http: Http,
    items: Iterable[str],
    properties: Sequence[str] = (COORDINATES, AREA, POPULATION),
    *,
    language: str = "en",
    batch: int = 50,
    address: str = ADDRESS,
) -> Iterator[Document]:
    """Yield one answer for each batch of items.

    Args:
        http: the client.
        items: item numbers: ``Q8686``.
        properties: property numbers, of coordinates or quantities.
        language: of the labels: ``en``, ``zh``.
        batch: how many items go into a query; fewer, where queries take too long.
        address: the query service.

    Raises:
        ValueError: when something is no item, property or language.
        TooSlow: when the service gave up on a query, in the middle of its answer.
    """
    _check(r"[a-z]{2,3}(-[a-z]+)*", [language])
    _check(r"P[1-9]\d*", properties)
    remaining = iter(items)
    while some := list(islice(remaining, batch)):
        _check(r"Q[1-9]\d*", some)
        query = _QUERY.format(
            items=" ".join(f"wd:{item}" for item in some),
            properties=" ".join(f"(wd:{p} p:{p} ps:{p} psv:{p})" for p in properties),
            language=language,
        )
        with _one_at_a_time:
            document = http.post(
                address,
                data={"query": query, "format": "json"},
                headers={"Accept": "application/sparql-results+json"},
            )
        # The status was sent before the query was done, and a stack trace ends the answer.
        if b"TimeoutException" in document.body:
            raise TooSlow(
                f"{address}: the query service gave up after 60 seconds; ask for fewer than "
                f"{batch} items at once",
                address=address,
            )
        yield document


@reader("an answer of Wikidata")
def parse(document: Document) -> pl.DataFrame:
    """Read all statements of an answer.

    Returns:
        item, label, property, value and unit (of quantities), latitude and longitude (of
        coordinates on Earth, in degrees), period (the point in time, as precise as stated; null
        without one), rank (``preferred``, ``normal``), and part (the item of the part of the
        place that the statement is limited to; null for the whole place).

    Raises:
        Unexpected: when the answer is no SPARQL result, or a value is neither a quantity nor
            coordinates.
    """
    bindings = rows(document, document.json(), "results", "bindings")
    table = [_statement(document, binding) for binding in bindings if not _empty(binding)]
    return pl.DataFrame(table, schema=_COLUMNS, orient="row").unique(maintain_order=True)


def best(statements: pl.DataFrame) -> pl.DataFrame:
    """Choose one statement of each item and property: the best rank, then the latest date.

    Statements about a part of a place are left aside. Where the choice leaves several statements
    that disagree, none is taken: the row has no value, and its note tells them all.

    Returns:
        the columns of `parse` without rank and part, and note.
    """
    whole = statements.filter(pl.col("part").is_null())
    chosen = []
    for _, group in whole.group_by("item", "property", maintain_order=True):
        if "preferred" in group["rank"]:
            group = group.filter(rank="preferred")
        latest = group["period"].max()
        group = group.filter(pl.col("period").eq_missing(pl.lit(latest, pl.String)))
        facts = ["value", "unit", "latitude", "longitude"]
        agreed = group.unique(facts, maintain_order=True)
        note = ""
        if agreed.height > 1:
            told = "; ".join(_tell(row) for row in agreed.select(facts).iter_rows())
            note = f"{agreed.height} statements disagree: {told}"
            agreed = agreed.head(1).with_columns(pl.lit(None).alias(name) for name in facts)
        chosen.append(agreed.with_columns(pl.lit(note).alias("note")))
    empty = pl.DataFrame(schema={**_COLUMNS, "note": pl.String})
    return pl.concat([empty, *chosen], how="vertical_relaxed").drop("rank", "part")


def _statement(document: Document, binding: Any) -> tuple[Any, ...]:
    def said(name: str) -> str | None:
        return str(binding[name]["value"]) if name in binding else None

    item = _number_of(field(document, binding, "item", "value"))
    written = str(field(document, binding, "value", "value"))
    value = latitude = longitude = None
    if point := _POINT.fullmatch(written):
        longitude, latitude = (number(document, degrees) for degrees in point.groups())
    else:
        value = number(document, written)
    unit = _number_of(said("unit"))
    rank = str(field(document, binding, "rank", "value")).rpartition("#")[2]
    return (
        item,
        said("label"),
        _number_of(field(document, binding, "property", "value")),
        value,
        UNITS.get(unit, unit) if unit else None,
        latitude,
        longitude,
        _period(said("time"), said("precision")),
        rank.removesuffix("Rank").lower(),
        _number_of(said("part")),
    )


def _empty(binding: Any) -> bool:
    """Whether a statement says "some value", or lies on another globe, which it names first."""
    value = str(binding.get("value", {}).get("value", ""))
    some = binding.get("value", {}).get("type") == "bnode" or "/.well-known/genid/" in value
    return some or value.startswith("<")


def _period(time: str | None, precision: str | None) -> str | None:
    """A date as precise as it is meant; one that is vaguer than a year, or BCE, is none."""
    if time is None or precision not in _PRECISIONS or time.startswith("-"):
        return None
    return time[: _PRECISIONS[precision]]


def _number_of(address: str | None) -> str | None:
    return address.rpartition("/")[2] if address else None


def _tell(facts: tuple[Any, ...]) -> str:
    return " ".join(str(fact) for fact in facts if fact is not None)


def _check(form: str, words: Iterable[str]) -> None:
    for word in words:
        if not re.fullmatch(form, word):
            raise ValueError(f"{word!r} does not go into a query; it must look like {form}")
