"""Storing the flows of a file as a source of its own."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field

from cityflux.core.model.document import Document
from cityflux.core.model.figure import FlowFigure
from cityflux.core.model.nouns import Source
from cityflux.core.refresh.catalog import source_row
from cityflux.core.refresh.importing.od import Flowing
from cityflux.storage import catalog, fetches
from cityflux.storage.database import now, write
from cityflux.storage.flows import keep_only, read_places, store_flows


@dataclass
class Taken:
    """What came of it.

    Attributes:
        changed: how many flows are new or different.
        gone: how many the same file gave before for a kind and period, and gives no more.
        nowhere: the cities of which no coordinates are known.
    """

    changed: int = 0
    gone: int = 0
    nowhere: list[str] = field(default_factory=list)


def store_od(
    connection: sqlite3.Connection,
    rows: list[Flowing],
    document: Document,
    source: Source,
    *,
    dry_run: bool = False,
) -> Taken:
    """Store flows in one transaction, in the place of what the file gave before for the same.

    A table of a kind and period is one whole: what it no longer has goes.

    Args:
        connection: for writing.
        rows: what the file gives.
        document: the file, which is kept.
        source: from `core.refresh.importing.storing.source_of_file`.
        dry_run: whether nothing is to be stored.
    """
    known = {
        city
        for city, *_, latitude, longitude in read_places(connection)
        if latitude is not None and longitude is not None
    }
    ends = {end for row in rows for end in row.flow[:2]}
    taken = Taken(nowhere=sorted(ends - known))
    if dry_run:
        return taken
    parts: dict[tuple[str, str], list[FlowFigure]] = defaultdict(list)
    for row in rows:
        parts[row.kind, row.unit].append(row.flow)
    with write(connection):
        catalog.save_sources(connection, [source_row(source)])
        kind = next(iter(parts))[0]
        fetch = fetches.begin_fetch(connection, kind, source.id, document.address, now())
        yields = []
        for (kind, unit), flows in parts.items():
            taken.gone += keep_only(connection, kind, source.id, flows)
            changed = store_flows(connection, kind, source.id, unit, flows, fetch)
            yields.append(fetches.Yield(kind, source.id, "stored", len(flows), changed, None))
            taken.changed += changed
        answer = fetches.Answer(document.address, document.sha256, lambda: document.body)
        ended = fetches.Ended(fetch, "stored", [answer], len(rows), taken.changed, None, yields)
        fetches.end_fetches(connection, [ended])
    return taken
