"""One task of a refresh: fetch, normalize, check; whatever goes wrong becomes its error."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from cityflux.core.model.document import Document
from cityflux.core.model.errors import SourceError
from cityflux.core.model.figure import Figure, FlowFigure
from cityflux.core.plugin.contract import figures, flow_figures, handed_over
from cityflux.core.refresh.tasks import Task
from cityflux.core.refresh.witness import Witness
from cityflux.storage.database import now

if TYPE_CHECKING:
    from cityflux.scrapers.http.client import Client

Found = tuple[Figure, ...] | tuple[FlowFigure, ...]

#: The part of its time that a task may spend on fetching, so that what it has can still be read.
_SHARE_OF_FETCH = 0.8


@dataclass(frozen=True, eq=False)
class Result:
    """What came of a task; ``seen`` are all answers of the client, handed over or not."""

    task: Task
    started: str
    documents: tuple[Document, ...] = ()
    seen: tuple[Document, ...] = ()
    found: Found = ()
    unchanged: bool = False
    error: str = ""


def carry_out(
    task: Task,
    http: Client,
    cities: Collection[str],
    time_limit: float = math.inf,
    reading: Callable[[], None] = lambda: None,
) -> Result:
    """Fetch and normalize; whatever is raised becomes the error of the result.

    What a fetch handed over one by one before it failed is read and kept all the same, so that
    a long backfill goes on where it was.

    Args:
        task: what to do.
        http: the client that is handed to `fetch`.
        cities: the ids of the cities that exist.
        time_limit: seconds, of which fetching may take a share, as no further document is asked
            for after it.
        reading: called when fetching is over and reading begins.
    """
    started = now()
    if task.kept:
        reading()
        found, error = _read(task, task.kept, cities)
        return Result(task, started, tuple(chain.from_iterable(task.kept)), (), found, error=error)
    witness = Witness(http)
    documents: list[Document] = []
    end = time.monotonic() + _SHARE_OF_FETCH * time_limit
    failure = _attempt(task, lambda: _fetch(task, witness, end, documents))
    arrived, seen = tuple(documents), tuple(witness.documents)
    if not failure and arrived and tuple(each.sha256 for each in arrived) == task.known:
        return Result(task, started, arrived, seen, unchanged=True)
    if failure and not arrived:
        return Result(task, started, (), seen, error=failure)
    reading()
    found, error = _read(task, [arrived], cities)
    return Result(
        task, started, arrived, seen, found, error="; ".join(filter(None, (failure, error)))
    )


def _fetch(task: Task, http: Witness, end: float, documents: list[Document]) -> None:
    """Add what a source hands over, one by one, until it or its time is at an end."""
    fetched = task.plugin.call("fetch", http=http, source=task.source, since=task.since)
    for document in handed_over(fetched):
        documents.append(document.for_source(task.source.id))
        if time.monotonic() > end and not isinstance(fetched, Sequence):
            raise _time_is_up(task, len(documents))


def _read(
    task: Task, groups: Iterable[tuple[Document, ...]], cities: Collection[str]
) -> tuple[Found, str]:
    """The figures of some fetches, and the error; a later fetch stands in place of an earlier."""
    figures_of = _flows if task.is_flow else _figures
    together: dict[tuple[str, ...], Figure | FlowFigure] = {}

    def read() -> None:
        for group in groups:
            frame = task.plugin.call("normalize", documents=group)
            together.update(figures_of(frame, cities))

    error = _attempt(task, read)
    return (() if error else tuple(together.values())), error  # type: ignore[return-value]


def _figures(frame: object, cities: Collection[str]) -> dict[tuple[str, ...], Figure | FlowFigure]:
    return {each[:2]: each for each in figures(frame, "normalize", cities)}


def _flows(frame: object, cities: Collection[str]) -> dict[tuple[str, ...], Figure | FlowFigure]:
    return {each[:3]: each for each in flow_figures(frame, "normalize", cities)}


def _time_is_up(task: Task, count: int) -> SourceError:
    return SourceError(
        f"{task.source.id}: stopped after {count} documents, as its time was up; the next refresh "
        "goes on, and [refresh] time_limit in config.toml gives it more"
    )


def _attempt(task: Task, step: Callable[[], object]) -> str:
    """Take a step, and say in one line what it raised."""
    try:
        step()
    except BaseException as error:  # a plugin may raise SystemExit, or KeyboardInterrupt
        return task.plugin.told(error)
    return ""
