"""The way of a figure: fetch, normalize, check, store; one source of one indicator at a time.

Fetching and reading run in a pool of threads; only the caller's thread writes. Whatever goes
wrong with one source is written down in ``fetches`` and costs that source alone.
"""

from __future__ import annotations

import gc
import math
import os
import queue
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from core.contract import figures, flow_figures
from core.errors import USER_ERRORS
from core.http import Witness
from core.model import Flow, Source
from core.plugin_manager import IndicatorPlugin, Plugins
from scrapers.document import Document
from scrapers.errors import SourceError
from storage import catalog, fetches
from storage.database import now, write
from storage.flows import FlowFigure, latest_flow, store_flows
from storage.observations import Figure, latest_period, store_figures

if TYPE_CHECKING:
    from scrapers.client import Client


#: How many results are stored in one transaction at most, and how long (s) one waits for others.
_TOGETHER = 32
_MOMENT = 0.05

#: The part of its time that a task may spend on fetching, so that what it has can still be read.
_SHARE_OF_FETCH = 0.8


@dataclass(frozen=True, eq=False)
class Task:
    """One source of one indicator that is due."""

    plugin: IndicatorPlugin
    source: Source
    since: str | None = None
    known: tuple[str, ...] = ()

    @property
    def is_flow(self) -> bool:
        """Whether it brings flows between cities rather than figures of cities."""
        return isinstance(self.plugin.indicator, Flow)

    @property
    def name(self) -> str:
        """How the task is named in messages: the indicator and its source."""
        return f"{self.plugin.indicator.id} from {self.source.id}"


@dataclass(frozen=True, eq=False)
class Result:
    """What came of a task; ``seen`` are all answers of the client, handed over or not."""

    task: Task
    started: str
    documents: tuple[Document, ...] = ()
    seen: tuple[Document, ...] = ()
    found: tuple[Figure, ...] | tuple[FlowFigure, ...] = ()
    unchanged: bool = False
    error: str = ""


@dataclass
class Summary:
    """What came of a refresh."""

    tasks: int = 0
    figures: int = 0
    changed: int = 0
    unchanged: int = 0
    failed: list[tuple[str, str, str]] = field(default_factory=list)

    def failures(self) -> list[tuple[str, str]]:
        """What failed and why; what failed together, such as all figures of a page, once."""
        together: dict[tuple[str, str], list[str]] = {}
        for indicator, source, error in self.failed:
            together.setdefault((source, error), []).append(indicator)
        return [
            (f"{names[0] if len(names) == 1 else f'{len(names)} indicators'} from {source}", error)
            for (source, error), names in together.items()
        ]


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
    wanted = set(only) or set(known)
    return [
        Task(
            plugin,
            source,
            _since(connection, plugin, source),
            fetches.last_snapshots(connection, plugin.indicator.id, source.id),
        )
        for plugin in known.values()
        if plugin.indicator.id in wanted
        for source in plugin.sources
        if source.access in access and not missing_secret(source, secrets or {})
    ]


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


def refresh(
    connection: sqlite3.Connection,
    tasks: Sequence[Task],
    http: Client,
    *,
    threads: int = 8,
    time_limit: float = 300.0,
    progress: Callable[[Result], None] = lambda result: None,
) -> Summary:
    """Carry out tasks and store what they bring, each whole or not at all.

    Args:
        connection: used by this thread alone.
        tasks: from `due`.
        http: the client that is handed to `fetch`.
        threads: how many tasks run at the same time.
        time_limit: seconds after which a task is given up.
        progress: called after each task.
    """
    # What was loaded until now stays anyway: the collector need not look through it again.
    gc.freeze()
    summary = Summary(tasks=len(tasks))
    cities = catalog.known_ids(connection, "cities")
    for results in run_tasks(tasks, http, cities, threads, time_limit):
        with write(connection):
            summary.changed += sum(_store(connection, result) for result in results)
        for result in results:
            summary.figures += len(result.found)
            summary.unchanged += result.unchanged
            if result.error:
                indicator, source = result.task.plugin.indicator.id, result.task.source.id
                summary.failed.append((indicator, source, result.error))
            progress(result)
    return summary


def run_tasks(
    tasks: Sequence[Task], http: Client, cities: set[str], threads: int, time_limit: float
) -> Iterator[list[Result]]:
    """Run tasks in threads and give their results as they come, those that came together at once.

    A task that takes too long is given up: its thread is left behind, as Python cannot end it,
    and a new one takes its place.
    """
    waiting: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
    results: queue.SimpleQueue[Result] = queue.SimpleQueue()
    running: dict[Task, tuple[float, str]] = {}

    def work() -> None:
        while (task := waiting.get()) is not None:
            running[task] = (time.monotonic(), now())
            results.put(carry_out(task, http, cities, time_limit))

    def start() -> None:
        threading.Thread(target=work, name="cityflux-fetch", daemon=True).start()

    for task in tasks:
        waiting.put(task)
    workers = min(threads, len(tasks))
    for _ in range(workers):
        start()
    open_tasks = set(tasks)
    while open_tasks:
        try:
            result = results.get(timeout=min(1.0, time_limit / 4))
        except queue.Empty:
            for late in _overdue(running, open_tasks, time_limit):
                open_tasks.discard(late.task)
                start()
                yield [late]
            continue
        arrived = [result, *_soon_after(results, min(_TOGETHER, len(open_tasks)) - 1)]
        yield [each for each in arrived if each.task in open_tasks]
        open_tasks.difference_update(each.task for each in arrived)
    for _ in range(workers):
        waiting.put(None)


