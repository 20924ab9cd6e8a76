"""Refusing figures that a formula cannot take, by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import polars as pl

from cityflux.core.engine.measures.matrix import Bools
from cityflux.core.model.errors import UnfitFigure

#: No larger figure is computed with: its fourth power, which kurtosis takes, would not be a number.
LARGEST = 1e70


def refuse(frame: pl.DataFrame, bad: Bools, reason: str) -> None:
    """Refuse the first of the bad figures of a frame; nothing happens where there is none.

    Args:
        frame: the figures, a column for each indicator or node.
        bad: of the same shape, true where a figure cannot be taken.
        reason: why, and what to do.

    Raises:
        UnfitFigure: with the row and the column.
    """
    rows, columns = np.nonzero(bad)
    if len(rows):
        row, name = int(rows[0]), frame.columns[columns[0]]
        raise UnfitFigure(name, frame[name][row], reason, row=row)


@contextmanager
def named(frame: pl.DataFrame) -> Iterator[None]:
    """Say of a figure that is refused inside whose it is.

    Args:
        frame: with the columns ``city`` and ``period``, and the rows that the formula is given.

    Raises:
        UnfitFigure: the same, with city and period.
    """
    try:
        yield
    except UnfitFigure as error:
        city, period = frame.select("city", "period").row(error.row)
        raise error.known(city, period) from error


def few(cells: Sequence[str], most: int = 3) -> str:
    """Name the first of many things, and how many there are besides.

    Args:
        cells: the things.
        most: so many are named.
    """
    rest = len(cells) - most
    return ", ".join(cells[:most]) + (f" and {rest} more" if rest > 0 else "")
