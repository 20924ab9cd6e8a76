"""A database in a folder, filled as a refresh fills it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from cityflux.core.model.errors import PluginError
from cityflux.core.model.sections import Quality
from cityflux.core.refresh.catalog import sync_catalog
from cityflux.core.refresh.derive import derive_all
from cityflux.core.refresh.gate import Gate, History
from cityflux.core.refresh.runner import refresh
from cityflux.core.refresh.tasks import due
from cityflux.storage.database import open_database
from cityflux.storage.read_only import read_database
from cityflux.testing.plugin import PluginInTest, as_client

if TYPE_CHECKING:
    from cityflux.testing.plugin import Pages


class DatabaseInFolder:
    """A database of a test's own, for whatever opens one: ``cityflux.open(database.path)``.

    Args:
        path: where it is, or will be at the first refresh.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def refresh(self, plugin: PluginInTest, pages: Pages | None = None) -> int:
        """Fetch, read and store the figures of a plugin, and compute those that follow.

        Args:
            plugin: from the fixture ``cityflux_plugin``.
            pages: what each address answers, or a client.

        Returns:
            How many figures are new or different.

        Raises:
            PluginError: something failed; what did not is stored.
        """
        own = plugin.alone()
        http = as_client(pages)
        with (
            open_database(self.path) as connection,
            read_database(self.path) as known,
        ):
            sync_catalog(connection, own)
            gate = Gate(History(known), Quality())
            summary = refresh(connection, due(connection, own), http, gate, threads=1)
            derived = derive_all(connection, own)
        if failed := [*summary.failures(), *derived.errors.items()]:
            raise PluginError("; ".join(f"{name}: {error}" for name, error in failed))
        return summary.changed + derived.changed

    def rows(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """What the database answers a query in SQL.

        Args:
            query: with a question mark for each argument.
            arguments: in their order.
        """
        with read_database(self.path) as connection:
            return [tuple(row) for row in connection.execute(query, arguments)]
