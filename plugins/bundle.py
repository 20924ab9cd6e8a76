"""The bundled figures: the tables of ``figures/`` and the sources that they name."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from cityflux import Document, Source
from cityflux.core.model.document import read_file

FOLDER = Path(__file__).parent / "figures"
_SCHEME = "bundled:"
_NOT_FIGURES = "sources.csv"


class Printed(NamedTuple):
    """A figure as it is printed, in the unit of its publication."""

    city: str
    period: str
    value: float
    unit: str
    status: str
    note: str


@lru_cache(maxsize=64)
def parse(table: str) -> Mapping[tuple[str, str], tuple[Printed, ...]]:
    """Read the text of a table of figures.

    The cache compares texts, so an edited file is read anew and an equal one is not.

    Returns:
        The figures of each pair of indicator and source.
    """
    found: dict[tuple[str, str], list[Printed]] = {}
    for row in csv.DictReader(table.splitlines()):
        note = "; ".join(filter(None, (row["published_as"], row["note"])))
        found.setdefault((row["indicator"], row["source"]), []).append(
            Printed(
                row["city"], row["period"], float(row["value"]), row["unit"], row["status"], note
            )
        )
    return {key: tuple(figures) for key, figures in found.items()}


def open_table(address: str) -> Document:
    """Read the table behind an address such as ``bundled:people.csv``.

    Raises:
        Unexpected: when there is no such table.
    """
    return read_file(FOLDER / address.removeprefix(_SCHEME), address=address)


def sources_of(indicator_id: str) -> tuple[Source, ...]:
    """The bundled sources that hold figures of an indicator, the preferred one first."""
    return _sources_by_indicator().get(indicator_id, ())


@lru_cache(maxsize=1)
def _sources_by_indicator() -> Mapping[str, tuple[Source, ...]]:
    with (FOLDER / _NOT_FIGURES).open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    found: dict[str, list[Source]] = {}
    for path in sorted(FOLDER.glob("*.csv")):
        if path.name == _NOT_FIGURES:
            continue
        address = f"{_SCHEME}{path.name}"
        for indicator_id, source_id in parse(open_table(address).text):
            source = _source(rows[source_id], address)
            found.setdefault(indicator_id, []).append(source)
    return {
        indicator_id: tuple(sorted(sources, key=lambda source: (source.priority, source.id)))
        for indicator_id, sources in found.items()
    }


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
    )
