"""cityflux: live, traceable and defensible indices of the flow economy of cities.

What a plugin author needs is here::

    from cityflux import Document, Indicator, Source, hookimpl
"""

from __future__ import annotations

from core.errors import CityfluxError
from core.hookspecs import hookimpl
from core.model import COMPUTED, City, Flow, Indicator, Source
from core.period import Period
from core.units import convert
from core.version import __version__
from scrapers.document import Document

__all__ = [
    "COMPUTED",
    "City",
    "CityfluxError",
    "Document",
    "Flow",
    "Indicator",
    "Period",
    "Source",
    "__version__",
    "convert",
    "hookimpl",
]
