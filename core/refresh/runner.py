"""A refresh: tasks are carried out side by side, and what they bring is stored.

Fetching and reading run in threads; only the caller's thread writes. Whatever goes
wrong with one source is written down in ``fetches`` and costs that source alone.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from cityflux.core.model.document import Document
from cityflux.core.model.figure import Figure, FlowFigure
from cityflux.core.model.secrecy import redact
from cityflux.core.refresh.carry_out import UNABLE, Given, Result, failed
from cityflux.core.refresh.gate import Gate
from cityflux.core.refresh.side_by_side import Means, run_tasks
from cityflux.core.refresh.tasks import Task, named
from cityflux.storage import catalog, fetches
from cityflux.storage.complaints import MEND
from cityflux.storage.database import write
from cityflux.storage.flows import store_flows
from cityflux.storage.observations import Batch, doubt_figures, store_batches

if TYPE_CHECKING:
    from cityflux.core.model.http import Http

#: So many objects more than before, and the collector looks for circles among them.
_OBJECTS = 50_000


def collect_seldom() -> None:
    """Let the collector of circular garbage leave alone what a refresh brings and drops at once.

    What is loaded now stays anyway, and figures are in no circle: there are a thousand times as
    many as of anything else, and to look through them takes a tenth of the time of a refresh.
    """
    gc.freeze()
    gc.set_threshold(_OBJECTS)


@dataclass
class Summary:
    """What came of a refresh."""

    tasks: int = 0
    figures: int = 0
    changed: int = 0
    unchanged: int = 0
    suspect: int = 0
    failed: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def trouble(self) -> str:
        """How many figures are suspect, where any is, and how much failed."""
        doubted = f"{self.suspect} suspect, " if self.suspect else ""
        return f"{doubted}{len(self.failures())} failed"

    def note(self, result: Result) -> None:
        """Count a result; a page that failed as a whole did so in one place."""
        self.figures += result.figures
        self.unchanged += result.unchanged
        found = (each for given in result.given for each in given.found)
        self.suspect += sum(isinstance(each, Figure) and each.status == "suspect" for each in found)
        where = result.task.where if result.error else ""
        self.failed += [(name, where or source, why) for name, source, why in result.failures()]

    def failures(self) -> list[tuple[str, str]]:
        """What failed and why; what failed together, such as all figures of a page, once."""
        together: dict[tuple[str, str], set[str]] = {}
        for indicator, source, error in self.failed:
            where = "any source" if error.startswith(UNABLE) else source
            together.setdefault((where, error), set()).add(indicator)
        return [
            (f"{named(names)} from {where}", error) for (where, error), names in together.items()
        ]


def refresh(
    connection: sqlite3.Connection,
    tasks: Sequence[Task],
    http: Http,
    gate: Gate,
    *,
    threads: int = 8,
    processes: int = 8,
    time_limit: float = 300.0,
    progress: Callable[[Result], None] = lambda result: None,
) -> Summary:
    """Carry out tasks and store what they bring, each whole or not at all.

    Args:
        connection: used by this thread alone.
        tasks: from `due`.
        http: the client that is handed to `fetch`.
        gate: what all results pass through.
        threads: how many tasks run at the same time at most; fewer while they keep a core busy.
        processes: how many processes there may be for plugins that are not built in.
        time_limit: seconds after which a task is given up.
        progress: called after each task.
    """
    summary = Summary(tasks=len(tasks))
    cities = catalog.known_ids(connection, "cities")
    apart = any(task.plugin.apart for task in tasks)
    if apart:
        from cityflux.core.refresh.isolation.pool import Workers
    with Workers(cities, processes) if apart else nullcontext() as workers:
        means = Means(http, gate, cities, workers, threads, time_limit)
        for results in run_tasks(tasks, means):
            summary.changed += store_results(connection, results)
            for result in results:
                summary.note(result)
                progress(result)
    return summary


def store_results(connection: sqlite3.Connection, results: Sequence[Result]) -> int:
    """Store results in one transaction; returns how many figures are new or different.

    One that the tables do not take, as for a city that a hand took away meanwhile, has failed.
    """
    try:
        return _store_together(connection, results)
    except sqlite3.IntegrityError as error:
        if len(results) > 1:
            return sum(store_results(connection, [each]) for each in results)
        (lost,) = results
        reason = f"{error}; {MEND}"
        return _store_together(connection, [failed(lost.task, lost.started, lost.seen, reason)])


def _store_together(connection: sqlite3.Connection, results: Sequence[Result]) -> int:
    begun = [
        (*_served(each.task), redact(each.task.source.address), each.started) for each in results
    ]
    with write(connection):
        ids = fetches.begin_fetches(connection, begun)
        changed = _store_found(connection, results, ids)
        fetches.keep_answers(connection, [*_looked_into(results)])
        fetches.end_fetches(connection, [*map(_ended, results, ids, changed)])
    return sum(map(sum, changed))


def _served(task: Task) -> tuple[str, str]:
    """The indicator and the source that a fetch is for; ``""`` where there are several."""
    indicators, sources = map(set, zip(*(part.key for part in task.parts), strict=True))
    return (
        indicators.pop() if len(indicators) == 1 else "",
        sources.pop() if len(sources) == 1 else "",
    )


def _store_found(
    connection: sqlite3.Connection, results: Sequence[Result], ids: Sequence[int]
) -> list[list[int]]:
    """Store what was found; returns how many figures are new or different, part by part."""
    batches, counts = {}, [[0] * len(result.given) for result in results]
    for number, (result, fetch_id) in enumerate(zip(results, ids, strict=True)):
        for place, (part, given) in enumerate(zip(result.task.parts, result.given, strict=True)):
            if part.is_flow:
                flows = cast("tuple[FlowFigure, ...]", given.found)
                unit = part.plugin.indicator.unit
                counts[number][place] = store_flows(connection, *part.key, unit, flows, fetch_id)
            elif given.found:
                found = cast("tuple[Figure, ...]", given.found)
                batches[number, place] = Batch(*part.key, found, fetch_id)
                doubt_figures(connection, part.plugin.indicator.id, given.odd)
    stored = store_batches(connection, [*batches.values()])
    for (number, place), count in zip(batches, stored, strict=True):
        counts[number][place] = count
    return counts


def _looked_into(results: Sequence[Result]) -> Iterator[tuple[fetches.Answer, bool]]:
    """The answers that were not handed over, such as lists of links."""
    for result in results:
        handed_over = {document.address for document in result.documents}
        for document in result.seen:
            if document.address not in handed_over:
                yield _answer(document), False


def _ended(result: Result, fetch_id: int, changed: Sequence[int]) -> fetches.Ended:
    answers = [_answer(document) for document in result.documents]
    whole = Given(error=result.error)
    outcome = _outcome(result, whole, result.figures)
    figures, error = result.figures, result.error or None
    yields = _yields(result, changed) if len(result.task.parts) > 1 else ()
    return fetches.Ended(
        fetch_id, outcome, answers, figures, sum(changed), error, yields, result.task.code
    )


def _yields(result: Result, changed: Sequence[int]) -> list[fetches.Yield]:
    """What a page gave for each of its indicators."""
    return [
        fetches.Yield(
            *part.key,
            _outcome(result, given, len(given.found)),
            len(given.found),
            count,
            given.error or None,
        )
        for part, given, count in zip(result.task.parts, result.given, changed, strict=True)
    ]


def _outcome(result: Result, given: Given, figures: int) -> fetches.Outcome:
    if given.error:
        return "failed"
    return "unchanged" if result.unchanged else "stored" if figures else "empty"


def _answer(document: Document) -> fetches.Answer:
    return fetches.Answer(
        address=document.address,
        sha256=document.sha256,
        load=lambda: document.body,
        status=document.status,
        media_type=document.media_type,
        charset=document.charset,
        etag=document.etag,
        last_modified=document.last_modified,
        period=document.period,
    )
