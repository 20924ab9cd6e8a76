"""Pages that do not say that they are one: plugins that name the same source, each for itself.

Who declares a `core.plugin.page.Page` is fetched, read and judged as a whole. The others are
fetched one by one, and only when all are there can it be seen that their page has lost half.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from cityflux.core.model.nouns import Source
from cityflux.core.refresh.carry_out import Result
from cityflux.core.refresh.gate import FEWEST, REVIEWED, Gate
from cityflux.core.refresh.tasks import Task


def judge_together(
    batches: Iterable[list[Result]], tasks: Sequence[Task], gate: Gate
) -> Iterator[list[Result]]:
    """Hold back the results of one source until all are there, and judge them as one page.

    Args:
        batches: the results of the tasks, as they come.
        tasks: all of them.
        gate: who judges.
    """
    shared = Counter(task.source for task in tasks if _is_alone(task))
    held: dict[Source, list[Result]] = {}
    for batch in batches:
        ready = []
        for result in batch:
            source = result.task.source
            if not _is_alone(result.task) or shared[source] < FEWEST:
                ready.append(result)
                continue
            page = held.setdefault(source, [])
            page.append(result)
            if len(page) == shared[source]:
                ready += gate.judge_page(held.pop(source))
        yield ready


def _is_alone(task: Task) -> bool:
    return not (task.page or task.parts[0].is_flow or task.source.address.startswith(REVIEWED))
