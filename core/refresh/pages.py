"""Pages that many indicators are read from: one that suddenly yields half of them is doubted.

The quality gate of an indicator sees its own figures only. A page on which most labels were
renamed gives each indicator a figure or none, and what is still found may be found in the wrong
place; that can be seen only when all indicators of the page have been read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from cityflux.core.model.figure import Figure
from cityflux.core.model.nouns import Flow, Source
from cityflux.core.refresh.carry_out import Result
from cityflux.core.refresh.gate import FEWEST, REVIEWED, gate_of
from cityflux.core.refresh.tasks import Task


def doubt_thin_pages(
    batches: Iterable[list[Result]], tasks: Sequence[Task]
) -> Iterator[list[Result]]:
    """Hold back the results of a shared page until all are there, and doubt them if too few are.

    Args:
        batches: the results of the tasks, as they come.
        tasks: all of them; those of the same source with the same parameters share a page.

    Yields:
        The results; those of a page that gave figures for fewer indicators than
        ``quality.fewest`` times those that it gave figures for before are ``suspect``.
    """
    shared = Counter(task.source for task in tasks if _is_judged(task))
    held: dict[Source, list[Result]] = {}
    for batch in batches:
        ready = []
        for result in batch:
            source = result.task.source
            if not _is_judged(result.task) or shared[source] < FEWEST:
                ready.append(result)
                continue
            page = held.setdefault(source, [])
            page.append(result)
            if len(page) == shared[source]:
                ready += _judged(held.pop(source))
        yield ready


def _is_judged(task: Task) -> bool:
    return not isinstance(task.plugin.indicator, Flow) and not task.source.address.startswith(
        REVIEWED
    )


def _judged(page: list[Result]) -> list[Result]:
    """The results of one page, doubted if it gave figures for too few indicators."""
    read = [result for result in page if not result.error]
    before = [result for result in read if _gave(result)]
    now = [result for result in before if result.found or result.unchanged]
    gate = next(filter(None, (gate_of(result.task.plugin) for result in page)), None)
    if gate is None or len(before) < FEWEST or len(now) >= gate.settings.fewest * len(before):
        return page
    reason = (
        f"suspect: the page gave figures for {len(now)} of the {len(before)} indicators that it "
        "gave before"
    )
    return [_doubted(result, reason) for result in page]


def _gave(result: Result) -> bool:
    """Whether the source gave figures for this indicator at an earlier time."""
    gate, task = gate_of(result.task.plugin), result.task
    return gate is not None and bool(
        gate.history.last_yield(task.plugin.indicator.id, task.source.id)
    )


def _doubted(result: Result, reason: str) -> Result:
    found = tuple(
        figure._replace(status="suspect", note="; ".join(filter(None, (reason, figure.note))))
        if isinstance(figure, Figure) and figure.status != "suspect"
        else figure
        for figure in result.found
    )
    return replace(result, found=found)  # type: ignore[arg-type]
