"""The bundled figures: the tables of ``figures/``, each a page with the sources that it cites.

A row holds one figure, or a series with a column for each year (``yearbook.csv``). Beside them
stand the breaks of their series, ``breaks.csv``, and where more is printed, ``publications.csv``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cityflux import Break, Page, Place, Publication, Source

if TYPE_CHECKING:
    import polars as pl

    from cityflux import Document, Http

FOLDER = Path(__file__).parent / "figures"
BREAKS = Path(__file__).parent / "breaks.csv"
PUBLICATIONS = Path(__file__).parent / "publications.csv"
_SCHEME = "bundled:"
_NOT_FIGURES = "sources.csv"


class Printed(NamedTuple):
    """A figure as it is printed, in the unit of its publication."""

    place: str
    city: str
    period: str
    value: float
    unit: str
    status: str
    note: str
    source: str = ""


def frame(figures: Iterable[Printed]) -> pl.DataFrame:
    """Figures as a page gives them."""
    import polars as pl

    schema = dict.fromkeys(Printed._fields, pl.String) | {"value": pl.Float64}
    return pl.DataFrame([*figures], schema=schema, orient="row")


def read(documents: Sequence[Document]) -> pl.DataFrame:
    """Read tables of figures; the place of each is its indicator."""
    return frame(
        Printed(
            row["indicator"],
            row["city"],
            period,
            float(value),
            row["unit"],
            row.get("status", "ok"),
            "; ".join(filter(None, (row["published_as"], row["note"]))),
            row["source"],
        )
        for document in documents
        for row in csv.DictReader(document.text.splitlines())
        for period, value in _cells(row)
    )


def _cells(row: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Period and value of the one figure of a row, or of those in its columns of years."""
    if "period" in row:
        return [(row["period"], row["value"])]
    return [(name, value) for name, value in row.items() if name.isdecimal() and value]


def fetch(http: Http, source: Source, since: str | None) -> list[Document]:
    """Open the table behind an address such as ``bundled:people.csv``.

    Raises:
        Unexpected: when there is no such table.
    """
    from cityflux import read_file

    path = FOLDER / source.address.removeprefix(_SCHEME)
    return [read_file(path, address=source.address)]


@lru_cache(maxsize=1)
def breaks() -> Mapping[str, tuple[Break, ...]]:
    """For each indicator where its series begin anew, by ``breaks.csv``."""
    found: dict[str, tuple[Break, ...]] = {}
    with BREAKS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            indicator_id = row.pop("indicator")
            found[indicator_id] = (*found.get(indicator_id, ()), Break(**row))
    return found


@lru_cache(maxsize=1)
def publications() -> Mapping[str, tuple[Publication, ...]]:
    """For each indicator where its figures are printed, by ``publications.csv``."""
    found: dict[str, tuple[Publication, ...]] = {}
    with PUBLICATIONS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            printed = Publication(
                row["publication"],
                row["table"],
                row["series"],
                int(row["lag"]),
                int(row["first"]) if row["first"] else None,
                int(row["last"]) if row["last"] else None,
                tuple(row["cities"].split()),
                row["address"],
                row["command"],
            )
            found[row["indicator"]] = (*found.get(row["indicator"], ()), printed)
    return found


@lru_cache(maxsize=1)
def places() -> Mapping[str, tuple[Place, ...]]:
    """For each indicator its places; each table is a page with all the sources that it cites."""
    with (FOLDER / _NOT_FIGURES).open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    found: dict[str, tuple[Place, ...]] = {}
    for path in sorted(FOLDER.glob("*.csv")):
        if path.name == _NOT_FIGURES:
            continue
        with path.open(encoding="utf-8", newline="") as file:
            cited: dict[str, set[str]] = {}
            head, *body = csv.reader(file)
            indicator, source = head.index("indicator"), head.index("source")
            for line in body:
                cited.setdefault(line[indicator], set()).add(line[source])
        names = sorted(set().union(*cited.values()))
        page = Page([_source(rows[name], f"{_SCHEME}{path.name}") for name in names], read, fetch)
        for indicator_id, sources in cited.items():
            place = page.at(indicator_id, sources)
            found[indicator_id] = (*found.get(indicator_id, ()), place)
    return found


def _source(row: Mapping[str, str], address: str) -> Source:
    reference = row["reference"]
    if row["address"] and row["address"] not in reference:
        reference = f"{reference} <{row['address']}>"
    return Source(
        id=row["id"],
        publisher=row["publisher"],
        address=address,
        scraper="file",
        licence=row["licence"],
        priority=int(row["priority"]),
        access="bundled",
        reference=reference,
        vintage=row["vintage"],
        kind=row["class"],
    )
