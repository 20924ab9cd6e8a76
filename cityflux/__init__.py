"""cityflux: live, traceable and defensible indices of the flow economy of cities.

What a plugin author needs is here::

    from cityflux import Document, Indicator, Source, hookimpl

and what a notebook needs::

    import cityflux
    data = cityflux.open("cityflux.db")

Nothing is imported before it is asked for (PEP 562): the stock ``sqlite-utils`` comes through this
file on its way to `cityflux.storage.sql_functions`, and it must not notice the rest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cityflux.core.engine.flows.series import flow_measure
    from cityflux.core.model.document import Document, read_file
    from cityflux.core.model.errors import CityfluxError, Unexpected
    from cityflux.core.model.http import Http
    from cityflux.core.model.nouns import (
        COMPUTED,
        Break,
        City,
        Flow,
        Indicator,
        Publication,
        Source,
    )
    from cityflux.core.model.period import Period
    from cityflux.core.model.units import convert
    from cityflux.core.model.version import __version__
    from cityflux.core.plugin.hookspecs import hookimpl
    from cityflux.core.plugin.page import OnPages, Page, Place
    from cityflux.core.report.notebook import Database
    from cityflux.core.report.notebook import open_database as open  # noqa: A004 - cityflux.open
    from cityflux.scrapers.page import number as web_number
    from cityflux.scrapers.page import table as web_table

__all__ = [
    "COMPUTED",
    "Break",
    "City",
    "CityfluxError",
    "Database",
    "Document",
    "Flow",
    "Http",
    "Indicator",
    "OnPages",
    "Page",
    "Period",
    "Place",
    "Publication",
    "Source",
    "Unexpected",
    "__version__",
    "convert",
    "flow_measure",
    "hookimpl",
    "open",
    "read_file",
    "web_number",
    "web_table",
]

#: Where each name is, and under which name there if under another.
_PLACES = {
    "COMPUTED": "core.model.nouns",
    "Break": "core.model.nouns",
    "City": "core.model.nouns",
    "CityfluxError": "core.model.errors",
    "Database": "core.report.notebook",
    "Document": "core.model.document",
    "Flow": "core.model.nouns",
    "Http": "core.model.http",
    "Indicator": "core.model.nouns",
    "OnPages": "core.plugin.page",
    "Page": "core.plugin.page",
    "Period": "core.model.period",
    "Place": "core.plugin.page",
    "Publication": "core.model.nouns",
    "Source": "core.model.nouns",
    "Unexpected": "core.model.errors",
    "__version__": "core.model.version",
    "convert": "core.model.units",
    "flow_measure": "core.engine.flows.series",
    "hookimpl": "core.plugin.hookspecs",
    "open": "core.report.notebook:open_database",
    "read_file": "core.model.document",
    "web_number": "scrapers.page:number",
    "web_table": "scrapers.page:table",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for."""
    if name not in _PLACES:
        raise AttributeError(f"module 'cityflux' has no attribute {name!r}")
    module, _, there = _PLACES[name].partition(":")
    value = globals()[name] = getattr(import_module(f"cityflux.{module}"), there or name)
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
