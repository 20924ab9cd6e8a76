"""A plugin of many indicators, each a JSON series on a server; `benchmarks.refresh` loads it.

``CITYFLUX_BENCH_SERVERS`` lists the servers, separated by spaces, and ``CITYFLUX_BENCH_SERIES``
says how many series there are; they are dealt to the servers in turn.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from cityflux import City, Document, Indicator, Source, hookimpl

if TYPE_CHECKING:
    from cityflux.scrapers.http.client import Client

SERVERS = os.environ["CITYFLUX_BENCH_SERVERS"].split()
SERIES = int(os.environ["CITYFLUX_BENCH_SERIES"])


class Series:
    """One indicator: one series of one city."""

    def __init__(self, number: int) -> None:
        self._name = f"bench.series_{number:04d}"
        self._address = f"{SERVERS[number % len(SERVERS)]}/series/{number}"

    @hookimpl
    def indicator(self) -> Indicator:
        """The indicator."""
        return Indicator(self._name, self._name, self._name, unit="index")

    @hookimpl
    def source(self) -> Source:
        """Where it is read."""
        return Source(
            id=self._name,
            publisher="benchmark",
            address=self._address,
            licence="made up",
            reference="made up",
        )

    @hookimpl
    def fetch(self, http: Client, source: Source) -> list[Document]:
        """Ask the server."""
        return [http.get(source.address)]

    @hookimpl
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        """Read the rows."""
        rows = json.loads(documents[0].body)["rows"]
        return pl.DataFrame(
            {
                "city": [f"c{row['city']}" for row in rows],
                "period": [row["period"] for row in rows],
                "value": [row["value"] for row in rows],
            }
        )


@hookimpl
def register_cities(register: Callable[[City], None]) -> None:
    """The cities that the series server makes up: fifty series each."""
    for number in range(SERIES // 50 + 1):
        id = f"c{110000 + number}"  # noqa: A001
        register(City(id, id, id, country="CN"))


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """One indicator for each series."""
    for number in range(SERIES):
        register(Series(number))
