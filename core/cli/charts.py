"""Bars and sparklines made of characters, with plain ones where the terminal knows no others."""

from __future__ import annotations

import sys
from collections.abc import Sequence

_STEPS = "▁▂▃▄▅▆▇█"
_PLAIN_STEPS = "12345678"


def shows_unicode() -> bool:
    """Whether what is printed can hold block characters and Chinese."""
    try:
        "█▁上".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def bar(share: float, width: int, *, unicode: bool) -> str:
    """A bar that is so long a share of the width, rounded; 0 to 1."""
    return ("█" if unicode else "#") * round(min(max(share, 0.0), 1.0) * width)


def signed_bar(value: float | None, low: float, high: float, width: int, *, unicode: bool) -> str:
    """A bar from zero to the value, to the left below zero, with a line at zero.

    Args:
        value: None for an empty bar.
        low: the value at the left edge, or zero if that is lower.
        high: the value at the right edge, or zero if that is higher.
        width: in characters, without the line.
        unicode: whether block characters can be shown.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    block, line = ("█", "│") if unicode else ("#", "|")
    if high == low:
        return line + " " * width
    left = round(-low / (high - low) * width)
    length = round(abs(value or 0.0) / (high - low) * width)
    below = block * min(length, left) if (value or 0.0) < 0 else ""
    above = block * min(length, width - left) if (value or 0.0) > 0 else ""
    return below.rjust(left) + line + above.ljust(width - left)


def sparkline(values: Sequence[float | None], low: float, high: float, *, unicode: bool) -> str:
    """A character for each value, the higher the more; a blank for None.

    Args:
        values: in the order of time.
        low: the value of the lowest step.
        high: the value of the highest step.
        unicode: whether block characters can be shown; else digits from 1 to 8.
    """
    steps = _STEPS if unicode else _PLAIN_STEPS
    spread = high - low
    return "".join(
        " "
        if value is None
        else steps[min(int((value - low) / spread * len(steps)), len(steps) - 1) if spread else 0]
        for value in values
    )
