"""Everything that cityflux can complain about.

::

    CityfluxError
    ├── ConfigError        config.toml or the command line asks for something that is not there
    ├── PluginError        a plugin breaks its contract
    ├── PeriodError        a period does not parse
    ├── UnitError          a unit is unknown, or two units do not measure the same thing
    ├── ReportError        a chart or a report cannot be made here
    ├── ImportRefused      rows of a file that cannot be taken in, each with its reason
    │   └── NothingKnown   not one of its figures is of a known city and series
    ├── IndexDefinitionError   an index that cannot be computed as it is defined
    │   ├── UnfitFigure    a figure or score that a formula cannot take: node, city and period
    │   ├── NotEnoughData  an index that has nothing, or too little, to compare
    │   └── UnknownName    an index, or what it names, is not there
    ├── StorageError       the database cannot be opened, read or written
    │   ├── NotADatabase   the file is something else than a cityflux database
    │   ├── NewerDatabase  a later version of cityflux made this database
    │   ├── ReadOnly       the file or its folder cannot be written
    │   └── GivenUp        what was under way is not wanted any more
    └── SourceError        something between us and a source went wrong
        ├── Unreachable    no connection, a broken stream, or we are offline
        │   └── HostDown   nobody there: refused, DNS, TLS; not asked again in the same refresh
        ├── TooSlow        a time limit passed: connect or read
        │   └── DeadlinePassed   the deadline of the whole answer; not tried again at once
        ├── TooLarge       more bytes than allowed, on the wire or after decompression
        ├── Refused        the source says no: 401, 403, 429, robots.txt, a login, open circuit
        ├── Missing        404 or 410: the address is gone
        ├── Failed         the source is broken: 5xx
        ├── Forbidden      we do not go there: scheme, private address, too many redirects
        ├── Unexpected     an answer came, but not the one that the scraper knows how to read
        │   └── BadCells   cells of a table that cannot be read, each with its reason
        └── Stopped        we are shutting down and take no more work

Every message is one line: what happened, where, and what to do. The command line answers with
it instead of a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable


class CityfluxError(Exception):
    """Base of all. The message is one line: what, where, what to do."""


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


class NothingKnown(ImportRefused):
    """A file has figures, but not one is of a known city and series."""


class IndexDefinitionError(CityfluxError):
    """An index cannot be computed as it is defined."""


class UnfitFigure(IndexDefinitionError):
    """A figure or score that a formula cannot take.

    Attributes:
        node: the indicator or node that has it.
        value: the figure.
        reason: why it cannot be taken, and what to do.
        row: where it stands in the table that the formula was given.
        city: whose it is; empty where the formula did not know.
        period: of the figure; as the city.
    """

    def __init__(
        self,
        node: str,
        value: float,
        reason: str,
        *,
        row: int,
        city: str = "",
        period: str = "",
        place: str = "",
    ) -> None:
        where = f"for {city} in {period}" if city else f"in row {row}"
        super().__init__(f"{place}{node!r} is {value} {where}: {reason}")
        self.node, self.value, self.reason = node, value, reason
        self.row, self.city, self.period = row, city, period

    def known(self, city: str, period: str) -> UnfitFigure:
        """The same complaint, with the city and the period of its row."""
        return UnfitFigure(
            self.node, self.value, self.reason, row=self.row, city=city, period=period
        )

    def placed(self, place: str) -> UnfitFigure:
        """The same complaint, with the place of the definition that led to it before it."""
        return UnfitFigure(
            self.node,
            self.value,
            self.reason,
            row=self.row,
            city=self.city,
            period=self.period,
            place=f"{place}: ",
        )


class NotEnoughData(IndexDefinitionError):
    """An index has nothing, or too little, to compare."""


class UnknownName(IndexDefinitionError):
    """An index is not there, or a city, an indicator or a method that it names."""


class StorageError(CityfluxError):
    """The database cannot be opened, read or written."""


class NotADatabase(StorageError):
    """The file is something else than a cityflux database."""


class NewerDatabase(StorageError):
    """A later version of cityflux made this database."""


class ReadOnly(StorageError):
    """The file or its folder cannot be written."""


class GivenUp(StorageError):
    """What was under way is not wanted any more."""


class SourceError(CityfluxError):
    """Something between us and a source went wrong.

    Attributes:
        address: what was asked for.
        status: the HTTP status, if there was an answer.
        retry_after: the seconds after which the source wants to be asked again, if it said so.
        kept: the snapshot (sha256) in which the answer is kept, if it is.
    """

    def __init__(
        self,
        message: str,
        *,
        address: str = "",
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.address = address
        self.status = status
        self.retry_after = retry_after
        self.kept: str | None = None


class Unreachable(SourceError):
    """No connection could be made, or it broke: refused, DNS, TLS, a truncated body."""


class HostDown(Unreachable):
    """Nobody there: no such name, connection refused, or no TLS. Asking again is no use now."""


class TooSlow(SourceError):
    """A time limit passed: connect, read, or the deadline of the whole answer."""


class DeadlinePassed(TooSlow):
    """The whole answer took too long; a second try would take as long again."""


class TooLarge(SourceError):
    """The answer holds more bytes than allowed, on the wire or after decompression."""


class Refused(SourceError):
    """The source says no: 401, 403, 429, robots.txt, a login page; or its circuit is open."""


class Missing(SourceError):
    """404 or 410: nothing is at the address any more."""


class Failed(SourceError):
    """The source itself is broken: a 5xx that stayed after the retries."""


class Forbidden(SourceError):
    """Where the client does not go: other schemes, private addresses, endless redirects."""


class Unexpected(SourceError):
    """An answer came, but not one that the scraper can read: says expected, got, and where."""


class BadCells(Unexpected):
    """Cells that cannot be read; ``reasons`` has a line for each, and nothing was taken."""

    def __init__(self, name: str, reasons: Iterable[str], *, address: str = "") -> None:
        self.reasons = list(reasons)
        count = len(self.reasons)
        super().__init__(
            f"{name}: {count} cell{'s' * (count > 1)} cannot be read, nothing was taken: "
            + "; ".join(self.reasons[:3])
            + (f"; and {count - 3} more" if count > 3 else ""),
            address=address,
        )


class Stopped(SourceError):
    """The client was told to stop: the work is given up, and nothing is wrong with the source."""
