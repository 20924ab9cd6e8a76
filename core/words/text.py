"""The letters that may stand in a page or a picture."""

from __future__ import annotations

import re

# Control characters but tab and line breaks, halves of surrogate pairs, and the code points that
# are no characters: HTML, "control" and "noncharacter". vl-convert aborts the process over them.
_PLANES = "".join(chr(plane << 16 | last) for plane in range(1, 17) for last in (0xFFFE, 0xFFFF))
_FORBIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff" + _PLANES + "]"
)


def clean(text: str) -> str:
    """Put the replacement character � in the place of each letter that may not stand in a page."""
    return _FORBIDDEN.sub("\ufffd", text)
