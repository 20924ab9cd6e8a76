"""Bars made of characters."""

from __future__ import annotations

import sys


def shows_unicode() -> bool:
    """Whether what is printed can hold block characters."""
    try:
        "█▁".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def bar(share: float, width: int, *, unicode: bool) -> str:
    """A bar that is so long a share of the width, rounded; 0 to 1."""
    return ("█" if unicode else "#") * round(min(max(share, 0.0), 1.0) * width)
