"""The bundled figures of November 2026 as a database: see ``bundled/README.md``."""

from __future__ import annotations

import csv
import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cityflux.core.engine.definition.index import Definition, parse_definition
from cityflux.core.model.figure import Figure
from cityflux.storage import catalog
from cityflux.storage.database import open_database, write
from cityflux.storage.observations import store_figures

BUNDLED = Path(__file__).with_name("bundled")
CITIES = ("shanghai", "hangzhou", "beijing", "shenzhen", "guangzhou")
_NAMES = {"shanghai": "上海", "hangzhou": "杭州", "beijing": "北京", "shenzhen": "深圳"}


def bundled(name: str, **comparability: Any) -> Definition:
    """An index of that time, perhaps with other thresholds."""
    values = tomllib.loads((BUNDLED / f"{name}.toml").read_text(encoding="utf-8"))
    return parse_definition({**values, "comparability": comparability}, name)


@contextmanager
def bundled_figures(path: Path) -> Iterator[sqlite3.Connection]:
    """A database with the figures of that time."""
    with (BUNDLED / "figures.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = {leaf for index in ("flow_index", "paper_published") for leaf in bundled(index).figures}
    with open_database(path) as connection:
        with write(connection):
            catalog.save_cities(
                connection,
                [{"id": c, "name_zh": _NAMES.get(c, "广州"), "name_en": c.title()} for c in CITIES],
            )
            catalog.save_sources(connection, [{"id": "bundled", "publisher": "see sources.csv"}])
            catalog.save_indicators(
                connection,
                [
                    {"id": name, "name_zh": name, "name_en": name, "unit": "-"}
                    for name in sorted(names)
                ],
            )
            for name in sorted(names):
                figures = [
                    Figure(row["city"], row["period"], float(row["value"]), row["status"])
                    for row in rows
                    if row["indicator"] == name
                ]
                store_figures(connection, name, "bundled", figures)
        yield connection
