"""Text whose cells are parted by commas, tabs or other marks, row by row."""

from __future__ import annotations

import csv
import io
from collections import Counter
from contextlib import suppress

#: Cells of a file, and characters of one of them.
MOST_CELLS = 1_000_000
DELIMITERS = (",", "\t", ";", "|", "，")

_SAMPLE_ROWS = 50
# Stands behind the text: where a quote is never closed, it is swallowed as well.
_END = "\x1e"


def delimiter_of(text: str) -> str:
    """The delimiter under which most of the first rows have the same number of cells."""
    lines = text[: _SAMPLE_ROWS * 10_000].splitlines()[:_SAMPLE_ROWS]

    def fit(delimiter: str) -> tuple[int, int]:
        widths: Counter[int] = Counter()
        with suppress(csv.Error):  # whoever reads it all will say so
            widths.update(len(row) for row in csv.reader(lines, delimiter=delimiter))
        del widths[0], widths[1]
        if not widths:
            return 0, 0
        width, rows = max(widths.items(), key=lambda item: (item[1], item[0]))
        return rows, width

    return max(DELIMITERS, key=fit)


def read_delimited(text: str, delimiter: str) -> list[list[str]]:
    """The cells of each row, as they stand.

    Raises:
        ValueError: when there are more cells than are read, one is too long, or a quote is never
            closed, which would swallow the rows behind it.
    """
    cells = sum(map(text.count, {delimiter, "\n", "\r"}))
    if cells > MOST_CELLS:
        raise ValueError(f"some {cells:,} cells, more than the {MOST_CELLS:,} that are read")
    rows: list[list[str]] = []
    lines = [1]
    reader = csv.reader(io.StringIO(f"{text}\n{_END}", newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows.append(row)
            lines.append(reader.line_num + 1)
    except csv.Error as error:
        raise ValueError(f"line {lines[-1]}: {error}") from None
    if rows.pop() != [_END]:
        raise ValueError(f"line {lines[-2]}: a quote is opened and never closed")
    return rows
