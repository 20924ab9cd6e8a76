"""The quality gate: what a fetch gave is looked through before it is stored.

A figure is ``suspect`` when it stands apart from its own history by a power of ten that a slip of
unit makes, by a jump far beyond the usual, or by its sign. It is stored and shown with its reason,
and enters no index until it is accepted. An indicator of which a page suddenly yields far fewer
figures is refused, so that the last good values stay.

A page is judged as a whole, too: where most labels were renamed, each indicator has a figure or
none, and what is still found may be found in the wrong place.
"""

from __future__ import annotations

import sqlite3
import statistics
import threading
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from math import log10
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
#: What a slip between 个, 十, 万 and 亿 multiplies a figure by.
_SLIPS = (1, 4, 8)
#: How near (in powers of ten) a ratio must be to such a factor: within 1.4 times.
_NEAR = 0.15
#: How many neighbours in time make the yardstick.
_NEIGHBOURS = 5
#: Cities differ from each other by less than this (in powers of ten); beyond it is a slip.
_CITIES_APART = 3.0
#: What may be negative.
_SIGNED = frozenset({"a share", "percentage points", "points of an index", "a score", "degrees"})
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
        found = cast("tuple[Figure, ...]", given.found)
        if not (reasons := dict(self._doubts(part, found))):
            return given
        marked = (
            _suspect(each, f"suspect: {reasons[each[:2]]}") if each[:2] in reasons else each
            for each in found
        )
        return given._replace(found=tuple(marked))

    def _doubts(
        self, part: Part, figures: Sequence[Figure]
    ) -> Iterator[tuple[tuple[str, str], str]]:
        found, own = (
            _by_city(each) for each in (figures, self._history.known(part.plugin.indicator.id))
        )
        lines = {city: Line(values) for city, values in {**found, **own}.items()}
        for city, values in found.items():
            line = lines[city]
            for period, value in line.unusual(values, self._settings.jump):
                near = line.nearest(period, itself=city in own)
                others = [
                    other
                    for name, its in lines.items()
                    if name != city and (value < 0 or not near)
                    for other in its.nearest(period)[:1]
                ]
                if reason := self._reason(part, value, near, others):
                    yield (city, period), reason

    def _reason(
        self, part: Part, value: float, near: Sequence[float], others: Sequence[float]
    ) -> str:
        """Why a figure cannot be right, or nothing.

        Args:
            part: of which indicator it is.
            value: the figure.
            near: those of its own city in the nearest periods.
            others: those of the other cities, each of the nearest period.
        """
        if value < 0 and _counts_things(part) and all(each >= 0 for each in (*near, *others)):
            return "negative, and it counts what cannot be"
        if near and (apart := _apart(value, near, self._settings.jump)):
            return f"{apart} its own figures of the nearest periods ({_text(near)})"
        middle = statistics.median(others) if others and not near else 0.0
        if value * middle > 0 and abs(log10(value / middle)) >= _CITIES_APART:
            return f"{value / middle:,.3g} times the other cities ({_text(others)})"
        return ""


def _counts_things(part: Part) -> bool:
    from cityflux.core.model.errors import UnitError
    from cityflux.core.model.units import dimension  # only now: few figures are negative

    try:
        return dimension(part.plugin.indicator.unit) not in _SIGNED
    except UnitError:
        return False  # who knows what it counts


def _doubted(result: Result, reason: str) -> Result:
    """What a thin page gave: all of it suspect, whether it looks right or not."""
    given = (
        Given(cast("Found", tuple(_doubted_too(each, reason) for each in found)), error)
        for found, error in result.given
    )
    return replace(result, given=tuple(given))


def _doubted_too(figure: Figure | FlowFigure, reason: str) -> Figure | FlowFigure:
    if isinstance(figure, FlowFigure) or figure.status == "suspect":
        return figure
    return _suspect(figure, reason)


def _suspect(figure: Figure, reason: str) -> Figure:
    note = "; ".join(filter(None, (reason, figure.note)))
    return figure._replace(status="suspect", note=note)


def _by_city(figures: Sequence[Figure]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for each in figures:
        found.setdefault(each.city_id, {})[each.period] = each.value
    return found


class Line:
    """The figures of one city in the order of time.

    Args:
        values: by period.
    """

    def __init__(self, values: Mapping[str, float]) -> None:
        self._values = values

    def unusual(self, figures: Mapping[str, float], jump: float) -> Iterator[tuple[str, float]]:
        """The figures that are far from the middle of all, and those of a line that is short.

        Most figures are near the middle, and need no closer look.
        """
        low, high = 0.0, 0.0
        if len(self._values) >= _NEIGHBOURS:
            usual = statistics.median(self._values.values())
            low, high = sorted((usual / jump, usual * jump))
        return ((period, value) for period, value in figures.items() if not low < value < high)

    @cached_property
    def _points(self) -> dict[int, list[tuple[float, float]]]:
        points: dict[int, list[tuple[float, float]]] = {}
        for period, value in self._values.items():
            points.setdefault(len(period), []).append((_moment(period), value))
        for each in points.values():
            each.sort()
        return points

    def nearest(self, period: str, itself: bool = True) -> list[float]:
        """The values of the nearest periods of the same precision, the nearest first.

        Args:
            period: which periods are nearest to.
            itself: whether the value of that very period is one of them.
        """
        points = self._points.get(len(period), [])
        moment = _moment(period)
        place = bisect_left(points, (moment,))
        around = points[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS + 1]
        near = sorted([(abs(when - moment), value) for when, value in around])
        return [value for apart, value in near if itself or apart][:_NEIGHBOURS]


@lru_cache(maxsize=4096)
def _moment(period: str) -> float:
    """A period as years, well enough to tell which of two is nearer; 0 for what is no period."""
    try:
        digits = [int(part.strip("Q")) for part in period.partition("/")[0].split("-")]
    except ValueError:
        return 0.0  # the contract will say so
    return sum(part / 100.0**n for n, part in enumerate(digits))


def _apart(value: float, near: Sequence[float], jump: float) -> str:
    """How a figure stands apart from its neighbours, or nothing."""
    middle = statistics.median(near)
    sizes = [abs(each) for each in near if each]
    if value * middle <= 0 or not sizes:
        return ""
    ratio = value / middle
    distance = abs(log10(ratio))
    # Where the neighbours differ much from each other, this one may as well.
    if distance <= log10(2 * max(sizes) / min(sizes)):
        return ""
    if any(abs(distance - power) < _NEAR for power in _SLIPS):
        return f"{ratio:,.3g} times, as a slip of unit makes it,"
    return f"a jump to {ratio:,.3g} times" if distance > log10(jump) else ""


def _text(values: Sequence[float]) -> str:
    return ", ".join(f"{value:,.6g}" for value in values[:3])