def _soon_after(results: queue.SimpleQueue[Result], most: int) -> Iterator[Result]:
    """What comes in within a moment, so that a commit serves many small results."""
    end = time.monotonic() + _MOMENT
    with suppress(queue.Empty):
        for _ in range(most):
            yield results.get(timeout=max(0.0, end - time.monotonic()))


def _overdue(
    running: dict[Task, tuple[float, str]], open_tasks: set[Task], time_limit: float
) -> list[Result]:
    late = []
    for task, (since, started) in list(running.items()):
        if task in open_tasks and time.monotonic() - since > time_limit:
            error = f"gave up after {time_limit:g} s; see [refresh] time_limit in config.toml"
            late.append(Result(task, started, error=error))
    return late


def carry_out(task: Task, http: Client, cities: set[str], time_limit: float = math.inf) -> Result:
    """Fetch and normalize; whatever is raised becomes the error of the result.

    What a fetch handed over one by one before it failed is read and kept all the same, so that
    a long backfill goes on where it was.

    Args:
        task: what to do.
        http: the client that is handed to `fetch`.
        cities: the ids of the cities that exist.
        time_limit: seconds after which no further document is asked for.
    """
    started = now()
    end = time.monotonic() + _SHARE_OF_FETCH * time_limit
    documents: list[Document] = []
    found: tuple[Figure, ...] | tuple[FlowFigure, ...] = ()
    witness = Witness(http)

    def fetch() -> None:
        fetched = (
            task.plugin.call("fetch", http=witness, source=task.source, since=task.since) or ()
        )
        for document in fetched:
            documents.append(document.for_source(task.source.id))
            if time.monotonic() > end and not isinstance(fetched, Sequence):
                raise _time_is_up(task, len(documents))

    error = _attempt(fetch)
    arrived = tuple(documents)
    seen = tuple(witness.documents)
    if not error and arrived and tuple(document.sha256 for document in arrived) == task.known:
        return Result(task, started, arrived, seen, unchanged=True)

    def read() -> None:
        nonlocal found
        frame = task.plugin.call("normalize", documents=arrived)
        if task.is_flow:
            found = tuple(flow_figures(frame, "normalize", cities))
        else:
            found = tuple(figures(frame, "normalize", cities))

    if arrived or not error:
        error = "; ".join(filter(None, (error, _attempt(read))))
    return Result(task, started, arrived, seen, found, error=error)


def _time_is_up(task: Task, count: int) -> SourceError:
    return SourceError(
        f"{task.source.id}: stopped after {count} documents, as its time was up; the next refresh "
        "goes on, and [refresh] time_limit in config.toml gives it more"
    )


def _attempt(step: Callable[[], object]) -> str:
    """Take a step, and say in one line what it raised."""
    try:
        step()
    except USER_ERRORS as error:
        return str(error)
    except (Exception, SystemExit) as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())}"
    return ""


def _store(connection: sqlite3.Connection, result: Result) -> int:
    """Write one result down; returns how many figures are new or different."""
    indicator_id, source = result.task.plugin.indicator.id, result.task.source
    fetch_id = fetches.begin_fetch(
        connection, indicator_id, source.id, source.address, result.started
    )
    changed = _store_found(connection, result, fetch_id)
    handed_over = {document.address for document in result.documents}
    for document in result.seen:
        if document.address not in handed_over:
            fetches.keep_answer(connection, _answer(document), handed_over=False)
    outcome: fetches.Outcome = "stored" if result.found else "empty"
    if result.unchanged:
        outcome = "unchanged"
    if result.error:
        outcome = "failed"
    fetches.end_fetch(
        connection,
        fetch_id,
        outcome,
        [_answer(document) for document in result.documents],
        len(result.found),
        changed,
        result.error or None,
    )
    return changed


def _store_found(connection: sqlite3.Connection, result: Result, fetch_id: int) -> int:
    indicator, source_id = result.task.plugin.indicator, result.task.source.id
    if result.task.is_flow:
        flows = cast("tuple[FlowFigure, ...]", result.found)
        return store_flows(connection, indicator.id, source_id, indicator.unit, flows, fetch_id)
    found = cast("tuple[Figure, ...]", result.found)
    return store_figures(connection, indicator.id, source_id, found, fetch_id)


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
