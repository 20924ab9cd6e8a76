"""What a figure is judged by: its own history, the other cities, and what is possible at all.

A power of ten that a slip of unit makes, a jump far beyond the usual, a sign that cannot be, or a
number beyond anything of its unit make a figure suspect. Where two figures of a city disagree, the
one is odd that stands apart from the other cities, whether it is new or stored already.
"""

from __future__ import annotations

import statistics
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from math import log10
from typing import NamedTuple

from cityflux.core.model.errors import UnitError
from cityflux.core.model.figure import Figure
from cityflux.core.model.units import read

#: What a slip between 个, 十, 万 and 亿 multiplies a figure by.
_SLIPS = (1, 4, 8)
#: How near (in powers of ten) a ratio must be to such a factor: within 1.4 times.
_NEAR = 0.15
#: How many neighbours in time make the yardstick.
_NEIGHBOURS = 5
#: Cities differ from each other by less than this (in powers of ten); beyond it is a slip.
_CITIES_APART = 3.0
#: From so few neighbours it is not clear which of two that disagree is odd.
_FEW = 2
#: How many other cities can tell, and by how much more (in powers of ten) one stands apart.
_ENOUGH_CITIES, _ODDER = 3, 0.5
#: What may be negative.
_SIGNED = frozenset({"a share", "percentage points", "points of an index", "a score", "degrees"})
#: More than the world has, in the smallest unit of what is counted; of anything else a lot more.
_MOST: Mapping[str, float] = {"people": 1e12, "a share": 1e5, "degrees": 360.0, "area": 1e15}
_MOST_OF_ANYTHING = 1e20

Cell = tuple[str, str]


class Near(NamedTuple):
    """A figure of a neighbouring period."""

    period: str
    value: float


def doubts(
    unit: str, known: Sequence[Figure], figures: Sequence[Figure], jump: float
) -> Iterator[tuple[Cell, str]]:
    """The cells that cannot be right, each with the reason; stored ones may be among them.

    Args:
        unit: of all figures.
        known: the accepted figures of the indicator, the preferred source of each last.
        figures: those that are judged.
        jump: how many times its neighbours a figure may be.
    """
    found, own = _by_city(figures), _by_city(known)
    lines = {city: Line(values) for city, values in {**found, **own}.items()}
    most = plausible(unit)
    for city, values in found.items():
        line = lines[city]
        for period, value in line.unusual(values, jump, most):
            near = line.nearest(period, itself=city in own)
            others = [
                other.value
                for name, its in lines.items()
                if name != city and (value < 0 or len(near) <= _FEW)
                for other in its.nearest(period)[:1]
            ]
            reason = _reason(unit, value, [each.value for each in near], others, jump, most)
            if reason and _is_sound(value, near, others, most):
                for other in near if city in own else ():
                    if values.get(other.period, other.value) == other.value != value:
                        yield (city, other.period), f"{reason}, which fit the other cities"
            elif reason:
                yield (city, period), reason


def marked(figures: Sequence[Figure], reasons: Mapping[Cell, str]) -> tuple[Figure, ...]:
    """The figures, those with a reason as suspect."""
    return tuple(
        suspect(each, f"suspect: {reasons[each[:2]]}") if each[:2] in reasons else each
        for each in figures
    )


def suspect(figure: Figure, reason: str) -> Figure:
    """The same figure, doubted for a reason."""
    note = "; ".join(filter(None, (reason, figure.note)))
    return figure._replace(status="suspect", note=note)


@lru_cache(maxsize=512)
def plausible(unit: str) -> float:
    """The largest number that anything can have in a unit."""
    try:
        what, size = read(unit)
    except UnitError:
        return _MOST_OF_ANYTHING
    return _MOST.get(what, _MOST_OF_ANYTHING) / float(size)


def _reason(
    unit: str,
    value: float,
    near: Sequence[float],
    others: Sequence[float],
    jump: float,
    most: float,
) -> str:
    """Why a figure cannot be right, or nothing.

    Args:
        unit: of all figures.
        value: the figure.
        near: those of its own city in the nearest periods.
        others: those of the other cities, each of the nearest period.
        jump: how many times its neighbours it may be.
        most: the largest number that anything can have.
    """
    if abs(value) > most:
        return f"{value:.3g} {unit} is more than there can be of anything"
    if value < 0 and _counts_things(unit) and all(each >= 0 for each in (*near, *others)):
        return "negative, and it counts what cannot be"
    if near and (apart := _apart(value, near, jump)):
        return f"{apart} its own figures of the nearest periods ({_text(near)})"
    middle = statistics.median(others) if others and not near else 0.0
    if value * middle > 0 and abs(log10(value / middle)) >= _CITIES_APART:
        return f"{value / middle:,.3g} times the other cities ({_text(others)})"
    return ""


def _is_sound(value: float, near: Sequence[Near], others: Sequence[float], most: float) -> bool:
    """Whether not this figure is odd, but the few neighbours that it disagrees with.

    Args:
        value: the figure.
        near: those of its own city in the nearest periods.
        others: those of the other cities, each of the nearest period.
        most: the largest number that anything can have.
    """
    sizes = [each for each in others if each > 0]
    few = 0 < len(near) <= _FEW and all(each.value > 0 for each in near)
    if not few or len(sizes) < _ENOUGH_CITIES or not 0 < value <= most:
        return False
    middle = statistics.median(sizes)
    own = abs(log10(value / middle))
    return own < _CITIES_APART and all(
        abs(log10(each.value / middle)) > own + _ODDER for each in near
    )


def _counts_things(unit: str) -> bool:
    try:
        return read(unit).what not in _SIGNED
    except UnitError:
        return False  # who knows what it counts


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

    def unusual(
        self, figures: Mapping[str, float], jump: float, most: float
    ) -> Iterator[tuple[str, float]]:
        """The figures that are far from the middle of all, and those of a line that is short.

        Most figures are near the middle, and need no closer look.
        """
        low, high = 0.0, 0.0
        if len(self._values) >= _NEIGHBOURS:
            usual = statistics.median(self._values.values())
            low, high = sorted((usual / jump, usual * jump))
        high = min(high, most)
        return ((period, value) for period, value in figures.items() if not low < value < high)

    @cached_property
    def _points(self) -> dict[int, list[tuple[float, Near]]]:
        points: dict[int, list[tuple[float, Near]]] = {}
        for period, value in self._values.items():
            points.setdefault(len(period), []).append((_moment(period), Near(period, value)))
        for each in points.values():
            each.sort()
        return points

    def nearest(self, period: str, itself: bool = True) -> list[Near]:
        """The figures of the nearest periods of the same precision, the nearest first.

        Args:
            period: which periods are nearest to.
            itself: whether the value of that very period is one of them.
        """
        points = self._points.get(len(period), [])
        moment = _moment(period)
        place = bisect_left(points, (moment,))
        around = points[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS + 1]
        near = sorted((abs(when - moment), value) for when, value in around)
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
