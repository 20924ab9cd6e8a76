"""The quality gate: a wrapping plugin around ``normalize`` that marks what cannot be right.

A figure is ``suspect`` when it stands apart from its own history by a power of ten that a slip of
unit makes, by a jump far beyond the usual, or by its sign. It is stored and shown with its reason,
and enters no index until it is accepted. A page that suddenly yields far fewer figures is
refused as a whole, so that the last good values stay.
"""

from __future__ import annotations

import sqlite3
import statistics
import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from math import isfinite, log10
from typing import TYPE_CHECKING, Any, Protocol

from cityflux.core.model.document import Document
from cityflux.core.model.errors import PluginError, UnitError
from cityflux.core.model.figure import Figure
from cityflux.core.model.nouns import Flow, Indicator
from cityflux.core.model.units import dimension
from cityflux.core.plugin.contract import REQUIRED
from cityflux.core.plugin.hookspecs import hookimpl
from cityflux.core.plugin.manager import IndicatorPlugin
from cityflux.storage.fetches import last_yield
from cityflux.storage.observations import read_known

if TYPE_CHECKING:
    import polars as pl

    from cityflux.core.model.sections import Quality

NAME = "cityflux.quality_gate"

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
#: The columns in which the gate writes.
_MARKS = ("status", "note")


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

    def last_yield(self, indicator_id: str, source_id: str) -> tuple[int, int] | None:
        """How many documents and figures the last good fetch brought."""
        with self._lock:
            return last_yield(self._connection, indicator_id, source_id)


class Thresholds(Protocol):
    """What [quality] says of one indicator; pydantic is not loaded in every process."""

    @property
    def jump(self) -> float:
        """How many times its neighbours a figure may be."""

    @property
    def fewest(self) -> float:
        """The share of the last good fetch's figures below which a page is refused."""


class Gate:
    """The gate of one indicator.

    Args:
        indicator: whose figures pass.
        history: what is known already.
        settings: the thresholds.
    """

    def __init__(self, indicator: Indicator, history: History, settings: Thresholds) -> None:
        self._indicator = indicator
        self.history = history
        self.settings = settings

    def __dir__(self) -> list[str]:
        """What pluggy has to look through: a gate is set for every task of a refresh."""
        return ["normalize"]

    @hookimpl(wrapper=True)
    def normalize(self, documents: Sequence[Document]) -> Generator[None, Any, Any]:
        """Let figures pass, mark those that cannot be right, refuse a page that lost half."""
        frame = yield
        if not documents or all(each.address.startswith(REVIEWED) for each in documents):
            return frame
        import polars as pl

        if not isinstance(frame, pl.DataFrame) or not set(REQUIRED) <= set(frame.columns):
            return frame  # the contract will say what is wrong
        self._check_yield(documents, frame)
        return self._marked(frame)

    def _check_yield(self, documents: Sequence[Document], frame: pl.DataFrame) -> None:
        last = self.history.last_yield(self._indicator.id, documents[0].source_id)
        if last is None or len(documents) < last[0] or last[1] < FEWEST:
            return
        found = frame["value"].count()
        if found < self.settings.fewest * last[1]:
            raise PluginError(
                f"{documents[0].address}: gave {found} figures, and {last[1]} the last time; look "
                "whether the page has changed, the last good figures stay"
            )

    def _marked(self, frame: pl.DataFrame) -> pl.DataFrame:
        if not frame.schema["value"].is_numeric():
            return frame
        cities, periods, values = (frame[name].to_list() for name in ("city", "period", "value"))
        keys = [*zip(cities, periods, strict=True)]
        reasons = dict(self._doubts(_by_city(keys, values)))
        return _with_reasons(frame, keys, reasons) if reasons else frame

    def _doubts(
        self, found: Mapping[str, Mapping[str, float]]
    ) -> Iterator[tuple[tuple[str, str], str]]:
        own: dict[str, dict[str, float]] = {}
        for each in self.history.known(self._indicator.id):
            own.setdefault(each.city_id, {})[each.period] = each.value
        lines = {city: Line(values) for city, values in {**found, **own}.items()}
        for city, figures in found.items():
            line = lines[city]
            for period, value in line.unusual(figures, self.settings.jump):
                near = line.nearest(period, itself=city in own)
                others = [
                    other
                    for name, its in lines.items()
                    if name != city and (value < 0 or not near)
                    for other in its.nearest(period)[:1]
                ]
                if reason := self._reason(value, near, others):
                    yield (city, period), reason

    def _reason(self, value: float, near: Sequence[float], others: Sequence[float]) -> str:
        """Why a figure cannot be right, or nothing.

        Args:
            value: the figure.
            near: those of its own city in the nearest periods.
            others: those of the other cities, each of the nearest period.
        """
        if value < 0 and self._counts_things() and all(each >= 0 for each in (*near, *others)):
            return "negative, and it counts what cannot be"
        if near and (apart := _apart(value, near, self.settings.jump)):
            return f"{apart} its own figures of the nearest periods ({_text(near)})"
        middle = statistics.median(others) if others and not near else 0.0
        if value * middle > 0 and abs(log10(value / middle)) >= _CITIES_APART:
            return f"{value / middle:,.3g} times the other cities ({_text(others)})"
        return ""

    def _counts_things(self) -> bool:
        try:
            return dimension(self._indicator.unit) not in _SIGNED
        except UnitError:
            return False  # who knows what it counts


def set_gates(plugins: Iterable[IndicatorPlugin], history: History, settings: Quality) -> None:
    """Stand a gate around the `normalize` of each indicator, in place of an earlier one."""
    for plugin in plugins:
        off = isinstance(plugin.indicator, Flow) or plugin.indicator.id in settings.off
        set_gate(plugin, history, None if off else settings)


def set_gate(plugin: IndicatorPlugin, history: History, settings: Thresholds | None) -> None:
    """Stand a gate around the `normalize` of one indicator, or none, in place of an earlier one."""
    if plugin.manager.has_plugin(NAME):
        plugin.manager.unregister(name=NAME)
    if settings is not None:
        plugin.manager.register(Gate(plugin.indicator, history, settings), name=NAME)


def gate_of(plugin: IndicatorPlugin) -> Gate | None:
    """The gate that stands around an indicator, if one does."""
    gate = plugin.manager.get_plugin(NAME)
    return gate if isinstance(gate, Gate) else None


def _by_city(
    keys: Iterable[tuple[str, str]], values: Iterable[float | None]
) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for (city, period), value in zip(keys, values, strict=True):
        if value is not None and isfinite(value):
            found[city][period] = value
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


def _with_reasons(
    frame: pl.DataFrame, keys: Iterable[tuple[str, str]], reasons: Mapping[tuple[str, str], str]
) -> pl.DataFrame:
    """The frame with the status and the note of the doubtful figures filled in."""
    import polars as pl

    statuses, notes = (
        frame[name].to_list() if name in frame.columns else _nothing(frame) for name in _MARKS
    )
    for row, key in enumerate(keys):
        if reason := reasons.get(key):
            statuses[row] = "suspect"
            notes[row] = "; ".join(filter(None, (f"suspect: {reason}", notes[row])))
    # Columns are put side by side: for so small a frame an expression of polars takes far longer.
    marks = [
        pl.Series(name, values, dtype=pl.String)
        for name, values in zip(_MARKS, (statuses, notes), strict=True)
    ]
    others = [name for name in frame.columns if name not in _MARKS]
    return (frame[others] if len(others) < frame.width else frame).hstack(marks)


def _nothing(frame: pl.DataFrame) -> list[str | None]:
    return [None] * frame.height
