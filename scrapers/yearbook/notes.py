"""Footnotes of a yearbook table: which mark means what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_MARKED = re.compile(r"([a-z]\)|\d{1,2}\)|[①-⑳]|\*{1,3}|\[\d+\]|注\d+)[:：]?\s*(.+)", re.DOTALL)
_GENERAL = re.compile(r"(?:备?注|说明|notes?)\s*[:：]\s*(.*)", re.IGNORECASE | re.DOTALL)
_ORIGIN = re.compile(r"(?:资料|数据)?来源\s*[:：]|(?:data )?source\s*[:：]", re.IGNORECASE)


def is_note(text: str) -> bool:
    """Whether a line below a table is a footnote or names the origin of the figures."""
    return any(form.match(text) for form in (_MARKED, _GENERAL, _ORIGIN))


class Notes:
    """The footnotes of one table: general ones, and one for each mark."""

    def __init__(self) -> None:
        self.open = False
        self._general: list[str] = []
        self._by_mark: dict[str, str] = {}
        self._last: str | None = None

    def add_all(self, lines: Iterable[str]) -> None:
        """Take in the lines below a table; a line without a mark goes on with the one before."""
        for line in lines:
            self.open = True
            if _ORIGIN.match(line):
                self._last = None
                continue
            if match := _GENERAL.match(line):
                line = match[1]
            if marked := _MARKED.match(line):
                self._last = marked[1]
                self._by_mark[marked[1]] = marked[2].strip()
            elif match or not (self._general or self._by_mark):
                self._last = None
                self._general += [line] if line else []
            elif self._last is not None:
                self._by_mark[self._last] += f" {line}"
            elif self._general:
                self._general[-1] += f" {line}"

    def of(self, marks: Sequence[str]) -> list[str]:
        """The notes that apply to a figure: the general ones, and those of its marks.

        A mark that no note explains stands for itself.
        """
        marked = [self._by_mark.get(mark, mark) for mark in dict.fromkeys(marks)]
        return [*self._general, *marked]
