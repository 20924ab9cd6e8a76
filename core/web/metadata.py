"""What the tables and columns mean, for Datasette's pages: descriptions and units.

The catalogue describes a column once, in the section ``columns``, and again in that of its table
where it means something else there.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from cityflux.core.words.catalogue import section

#: Columns that have one unit throughout, as the library pint names it.
UNITS: Mapping[str, Mapping[str, str]] = {
    "cities": {"latitude": "degree", "longitude": "degree"},
    "daemon": {"recompute_seconds": "second"},
    "snapshots": {"size": "byte"},
}

#: The tables of the search index and of the migrations, which nobody looks at.
_HIDDEN = (
    *(f"indicators_fts{ending}" for ending in ("", "_config", "_data", "_docsize", "_idx")),
    "_sqlite_migrations",
)


def both(name: str) -> dict[str, str]:
    """The texts of a section of the catalogue in both languages, as these pages have but one."""
    chinese = section("zh", name)
    return {key: f"{english} {chinese[key]}" for key, english in section("en", name).items()}


@cache
def describe(database: str) -> dict[str, Any]:
    """The metadata of a database of cityflux, as Datasette takes it."""
    tables: dict[str, Any] = {
        name: {
            "description": description,
            "columns": {**both("columns"), **both(f"columns_of.{name}")},
            "units": dict(UNITS.get(name, {})),
        }
        for name, description in both("tables").items()
    }
    tables |= {name: {"hidden": True} for name in _HIDDEN}
    for name in ("cities", "indicators", "indices"):
        tables[name]["label_column"] = "name_zh"
    return {
        "title": "cityflux",
        "databases": {
            database: {
                "description": both("about")["database"],
                "tables": tables,
            }
        },
    }
