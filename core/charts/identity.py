"""How a city looks in all charts: its colour, dash and mark, fixed by who it is."""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """A colour on white, the dash of a line, and the mark of a point."""

    colour: str
    dash: tuple[int, ...]
    mark: str


#: The five cities of the paper. Seen with protanopia or deuteranopia any two of the colours are
#: more than 16 apart (CIEDE2000, Machado and others 2009), in grey 8.6: dash and mark tell as well.
_LOOKS = {
    "shanghai": Look("#0b2480", (1, 0), "circle"),
    "beijing": Look("#990217", (9, 3), "diamond"),
    "guangzhou": Look("#0e7056", (2, 3), "square"),
    "shenzhen": Look("#9c740b", (10, 3, 2, 3), "triangle-up"),
    "hangzhou": Look("#c878c0", (5, 2, 1, 2, 1, 2), "triangle-down"),
}
#: Whoever has no look of its own.
PLAIN = Look("#52606d", (1, 0), "circle")


def look(city: str) -> Look:
    """The look of a city, by its id."""
    return _LOOKS.get(city, PLAIN)
