"""What analysts miss in the stock ``sqlite-utils`` command; a plugin of sqlite-utils.

Standard library only and nothing at import: a plugin of sqlite-utils that fails to import would
break every command of it. No view of cityflux uses these functions, because other SQLite clients
do not have them.
"""

from __future__ import annotations

import math
import sqlite3

from sqlite_utils import hookimpl


class StandardDeviation:
    """``stddev(x)``: the sample standard deviation (n - 1); NULL for fewer than two values."""

    def __init__(self) -> None:
        self.count, self.mean, self.squares = 0, 0.0, 0.0

    def step(self, value: float | None) -> None:
        """Take in one value (Welford 1962)."""
        if value is None:
            return
        self.count += 1
        delta = value - self.mean
        self.mean += delta / self.count
        self.squares += delta * (value - self.mean)

    def finalize(self) -> float | None:
        """Give the result."""
        return math.sqrt(self.squares / (self.count - 1)) if self.count > 1 else None


def zscore(value: float | None, mean: float | None, deviation: float | None) -> float | None:
    """``zscore(x, mean, stddev)``: (x - mean) / stddev; NULL where it is undefined."""
    if value is None or mean is None or not deviation:
        return None
    return (value - mean) / deviation


def period_year(period: str | None) -> int | None:
    """``period_year('2020-Q3')``: the year in which a period starts."""
    head = (period or "")[:4]
    return int(head) if head.isdigit() else None


@hookimpl
def prepare_connection(conn: sqlite3.Connection) -> None:
    """Add the functions to a connection, and wait longer for a daemon that is writing."""
    conn.execute("PRAGMA busy_timeout = 15000")
    add_functions(conn)


def add_functions(conn: sqlite3.Connection) -> None:
    """Add the functions to a connection."""
    conn.create_function("zscore", 3, zscore, deterministic=True)
    conn.create_function("period_year", 1, period_year, deterministic=True)
    conn.create_aggregate("stddev", 1, StandardDeviation)  # type: ignore[arg-type]
