"""Which of several readings of one figure counts, if any."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from cityflux.scrapers.communique.mentions import Reading
from cityflux.scrapers.communique.numbers import meaning

#: Signs of what is a bound and no value.
BOUNDS = frozenset("<>~")


def choose(readings: Iterable[Reading]) -> list[Reading]:
    """Keep one reading per figure, or none where the text contradicts itself.

    The best label wins, then the whole before its part (其中), then the currency of the rule; a
    precise number stands for its rounded repetition (突破4万亿元 … 达到40269.6亿元). A growth rate
    must belong to the level that was kept.
    """
    levels: dict[str, list[Reading]] = defaultdict(list)
    rates: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        (rates if reading.growth else levels)[reading.match.rule.id].append(reading)
    kept = []
    for name in levels.keys() | rates.keys():
        level = _agreed(levels[name])
        if level:
            kept.append(level)
        rate = _rate(rates[name], level, [r.match.rank for r in levels[name]])
        if rate:
            kept.append(rate)
    return kept


def _agreed(readings: list[Reading]) -> Reading | None:
    if not readings:
        return None
    best = min(reading.match.rank for reading in readings)
    ranked = [reading for reading in readings if reading.match.rank == best]
    ranked = [reading for reading in ranked if not reading.mention.part] or ranked
    ranked = [reading for reading in ranked if _in_unit_of_rule(reading)] or ranked
    stated = [reading for reading in ranked if reading.bound not in BOUNDS] or ranked
    exact = [reading for reading in stated if not reading.bound] or stated
    finest = min(exact, key=_step)
    return finest if all(_repeats(other, finest) for other in exact) else None


def _rate(rates: list[Reading], level: Reading | None, ranks: list[int]) -> Reading | None:
    if level:
        own = [rate for rate in rates if rate.mention is level.mention]
        rates = own or [rate for rate in rates if rate.match.rank == level.match.rank]
    elif ranks:
        rates = [rate for rate in rates if rate.match.rank == min(ranks)]
    return _agreed(rates)


def _in_unit_of_rule(reading: Reading) -> bool:
    quantity = reading.quantity
    return reading.growth or reading.match.rule.convert(quantity.value, quantity.unit) is not None


def _size(reading: Reading) -> float:
    return reading.quantity.value * float(meaning(reading.quantity.unit).size)


def _step(reading: Reading) -> float:
    """The size of one unit of the last printed digit."""
    quantity = reading.quantity
    return float(meaning(quantity.unit).size) * 10.0**-quantity.decimals


def _repeats(rough: Reading, fine: Reading) -> bool:
    """Whether one number is the other, or the other rounded."""
    same = meaning(rough.quantity.unit).what == meaning(fine.quantity.unit).what
    return same and abs(_size(rough) - _size(fine)) <= 0.5001 * _step(rough)
