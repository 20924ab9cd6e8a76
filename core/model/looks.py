"""How often a source is looked at that names no schedule: as often as its figures may be news."""

from __future__ import annotations

from collections.abc import Collection

from cityflux.core.model.nouns import Frequency, Source

#: The quickest first. A new figure is seen within a twelfth of its period or so, a daily one within
#: a quarter of a day.
BY_FREQUENCY: dict[Frequency, str] = {
    "daily": "every 6 hours",
    "weekly": "@daily",
    "monthly": "@daily",
    "quarterly": "@weekly",
    "irregular": "@weekly",
    "annual": "@monthly",
}


def schedule_of(source: Source, frequencies: Collection[Frequency]) -> str:
    """When a source is looked at: as it says itself, else by the quickest of its indicators.

    Args:
        source: whose schedule is wanted.
        frequencies: those of the indicators that it serves.

    Returns:
        A schedule as `Source.schedule` has it; ``""`` for what the clock does not look at, since it
        is shipped, computed, or fetched by nobody.
    """
    if source.schedule or source.access != "live":
        return source.schedule
    return next(BY_FREQUENCY[each] for each in BY_FREQUENCY if each in frequencies)
