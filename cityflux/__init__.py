"""cityflux: live, traceable and defensible indices of the flow economy of cities.

What a plugin author needs is here::

    from cityflux import Document, Indicator, Source, hookimpl

and what a notebook needs::

    import cityflux
    data = cityflux.open("cityflux.db")
"""

from __future__ import annotations

from core.errors import CityfluxError
from core.hookspecs import hookimpl
from core.model import COMPUTED, City, Flow, Indicator, Source
from core.period import Period
from core.report.notebook import Database
from core.report.notebook import open_database as open  # noqa: A004 - read as cityflux.open
from core.units import convert
from core.version import __version__
from scrapers.document import Document

__all__ = [
    "COMPUTED",
    "City",
    "CityfluxError",
    "Database",
    "Document",
    "Flow",
    "Indicator",
    "Period",
    "Source",
    "__version__",
    "convert",
    "hookimpl",
    "open",
]
