"""The quality gate: what a fetch gave is looked through before it is stored.

A figure is ``suspect`` when it stands apart from its own accepted history or from what is possible
(see `core.refresh.judging`). It is stored and shown with its reason,
and enters no index until it is accepted. An indicator of which a page suddenly yields far fewer
figures is refused, so that the last good values stay.

A page is judged as a whole, too: where most labels were renamed, each indicator has a figure or
none, and what is still found may be found in the wrong place.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from cityflux.core.model.figure import Figure, FlowFigure
from cityflux.core.refresh.carry_out import Found, Given, Result
from cityflux.core.refresh.tasks import Part
from cityflux.storage.fetches import last_yield
from cityflux.storage.observations import read_known

if TYPE_CHECKING:
    from cityflux.core.model.sections import Quality

#: Tables that are shipped with the plugins were looked through by hand.
REVIEWED = "bundled:"
#: A page of fewer figures cannot be judged by how many it lost.
FEWEST = 4


class History:
    """What the database knows of an indicator, for the threads of a refresh.

    Args:
        connection: one that any thread may use; it is used by one at a time.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()

    def known(self, indicator_id: str) -> list[Figure]:
        """The sound figures of an indicator, from all sources."""
        with self._lock:
            return read_known(self._connection, indicator_id)

    def last_yield(self, part: Part) -> tuple[int, int]:
        """How many documents and figures the last good fetch brought; nothing without one."""
        with self._lock:
            return last_yield(self._connection, *part.key) or (0, 0)


class Gate:
    """What all results of a refresh pass through.

    Args:
        history: what is known already.
        settings: the thresholds.
    """

    def __init__(self, history: History, settings: Quality) -> None:
        self._history = history
        self._settings = settings

    def judge(self, result: Result) -> Result:
        """Let figures pass, mark those that cannot be right, refuse what lost half."""
        reviewed = all(each.address.startswith(REVIEWED) for each in result.documents)
        if result.unchanged or reviewed:
            return result
        given = tuple(
            given if given.error else self._passed(part, given, result)
            for part, given in zip(result.task.parts, result.given, strict=True)
        )
        passed = replace(result, given=given)
        return self.judge_page([passed])[0] if len(given) >= FEWEST else passed

    def judge_page(self, results: Sequence[Result]) -> Sequence[Result]:
        """Doubt all that comes from one page if it gives too few of what it gave before."""
        found = [
            bool(given.found) or result.unchanged
            for result in results
            for part, given in zip(result.task.parts, result.given, strict=True)
            if not (given.error or part.is_flow) and self._history.last_yield(part)[1]
        ]
        if len(found) < FEWEST or sum(found) >= self._settings.fewest * len(found):
            return results
        reason = (
            f"suspect: the page gave figures for {sum(found)} of the {len(found)} indicators that "
            "it gave before"
        )
        return [_doubted(result, reason) for result in results]

    def _passed(self, part: Part, given: Given, result: Result) -> Given:
        """What passes of the figures of one indicator."""
        if part.is_flow or part.plugin.indicator.id in self._settings.off:
            return given
        documents, before = self._history.last_yield(part)
        count = len(given.found)
        is_whole = before >= FEWEST and len(result.documents) >= documents
        if is_whole and count < self._settings.fewest * before:
            return Given(
                error=f"{result.documents[0].address}: gave {count} figures, and {before} the last "
                "time; look whether the page has changed, the last good figures stay"
            )
        from cityflux.core.refresh.judging import doubts, marked  # for what is new alone

        found = cast("tuple[Figure, ...]", given.found)
        indicator = part.plugin.indicator
        known = self._history.known(indicator.id)
        if not (reasons := dict(doubts(indicator.unit, known, found, self._settings.jump))):
            return given
        stored = {*reasons}.difference(each[:2] for each in found)
        odd = tuple((*cell, f"suspect: {reasons[cell]}") for cell in sorted(stored))
        return given._replace(found=marked(found, reasons), odd=odd)


def _doubted(result: Result, reason: str) -> Result:
    """What a thin page gave: all of it suspect, whether it looks right or not."""
    given = (
        Given(cast("Found", tuple(_doubted_too(each, reason) for each in found)), error)
        for found, error, _ in result.given
    )
    return replace(result, given=tuple(given))


def _doubted_too(figure: Figure | FlowFigure, reason: str) -> Figure | FlowFigure:
    if isinstance(figure, FlowFigure) or figure.status == "suspect":
        return figure
    from cityflux.core.refresh.judging import suspect

    return suspect(figure, reason)
