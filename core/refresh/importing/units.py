"""Units of a file against those of the indicators, in both languages."""

from __future__ import annotations

import re
from functools import lru_cache

from cityflux.core.model.errors import UnitError
from cityflux.core.model.units import is_known, ratio
from cityflux.scrapers.tables.labels import same_unit

#: 10 000 persons, 100 million yuan.
_MULTIPLE = re.compile(r"(?P<many>\d[\d ,]*)\s*(?P<of>[a-z$].*)", re.I)


def in_unit(value: float, unit: str, to: str) -> float:
    """Turn a value from the unit of a file into that of an indicator.

    Raises:
        UnitError: they do not count the same thing, or one is not known.
    """
    one, many, of = factors(unit, to)
    return value * one * many / of


def factors(unit: str, to: str) -> tuple[int, int, int]:
    """What `in_unit` multiplies a value with, once and again, and divides it by.

    Raises:
        UnitError: as `in_unit`.
    """
    if same_unit(unit, to):
        return 1, 1, 1
    many, base = _multiple(unit)
    return many, *ratio(base, to)


def is_same(one: str, other: str) -> bool:
    """Whether two units are one: written alike, or of equal size."""
    if same_unit(one, other):
        return True
    try:
        return in_unit(1.0, one, other) == 1.0
    except UnitError:
        return False


@lru_cache(maxsize=256)
def _multiple(unit: str) -> tuple[int, str]:
    match = None if is_known(unit) else _MULTIPLE.fullmatch(unit.strip())
    if match is None:
        return 1, unit
    base = match["of"].strip()
    if not is_known(base) and is_known(base.rstrip("s")):
        base = base.rstrip("s")
    return int(re.sub(r"\D", "", match["many"])), base
