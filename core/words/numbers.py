"""How figures are written for readers, in both languages alike."""

from __future__ import annotations

import math

#: What stands in the place of a number that is not known.
MISSING = "–"
#: The sign of a negative number in typeset text; where text is read back, it is a hyphen.
MINUS, HYPHEN = "−", "-"
#: Decimals at the most.
_MOST = 12


def number(
    value: float | None, decimals: int = 2, *, plus: bool = False, minus: str = MINUS
) -> str:
    """A computed number with so many decimals; no sign before zero, a dash for what is missing.

    Args:
        value: any number.
        decimals: how many.
        plus: whether a positive number gets its sign.
        minus: the sign of a negative one.
    """
    if value is None:
        return MISSING
    text = f"{value:{'+' if plus else ''},.{decimals}f}"
    if not text.strip("+-0.,"):
        text = text.lstrip("+-")
    return _signed(text, minus)


def figure(value: float | None, digits: int | None = None, *, minus: str = MINUS) -> str:
    """A published figure with the digits that it has, up to six decimals.

    Args:
        value: any number.
        digits: so many digits count at the most, and there is no power of ten; without a limit
            a figure reads back as what it was, as a power of ten where it has to be.
        minus: the sign of a negative number.
    """
    if value is None:
        return MISSING
    if math.isinf(value):  # a hand wrote it, past all checks
        return _signed(f"{value:f}", minus)
    if digits is None and value and not 1e-5 <= abs(value) < 1e15:
        return _signed(f"{value:.6g}", minus)
    text = f"{value:,.{6 if digits is None else _decimals(value, digits)}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return _signed(text, minus) if text.strip("-0") else "0"


def percent(share: float | None, decimals: int = 0, *, minus: str = MINUS) -> str:
    """A share; below one percent with a decimal, so that few is not none; a dash for null.

    Args:
        share: of one; below zero where it is a loss.
        decimals: how many the others have.
        minus: the sign of a negative one.
    """
    if share is None:
        return MISSING
    few = 0 < abs(share) < 0.01
    return _signed(f"{share:.{max(decimals, 1) if few else decimals}%}", minus)


def size(count: int) -> str:
    """A number of bytes."""
    return f"{count:,} B" if count < 2**10 else f"{count / 2**10:,.1f} KiB"


def _signed(text: str, minus: str) -> str:
    return minus + text[1:] if text.startswith("-") else text


def _decimals(value: float, digits: int) -> int:
    """The decimals with which so many digits count."""
    before = math.floor(math.log10(abs(value))) + 1 if value else 1
    return min(max(0, digits - before), _MOST)
