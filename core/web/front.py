"""The front page: one index with its verdict, the ways into it, and the other indices."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from cityflux.core.reading.answers import Rows
from cityflux.core.reading.indices import Chosen, indices
from cityflux.core.reading.nodes import nodes
from cityflux.core.reading.runs import Run, last_run
from cityflux.core.reading.standing import count_ranked, ranking
from cityflux.core.web.asked import Asked
from cityflux.core.web.charts import FOREMOST
from cityflux.core.web.page import Page
from cityflux.core.web.queries import chosen
from cityflux.core.web.standing import Audited, Told, audited, told
from cityflux.core.words.catalogue import text

#: How many cities stand on the front page.
LEADING = 5


class Summary(NamedTuple):
    """An index on the front page."""

    shown: Chosen
    leading: Rows
    cities: int
    run: Run | None
    verdict: Told | None

    @property
    def ranked(self) -> bool:
        """Whether any city has a rank in it."""
        return any(row["rank"] is not None for row in self.leading)


def front_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the front page; first stands the index in which the most cities have a rank."""
    summaries = [_summary(connection, asked, index.id) for index in indices(connection)]
    known = [each for each in summaries if each.leading and each.run]
    head = max(known, key=lambda each: each.ranked * each.cities, default=None)
    return Page(
        "front.html",
        text(asked.language, "web.product"),
        {
            "head": head,
            "audit": head and _audited(connection, asked, head),
            "most": FOREMOST,
            "leaves": [node for node in nodes(connection, head.shown.root) if node.indicator]
            if head
            else [],
            "others": [each for each in summaries if each is not head],
        },
    )


def _summary(connection: sqlite3.Connection, asked: Asked, index_id: str) -> Summary:
    shown = chosen(connection, Asked(), index_id)
    run = last_run(connection, index_id)
    return Summary(
        shown,
        ranking(connection, shown, limit=LEADING),
        count_ranked(connection, shown),
        run,
        told(connection, asked, index_id, shown.period, run),
    )


def _audited(connection: sqlite3.Connection, asked: Asked, summary: Summary) -> Audited | None:
    """The audit of an index, where any city has an interval."""
    found = audited(connection, asked, summary.shown.index.id, summary.shown.period)
    return found if found and found.placed else None
