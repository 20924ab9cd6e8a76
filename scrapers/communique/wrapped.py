"""Text that was broken at a fixed width, as it comes out of a PDF: close it up again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from unicodedata import east_asian_width

from cityflux.scrapers.communique.tables import Block, Table

_RUNNING = re.compile(r"[，。；]")
_ENDS = re.compile(r"[。！？；：:]\s*$")
_HEADING = re.compile(r"[一二三四五六七八九十]{1,3}[、.．]|第[一二三四五六七八九十]+[章部]|#")
_COLUMNS = re.compile(r"\S(?: {2,}|\t|\|)\s*\S")
_PAGE_NUMBER = re.compile(r"\s*(?:[-—–―·]+\s*\d{1,3}\s*[-—–―·]+|第\s*\d{1,3}\s*页.{0,12})\s*")
_BARE_NUMBER = re.compile(r"\s*\d{1,3}\s*")
_ENDS_IN_NUMBER = re.compile(r"\d[亿万]?$")
_WORD = re.compile(r"[\u4e00-\u9fff]{2}")
_UNIT = r"(?:[亿万千]*(?:元|美元|人次?|户|件|吨|公里|平方米|标准?箱|家|所)|[%％]|个百分点)"
_BEGINS_WITH_UNIT = re.compile(rf"{_UNIT}(?:[，,。；;、(（比增同下]|$)")
_OPENS = re.compile(r"(?:全年|年末|全市|初步核算)[^，。；\d]{4,30}$")
_BEGINS_WITH_FIGURE = re.compile(rf"\d[\d.,]* ?{_UNIT}[，。；]")
#: How wide pages are that break their lines, in columns (a Chinese character takes two).
_NARROWEST, _WIDEST = 40, 130


def unwrap(lines: Sequence[Block]) -> list[Block]:
    """Join the lines of a paragraph, and leave out the page numbers between them.

    Lines are taken for broken where a quarter of the running ones ends in mid-sentence. Tables,
    headings and what stands in columns are left alone, and so is text whose paragraphs are whole.
    """
    full = _full_width([line for line in lines if isinstance(line, str) and _RUNNING.search(line)])
    if not full:
        return _stitched(lines)
    joined: list[Block] = []
    is_open = False
    for line in lines:
        if isinstance(line, Table):
            joined.append(line)
            is_open = False
        elif not (_PAGE_NUMBER.fullmatch(line) or (is_open and _BARE_NUMBER.fullmatch(line))):
            if is_open and not _begins(line):
                joined[-1] = f"{joined[-1]}{line}"
            else:
                joined.append(line)
            is_open = _is_open(line, full)
    return _stitched(joined)


def _stitched(lines: Sequence[Block]) -> list[Block]:
    """The lines, with a number that ends one joined to the unit that begins the next."""
    done: list[Block] = []
    for line in lines:
        last = done[-1] if done else None
        if isinstance(last, str) and isinstance(line, str) and _goes_on(last.strip(), line.strip()):
            done[-1] = last.rstrip() + line.strip()
        else:
            done.append(line)
    return done


def _goes_on(last: str, line: str) -> bool:
    if _BEGINS_WITH_UNIT.match(line):
        return bool(_ENDS_IN_NUMBER.search(last[-2:]) and _WORD.search(last))
    return bool(_OPENS.match(last) and _BEGINS_WITH_FIGURE.match(line))


def _full_width(running: Sequence[str]) -> int:
    """The width at which text is broken, or 0 where it is not."""
    widths = sorted(map(_width, running))
    broken = sum(not _ENDS.search(line) for line in running)
    full = widths[len(widths) * 19 // 20] if widths else 0
    return full if _NARROWEST <= full <= _WIDEST and 4 * broken >= len(running) else 0


def _begins(line: str) -> bool:
    return line[:1].isspace() or bool(_HEADING.match(line) or _COLUMNS.search(line))


def _is_open(line: str, full: int) -> bool:
    """Whether a line goes on in the next one; a number that did not fit may leave a gap."""
    if _COLUMNS.search(line.strip()):
        return False
    return _width(line) >= full - 2 or (_width(line) >= 0.7 * full and not _ENDS.search(line))


def _width(line: str) -> int:
    return sum(2 if east_asian_width(char) in "WFA" else 1 for char in line.rstrip())
