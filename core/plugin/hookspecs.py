"""The hooks of cityflux.

An indicator is a plugin with four functions: `indicator`, `source`, `fetch` and `normalize`
(a derived one has `derive` in place of the last two). They are dispatched to the one plugin that
is due, never broadcast; a plugin that implements ``fetch`` or ``normalize`` with
``@hookimpl(wrapper=True)`` stands around every one of them.

All other hooks are broadcast to whoever implements them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

from cityflux.core.model.nouns import City, Indicator, Source

if TYPE_CHECKING:
    import sqlite3

    import click
    import polars as pl

    from cityflux.core.model.document import Document
    from cityflux.core.model.http import Http

#: Raised by one whenever a hook is removed or loses an argument.
SPEC_VERSION = 1

hookspec = pluggy.HookspecMarker("cityflux")
hookimpl = pluggy.HookimplMarker("cityflux")


class IndicatorSpec(Protocol):
    """What one indicator says and does."""

    @hookspec(firstresult=True)
    def indicator(self) -> Indicator:
        """Declare the indicator: id, names, unit, direction, frequency, definition."""

    @hookspec(firstresult=True)
    def source(self) -> Source | Sequence[Source]:
        """Declare where the figures come from; several sources in a list."""

    @hookspec(firstresult=True)
    def fetch(self, http: Http, source: Source, since: str | None) -> Iterable[Document]:
        """Bring home the raw documents of one source: network and nothing else.

        ``since`` is the latest period that is stored from this source, or None. A list is taken
        whole or not at all; a generator says that each document stands by itself, so that a long
        backfill keeps what it has when it is stopped.
        """

    @hookspec(firstresult=True)
    def normalize(self, documents: Sequence[Document]) -> pl.DataFrame:
        """Turn documents into figures: a frame with city, period and value in the declared unit.

        Pure: no network, no clock. May add the columns ``status`` and ``note``; a missing figure
        is a missing row. The status is ``ok``, ``provisional``, or ``bound`` where the source
        only says that a number is passed or nearly reached: that is kept, and never computed with.
        """

    @hookspec(firstresult=True)
    def derive(
        self, figures: pl.DataFrame, flows: pl.DataFrame, places: pl.DataFrame
    ) -> pl.DataFrame:
        """Compute the indicator from others: a frame with city, period and value.

        ``figures`` has the columns indicator, city, period and value, and holds the current
        figures of the declared ``inputs``. May add the column ``inputs``: for each row the list
        of the ``{indicator, city, period}`` that it rests on. An input may be a kind of flow: then
        ``flows`` holds its current flows (kind, origin, destination, period, value, unit), and
        ``places`` where cities lie (id, country, region, latitude, longitude); what is computed
        from them rests on all flows of the kind and period. A hook names only what it needs.
        """


class ExtensionSpec:
    """Everything that is not an indicator."""

    @hookspec
    def register_indicators(self, register: Callable[[object], None]) -> None:
        """Hand over plugins of one indicator each: a family made by a class, for instance."""

    @hookspec
    def register_cities(self, register: Callable[[City], None]) -> None:
        """Hand over cities that figures may be about."""

    @hookspec
    def register_indices(self, register: Callable[[str], None]) -> None:
        """Hand over paths of index definitions (TOML)."""

    @hookspec
    def register_methods(self, register: Callable[[str, str, Callable[..., Any]], None]) -> None:
        """Hand over methods: kind, name, function.

        The kinds are imputation, transformation, standardization, weighting,
        aggregation and outlier_test.
        """

    @hookspec
    def register_formats(self, register: Callable[[str, Callable[..., Any]], None]) -> None:
        """Hand over formats of `cityflux import`: name, function(document, series, unit).

        The function returns a frame with city (id or name), period, value, unit and note; rows
        about other places than known cities are left out, missing values have no figure.
        """

    @hookspec
    def register_commands(self, cli: click.Group) -> None:
        """Add commands to the command line."""

    @hookspec
    def prepare_connection(self, connection: sqlite3.Connection) -> None:
        """Add SQL functions to a connection that cityflux opens."""

    @hookspec
    def observations_changed(self, changes: Sequence[dict[str, Any]]) -> None:
        """Hear of the changes that a refresh, an import or a compute has seen."""

    @hookspec
    def index_computed(self, index_id: str, run_id: int, changed: int) -> None:
        """Hear that an index was computed, and how many of its scores changed."""

    @hookspec
    def refresh_failed(self, indicator_id: str, source_id: str, error: str) -> None:
        """Hear that a source could not be refreshed, and why."""
