"""What a refresh has to do: which sources are due, which are left out, what is read again."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from cityflux.core.model.document import Document
from cityflux.core.model.nouns import Flow, Source
from cityflux.core.plugin.manager import IndicatorPlugin, Plugins
from cityflux.core.plugin.page import OnPages, Page
from cityflux.storage import fetches
from cityflux.storage.flows import latest_flow
from cityflux.storage.observations import latest_period
from cityflux.storage.read_only import read_database


class Part(NamedTuple):
    """An indicator, and a source that gives its figures."""

    plugin: IndicatorPlugin
    source: Source

    @property
    def is_flow(self) -> bool:
        """Whether it gives flows between cities rather than figures of cities."""
        return isinstance(self.plugin.indicator, Flow)

    @property
    def key(self) -> tuple[str, str]:
        """The ids of the indicator and of the source."""
        return self.plugin.indicator.id, self.source.id


@dataclass(frozen=True, eq=False)
class Task:
    """One fetch that is due: of a page with all that is read from it, or for one indicator.

    Attributes:
        parts: what is read from it, one at least.
        page: the page; None for a fetch that is for one indicator alone.
        since: the latest period that is known.
        known: the hashes of the documents of the last good fetch.
        kept: documents to be read again, fetch by fetch, instead of asking the source.
    """

    parts: tuple[Part, ...]
    page: Page | None = None
    since: str | None = None
    known: tuple[str, ...] = ()
    kept: tuple[tuple[Document, ...], ...] = ()

    @property
    def plugin(self) -> IndicatorPlugin:
        """Whose hook `fetch` is called: all that share a page fetch the same."""
        return self.parts[0].plugin

    @property
    def source(self) -> Source:
        """What is fetched: a page has one address, whichever of its sources is asked for."""
        return self.parts[0].source

    @property
    def job(self) -> str:
        """The id of the source by whose schedule it is done: of those of a page the first."""
        return first_source(self.parts[0]).id

    @property
    def code(self) -> str:
        """What tells the code that reads it from that of another version."""
        codes = dict.fromkeys(part.plugin.code for part in self.parts)
        return hashlib.sha256(" ".join(codes).encode()).hexdigest()[:16]

    @property
    def where(self) -> str:
        """How its source is named in messages; a page of several has an address alone."""
        return (
            self.source.address if len({part.source for part in self.parts}) > 1 else self.source.id
        )


def named(indicators: Collection[str]) -> str:
    """How indicators are named in a message: the one, or how many there are."""
    return min(indicators) if len(indicators) == 1 else f"{len(indicators)} indicators"


def due(
    connection: sqlite3.Connection,
    plugins: Plugins,
    only: Iterable[str] = (),
    offline: bool = False,
    secrets: Mapping[str, str] | None = None,
    source_id: str = "",
) -> list[Task]:
    """The tasks of a refresh: every source that can be fetched, of the named indicators or all.

    Args:
        connection: to see what is known already.
        plugins: all plugins.
        only: ids of indicators; all where there is none.
        offline: leave out what needs the network.
        secrets: the environment variable of each secret; sources that lack theirs are left out.
        source_id: leave out what is not fetched from this source; everything counts if left out.
    """
    access = {"bundled"} if offline else {"bundled", "live"}
    wanted = [
        Task(parts, page)
        for page, parts in _together(plugins, only)
        if parts[0].source.access in access and not missing_secret(parts[0].source, secrets or {})
    ]
    return [
        replace(task, since=_since(connection, task.parts), known=_known(connection, task))
        for task in wanted
        if source_id in ("", task.job)
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
    tasks = []
    for page, parts in _together(plugins, only):
        if parts[0].source.access == "declared":
            continue  # what was imported under its name is no page of it
        if groups := fetches.kept_documents(connection, [part.key for part in parts]):
            task = Task(parts, page)
            kept = tuple(
                tuple(_document(path, each, task.source.id) for each in group) for group in groups
            )
            tasks.append(replace(task, kept=kept))
    return tasks


def page_of(part: Part) -> Page | None:
    """The page on which an indicator stands; None where it is fetched for itself."""
    plugin = part.plugin.plugin
    return plugin.page_of(part.source) if isinstance(plugin, OnPages) else None


def first_source(part: Part) -> Source:
    """By which source it is looked at: of those of a page the first, whoever reads it."""
    page = page_of(part)
    return page.sources[0] if page else part.source


def all_parts(plugins: Plugins) -> Iterator[Part]:
    """Every indicator and flow with each of its sources."""
    for plugin in (*plugins.indicators.values(), *plugins.flows.values()):
        for source in plugin.sources:
            yield Part(plugin, source)


def users(plugins: Plugins) -> dict[str, list[str]]:
    """The ids of the indicators and flows that are served when a source is fetched.

    A page of several sources is fetched as its first one, for the indicators of all of them.
    """
    found: dict[str, dict[str, None]] = {}
    for part in all_parts(plugins):
        found.setdefault(first_source(part).id, {})[part.plugin.indicator.id] = None
    return {source_id: [*names] for source_id, names in found.items()}


def _together(
    plugins: Plugins, only: Iterable[str]
) -> Iterator[tuple[Page | None, tuple[Part, ...]]]:
    """What is fetched together: all indicators of a page, unless another process reads some.

    Args:
        plugins: all plugins.
        only: ids of indicators; all where there is none.
    """
    known = {**plugins.indicators, **plugins.flows}
    together: dict[object, list[Part]] = {}
    pages: dict[object, Page | None] = {}
    for name in dict.fromkeys(only) or known:
        for source in known[name].sources if name in known else ():
            part = Part(known[name], source)
            page = page_of(part)
            key: object = (page, part.plugin.apart is None) if page else part.key
            pages[key] = page
            together.setdefault(key, []).append(part)
    for key, parts in together.items():
        yield pages[key], tuple(parts)


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


def _since(connection: sqlite3.Connection, parts: Sequence[Part]) -> str | None:
    """The latest period that is known of what a fetch gives.

    None where the page serves an indicator that is new to it, so that its past comes, too.
    """
    if len(parts) > 1 and any(fetches.last_read(connection, *part.key) is None for part in parts):
        return None
    latest = (
        (latest_flow if part.is_flow else latest_period)(connection, *part.key) for part in parts
    )
    return max(filter(None, latest), default=None)


def _known(connection: sqlite3.Connection, task: Task) -> tuple[str, ...]:
    """The hashes of the documents that were read last, well and for each of the indicators.

    None where the code that has read them was another one; of what an older version of cityflux
    has read nobody knows, and a hand may have changed it since.
    """
    last = [fetches.last_read(connection, *part.key) for part in task.parts]
    if None in last or not any(read and read[1] == "stored" for read in last):
        return ()
    if {read[2] for read in last if read} - {"", task.code}:
        return ()
    ids = {read[0] for read in last if read}
    snapshots = {fetches.snapshots_of(connection, fetch_id) for fetch_id in ids}
    return snapshots.pop() if len(snapshots) == 1 else ()


def missing_secret(source: Source, secrets: Mapping[str, str]) -> str:
    """The environment variable that a source needs and that is not set; or ``""``."""
    for name in source.secrets:
        if not os.environ.get(variable := secrets.get(name, name)):
            return variable
    return ""


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
