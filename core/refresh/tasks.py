"""What a refresh has to do: which sources are due, which are left out, what is read again."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cityflux.core.model.document import Document
from cityflux.core.model.nouns import Flow, Source
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins
from cityflux.storage import fetches
from cityflux.storage.database import read_database
from cityflux.storage.flows import latest_flow
from cityflux.storage.observations import latest_period


@dataclass(frozen=True, eq=False)
class Task:
    """One source of one indicator that is due.

    Attributes:
        plugin: the indicator.
        source: where its figures come from.
        since: the latest period that is known.
        known: the hashes of the documents of the last good fetch.
        kept: documents to be read again, fetch by fetch, instead of asking the source.
    """

    plugin: IndicatorPlugin
    source: Source
    since: str | None = None
    known: tuple[str, ...] = ()
    kept: tuple[tuple[Document, ...], ...] = ()

    @property
    def is_flow(self) -> bool:
        """Whether it brings flows between cities rather than figures of cities."""
        return isinstance(self.plugin.indicator, Flow)

    @property
    def name(self) -> str:
        """How the task is named in messages: the indicator and its source."""
        return f"{self.plugin.indicator.id} from {self.source.id}"


def due(
    connection: sqlite3.Connection,
    plugins: Plugins,
    only: Iterable[str] = (),
    offline: bool = False,
    secrets: Mapping[str, str] | None = None,
) -> list[Task]:
    """The tasks of a refresh: every source that can be fetched, of the named indicators or all.

    Args:
        connection: to see what is known already.
        plugins: all plugins.
        only: ids of indicators; all where there is none.
        offline: leave out what needs the network.
        secrets: the environment variable of each secret; sources that lack theirs are left out.
    """
    access = {"bundled"} if offline else {"bundled", "live"}
    known = {**plugins.indicators, **plugins.flows}
    wanted = [known[name] for name in dict.fromkeys(only) or known if name in known]
    return [
        Task(
            plugin,
            source,
            _since(connection, plugin, source),
            fetches.last_snapshots(connection, plugin.indicator.id, source.id),
        )
        for plugin in wanted
        for source in plugin.sources
        if source.access in access and not missing_secret(source, secrets or {})
    ]


def kept_tasks(
    connection: sqlite3.Connection, plugins: Plugins, path: Path, only: Iterable[str] = ()
) -> list[Task]:
    """Tasks that read the kept documents of every source again, with no network.

    Args:
        connection: to see what is kept.
        plugins: all plugins.
        path: the database, from which the bytes are loaded when they are read.
        only: ids of indicators; all where there is none.
    """
    known = {**plugins.indicators, **plugins.flows}
    wanted = set(only) or set(known)
    tasks = []
    for plugin in known.values():
        for source in plugin.sources:
            groups = fetches.kept_documents(connection, plugin.indicator.id, source.id)
            if groups and plugin.indicator.id in wanted:
                kept = tuple(
                    tuple(_document(path, each, source.id) for each in group) for group in groups
                )
                tasks.append(Task(plugin, source, kept=kept))
    return tasks


def _document(path: Path, kept: fetches.Kept, source_id: str) -> Document:
    def load() -> bytes:
        with read_database(path) as connection:
            return fetches.read_snapshot(connection, kept.sha256)

    return Document(
        address=kept.address,
        content=load,
        media_type=kept.media_type,
        charset=kept.charset,
        status=kept.status,
        period=kept.period,
        known_sha256=kept.sha256,
        source_id=source_id,
    )


def _since(connection: sqlite3.Connection, plugin: IndicatorPlugin, source: Source) -> str | None:
    """The latest period that is known of what a source gives."""
    latest = latest_flow if isinstance(plugin.indicator, Flow) else latest_period
    return latest(connection, plugin.indicator.id, source.id)


def missing_secret(source: Source, secrets: Mapping[str, str]) -> str:
    """The environment variable that a source needs and that is not set; or ``""``."""
    variables = [secrets.get(name, name) for name in source.secrets]
    return next((variable for variable in variables if not os.environ.get(variable)), "")


def left_out(plugins: Plugins, secrets: Mapping[str, str]) -> list[str]:
    """One line for each source that is left out because a secret is not set."""
    counts = Counter(
        (source.id, variable)
        for plugin in (*plugins.indicators.values(), *plugins.flows.values())
        for source in plugin.sources
        if source.access == "live" and (variable := missing_secret(source, secrets))
    )
    return [
        f"{source_id} ({count} indicator{'s' * (count > 1)}): set {variable}, see [secrets] in "
        "config.toml"
        for (source_id, variable), count in sorted(counts.items())
    ]
