"""Everything that cityflux can complain about.

::

    CityfluxError
    ├── ConfigError        config.toml or the command line asks for something that is not there
    ├── PluginError        a plugin breaks its contract
    ├── PeriodError        a period does not parse
    ├── UnitError          a unit is unknown, or two units do not measure the same thing
    ├── ReportError        a chart or a report cannot be made here
    ├── ImportRefused      rows of a file that cannot be taken in, each with its reason
    └── IndexDefinitionError   an index that cannot be computed as it is defined
        └── NotEnoughData  an index that has nothing, or too little, to compare

The two rooms below have families of their own, because they import nothing from here:
`storage.errors.StorageError` and `scrapers.errors.SourceError`. ``USER_ERRORS`` is all three:
what the command line answers with one line instead of a traceback.
"""

from __future__ import annotations

from scrapers.errors import SourceError
from storage.errors import StorageError


class CityfluxError(Exception):
    """Base of what core complains about. The message is one line: what, where, what to do."""


class ConfigError(CityfluxError):
    """The configuration asks for something that is not there."""


class PluginError(CityfluxError):
    """A plugin breaks its contract."""


class PeriodError(CityfluxError):
    """A period does not parse."""


class UnitError(CityfluxError):
    """A unit is unknown, or two units do not measure the same thing."""


class ReportError(CityfluxError):
    """A chart or a report cannot be made here: an extra, a font or a browser is missing."""


class ImportRefused(CityfluxError):
    """A file was not taken in; ``reasons`` has a line for every bad row."""

    def __init__(self, message: str, reasons: list[str]) -> None:
        super().__init__(message)
        self.reasons = reasons


class IndexDefinitionError(CityfluxError):
    """An index cannot be computed as it is defined."""


class NotEnoughData(IndexDefinitionError):
    """An index has nothing, or too little, to compare."""


USER_ERRORS: tuple[type[Exception], ...] = (CityfluxError, StorageError, SourceError)
