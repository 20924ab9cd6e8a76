"""One task of a refresh: fetch, read, normalize; whatever goes wrong becomes its error."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from cityflux.core.model.document import Document
from cityflux.core.model.errors import SourceError
from cityflux.core.model.figure import Figure, FlowFigure
from cityflux.core.plugin.contract import figures, flow_figures, handed_over
from cityflux.core.plugin.manager import IndicatorPlugin
from cityflux.core.refresh.tasks import Part, Task
from cityflux.core.refresh.witness import Witness
from cityflux.storage.database import now

if TYPE_CHECKING:
    from cityflux.core.model.http import Http
    from cityflux.core.plugin.sheet import Documents

Found = tuple[Figure, ...] | tuple[FlowFigure, ...]

#: The part of its time that a task may spend on fetching, so that what it has can still be read.
_SHARE_OF_FETCH = 0.8

#: How an error begins that is none of the task's own: many have it at once, and it is told once.
UNABLE = "no process for plugins"


class Given(NamedTuple):
    """What a fetch gave for one of the indicators that it was for; what went wrong with it.

    Attributes:
        found: the figures.
        error: what went wrong.
        odd: cells (city, period, reason) that are stored, and that these figures make suspect.
    """

    found: Found = ()
    error: str = ""
    odd: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Result:
    """What came of a task.

    Attributes:
        task: the task.
        started: when it was begun.
        documents: what was handed over.
        seen: all answers of the client, handed over or not.
        given: what it gave for each of its parts, in their order.
        unchanged: whether the documents are those of the last time.
        news: of which plugins around it a call failed, and how.
    """

    task: Task
    started: str
    documents: tuple[Document, ...] = ()
    seen: tuple[Document, ...] = ()
    given: tuple[Given, ...] = ()
    unchanged: bool = False
    news: tuple[tuple[str, str], ...] = ()

    @property
    def figures(self) -> int:
        """How many figures were found."""
        return sum(len(each.found) for each in self.given)

    @property
    def error(self) -> str:
        """What went wrong with the whole; ``""`` where any part of it went well."""
        errors = [each.error for each in self.given]
        return errors[0] if errors and all(errors) else ""

    def failures(self) -> list[tuple[str, str, str]]:
        """Indicator, source and error of each part that failed."""
        parts = zip(self.task.parts, self.given, strict=True)
        return [(*part.key, given.error) for part, given in parts if given.error]


def failed(task: Task, started: str, seen: tuple[Document, ...], error: str) -> Result:
    """The result of a task that came to nothing; what it has seen is kept all the same."""
    return Result(task, started, (), seen, (Given(error=error),) * len(task.parts))


def carry_out(
    task: Task,
    http: Http,
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
        given = _read(task, task.kept, cities)
        return Result(task, started, tuple(chain.from_iterable(task.kept)), (), given)
    witness = Witness(http)
    documents: list[Document] = []
    end = time.monotonic() + _SHARE_OF_FETCH * time_limit
    failure = _attempt(task.plugin, lambda: _fetch(task, witness, end, documents))
    arrived, seen = tuple(documents), tuple(witness.documents)
    if not failure and arrived and tuple(each.sha256 for each in arrived) == task.known:
        return Result(task, started, arrived, seen, (Given(),) * len(task.parts), unchanged=True)
    if failure and not arrived:
        return failed(task, started, seen, failure)
    reading()
    given = _read(task, [arrived], cities)
    if failure:
        given = tuple(
            Given(found, "; ".join(filter(None, (failure, error)))) for found, error, _ in given
        )
    return Result(task, started, arrived, seen, given)


def _fetch(task: Task, http: Witness, end: float, documents: list[Document]) -> None:
    """Add what a source hands over, one by one, until it or its time is at an end."""
    fetched = task.plugin.call("fetch", http=http, source=task.source, since=task.since)
    for document in handed_over(fetched):
        if task.plugin.apart:
            document = http.redacted(document)
        documents.append(document.for_source(task.source.id))
        if time.monotonic() > end and not isinstance(fetched, Sequence):
            raise _time_is_up(task, len(documents))


def _read(
    task: Task, groups: Iterable[tuple[Document, ...]], cities: Collection[str]
) -> tuple[Given, ...]:
    """What some fetches give for each part; a later fetch stands in place of an earlier.

    A page is read before anybody picks from it: what is wrong with it is wrong once.
    """
    from cityflux.core.plugin.sheet import Documents  # what came again as it was is not read

    fetched, page = [*map(Documents, groups)], task.page
    if page and (
        error := _attempt(task.plugin, lambda: [page.sheet(each) for each in fetched if each])
    ):
        return (Given(error=error),) * len(task.parts)
    return tuple(_given(part, fetched, cities) for part in task.parts)


def _given(part: Part, fetched: Iterable[Documents], cities: Collection[str]) -> Given:
    figures_of = _flows if part.is_flow else _figures
    together: dict[tuple[str, ...], Figure | FlowFigure] = {}

    def pick() -> None:
        for documents in fetched:
            frame = part.plugin.call("normalize", documents=documents.for_source(part.source.id))
            together.update(figures_of(frame, cities))

    error = _attempt(part.plugin, pick)
    return Given(() if error else tuple(together.values()), error)  # type: ignore[arg-type]


def _figures(frame: object, cities: Collection[str]) -> dict[tuple[str, ...], Figure | FlowFigure]:
    return {each[:2]: each for each in figures(frame, "normalize", cities)}


def _flows(frame: object, cities: Collection[str]) -> dict[tuple[str, ...], Figure | FlowFigure]:
    return {each[:3]: each for each in flow_figures(frame, "normalize", cities)}


def _time_is_up(task: Task, count: int) -> SourceError:
    return SourceError(
        f"{task.source.id}: stopped after {count} documents, as its time was up; the next refresh "
        "goes on, and [refresh] time_limit in config.toml gives it more"
    )


def _attempt(plugin: IndicatorPlugin, step: Callable[[], object]) -> str:
    """Take a step for a plugin, and say in one line what it raised."""
    try:
        step()
    except BaseException as error:  # a plugin may raise SystemExit, or KeyboardInterrupt
        return plugin.told(error)
    return ""
