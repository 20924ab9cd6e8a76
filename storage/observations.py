"""The figures: stored once, revised with their history, read as they were known on any day."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain
from math import isfinite
from operator import itemgetter
from typing import NamedTuple

from cityflux.core.model.figure import Figure
from cityflux.core.model.period import is_period
from cityflux.storage.database import gather, now


class Series(NamedTuple):
    """All figures of one indicator, in the order of city, period and source.

    ``cities``, ``periods`` and ``sources`` are JSON arrays of texts, as long as ``values``: most
    indicators have the same ones, so that who reads many of them need not look at each. Where a
    row has no number, or a status that does not exist, its value is None.
    """

    indicator_id: str
    cities: str
    periods: str
    sources: str
    values: list[float | None]


#: How the note of a figure begins that somebody accepted.
_ACCEPTED = "accepted; was "

#: What may enter an index; compared one by one, which is quicker than with a list.
_SOUND = "status <> 'suspect' AND status <> 'bound'"

#: Rows of one statement at most. SQLite lets other threads run for as long as a statement takes,
#: and handing over once for many rows instead of many times makes writing and fetching overlap.
_ROWS = 512


@cache
def _insert(rows: int) -> str:
    """A statement that stores some rows of the same moment."""
    places = ", ".join(["(?1, ?, ?, ?, ?, ?, ?, ?, ?)"] * rows)
    return f"""
        INSERT INTO observations
            (recorded_at, indicator_id, source_id, fetch_id, city_id, period, value, status, note)
        VALUES {places}
        ON CONFLICT DO UPDATE SET value = excluded.value, status = excluded.status,
            note = excluded.note, fetch_id = excluded.fetch_id, recorded_at = excluded.recorded_at
    """


class Batch(NamedTuple):
    """The figures that one fetch brought of one indicator from one source."""

    indicator_id: str
    source_id: str
    figures: Sequence[Figure]
    fetch_id: int | None = None


def store_figures(
    connection: sqlite3.Connection,
    indicator_id: str,
    source_id: str,
    figures: Iterable[Figure],
    fetch_id: int | None = None,
) -> int:
    """Store what differs from what is known, within the caller's transaction.

    A figure that is known and confirmed writes nothing; one that is no longer there stays. A
    value that somebody accepted is not doubted again.

    Returns:
        How many figures are new or different.
    """
    return store_batches(connection, [Batch(indicator_id, source_id, [*figures], fetch_id)])[0]


def store_batches(connection: sqlite3.Connection, batches: Sequence[Batch]) -> list[int]:
    """Store some batches, each as `store_figures` does; no two of the same indicator and source.

    Returns:
        How many figures are new or different, batch by batch.
    """
    known = _known(connection, [batch[:2] for batch in batches if batch.figures])
    counts, rows = [], []
    for batch in batches:
        before = known.get(batch[:2])
        news = sorted(
            [figure for figure in batch.figures if _is_news(figure, before.get(figure[:2]))]
            if before
            else batch.figures
        )
        same = (batch.indicator_id, batch.source_id, batch.fetch_id)
        rows += [(*same, *figure) for figure in news]
        counts.append(len(news))
    _store_rows(connection, rows)
    return counts


def _store_rows(connection: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Store rows by statements of powers of two, so that few of them have to be kept."""
    moment, first = now(), 0
    while first < len(rows):
        count = min(_ROWS, 1 << (len(rows) - first).bit_length() - 1)
        part = rows[first : first + count]
        connection.execute(_insert(count), (moment, *chain.from_iterable(part)))
        first += count


def _known(
    connection: sqlite3.Connection, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], dict[tuple[str, str], tuple[float, str, str]]]:
    """What is known of some indicators from some sources: value, status, note by city, period."""
    found: dict[tuple[str, str], dict[tuple[str, str], tuple[float, str, str]]] = {}
    rows = connection.execute(
        "SELECT o.indicator_id, o.source_id, city_id, period, o.value, status, note "
        "FROM json_each(?) pair CROSS JOIN observations o "
        "ON o.indicator_id = pair.value ->> 0 AND o.source_id = pair.value ->> 1",
        (json.dumps(pairs),),
    )
    for indicator_id, source_id, city_id, period, *rest in rows:
        found.setdefault((indicator_id, source_id), {})[city_id, period] = tuple(rest)
    return found


def _is_news(figure: Figure, known: tuple[float, str, str] | None) -> bool:
    if known is None or known[0] != figure.value:
        return True
    if known[2].startswith(_ACCEPTED):
        return False
    return known != figure[2:]


def accept_figures(
    connection: sqlite3.Connection,
    indicator_id: str,
    city_id: str | None = None,
    period: str | None = None,
    source_id: str | None = None,
) -> int:
    """Take suspect figures of an indicator as sound, within the caller's transaction.

    Args:
        connection: for writing.
        indicator_id: the indicator.
        city_id: only of this city; all cities without it.
        period: only of this period; all without it.
        source_id: only from this source; all without it.

    Returns:
        How many were accepted.
    """
    cursor = connection.execute(
        f"UPDATE observations SET status = 'ok', note = '{_ACCEPTED}' || note "
        "WHERE indicator_id = ? AND status = 'suspect' AND city_id = coalesce(?, city_id) "
        "AND period = coalesce(?, period) AND source_id = coalesce(?, source_id)",
        (indicator_id, city_id, period, source_id),
    )
    return cursor.rowcount


def doubt_figures(
    connection: sqlite3.Connection, indicator_id: str, cells: Iterable[tuple[str, str, str]]
) -> None:
    """Mark stored figures as suspect: city, period and why; those that were accepted stay."""
    connection.executemany(
        "UPDATE observations SET status = 'suspect', note = ?3 || iif(note = '', '', '; ' || note) "
        f"WHERE indicator_id = ?4 AND city_id = ?1 AND period = ?2 AND {_SOUND} "
        f"AND note NOT LIKE '{_ACCEPTED}%'",
        [(*cell, indicator_id) for cell in cells],
    )


def read_known(connection: sqlite3.Connection, indicator_id: str) -> list[Figure]:
    """The accepted figures of an indicator, the preferred source of each last.

    In place of one that is suspect stands the last one that was not: what slipped in is no history.
    """
    return [
        Figure(*row)
        for row in connection.execute(_ACCEPTED_FIGURES, {"indicator": indicator_id})
        if is_period(row[1]) and _is_number(row[2])
    ]


_ACCEPTED_FIGURES = f"""
SELECT f.city_id, f.period, f.value FROM (
    SELECT city_id, period, value, source_id FROM observations
    WHERE indicator_id = :indicator AND {_SOUND}
    UNION ALL
    SELECT r.city_id, r.period, r.value, r.source_id FROM observations o
    JOIN revisions r ON r.indicator_id = o.indicator_id AND r.city_id = o.city_id
        AND r.period = o.period AND r.source_id = o.source_id
    WHERE o.indicator_id = :indicator AND o.status = 'suspect' AND r.recorded_at = (
        SELECT max(x.recorded_at) FROM revisions x
        WHERE x.indicator_id = o.indicator_id AND x.city_id = o.city_id AND x.period = o.period
            AND x.source_id = o.source_id AND {_SOUND})
) f JOIN sources s ON s.id = f.source_id
ORDER BY s.priority DESC, s.id DESC"""


def read_current(
    connection: sqlite3.Connection, indicator_ids: Iterable[str]
) -> list[tuple[str, str, str, float]]:
    """The current figures of some indicators: indicator, city, period, value, in this order.

    Rows that are no figures are passed over.
    """
    wanted = [*indicator_ids]
    rows = connection.execute(
        "SELECT indicator_id, city_id, period, value FROM current_observations "
        f"WHERE indicator_id IN ({', '.join('?' * len(wanted))}) "
        "ORDER BY indicator_id, city_id, period",
        wanted,
    )
    return [row for row in rows if is_period(row[2]) and _is_number(row[3])]


def _is_number(value: object) -> bool:
    return isinstance(value, float) and isfinite(value)


def remove_figures(
    connection: sqlite3.Connection, indicator_id: str, source_id: str, keep: Iterable[Figure]
) -> int:
    """Remove the figures of a source that are not in ``keep``: a derived figure lost its inputs.

    Returns:
        How many were removed; the old values stay in ``revisions``.
    """
    stored = connection.execute(
        "SELECT city_id, period FROM observations WHERE indicator_id = ? AND source_id = ?",
        (indicator_id, source_id),
    )
    gone = {*stored}.difference(map(itemgetter(0, 1), keep))
    connection.executemany(
        "DELETE FROM observations "
        "WHERE indicator_id = ? AND city_id = ? AND period = ? AND source_id = ?",
        [(indicator_id, *cell, source_id) for cell in sorted(gone)],
    )
    return len(gone)


def latest_period(connection: sqlite3.Connection, indicator_id: str, source_id: str) -> str | None:
    """The latest period that a source has given for an indicator."""
    return latest_of(
        connection.execute(
            "SELECT DISTINCT period FROM observations WHERE indicator_id = ? AND source_id = ? "
            "ORDER BY period DESC",
            (indicator_id, source_id),
        )
    )


def latest_of(periods: Iterable[tuple[str]]) -> str | None:
    """The first of some rows with a period, the latest first, that is one."""
    return next(filter(is_period, chain.from_iterable(periods)), None)


def read_series(
    connection: sqlite3.Connection,
    indicator_ids: Sequence[str],
    as_of: str | None = None,
    position: int | None = None,
) -> list[Series]:
    """Read all figures of some indicators that may enter an index (neither suspect nor bounds).

    Args:
        connection: any connection.
        indicator_ids: the indicators wanted.
        as_of: a moment as `storage.database.now` writes it; figures as they were known then.
        position: a number of the log of changes; figures as they stood right after that change.
    """
    origin: str = "observations"
    moment: dict[str, str | int] = {}
    if as_of is not None:
        origin, moment = _AS_OF, {"as_of": as_of}
    if position is not None:
        from cityflux.storage.rewind import AT_POSITION

        origin, moment = AT_POSITION, {"position": position}
    values = gather(connection)
    rows = connection.execute(
        f"""SELECT indicator_id, json_group_array(city_id), json_group_array(period),
            json_group_array(source_id), gathered({_NUMBER})
        FROM {origin} WHERE {_SOUND}
        AND indicator_id IN (SELECT value FROM json_each(:names))
        GROUP BY indicator_id""",
        {**moment, "names": json.dumps(list(indicator_ids))},
    )
    found = []
    for name, cities, periods, sources, place in rows:
        found.append(Series(name, cities, periods, sources, values[place]))
    return found


def cities_by_year(
    connection: sqlite3.Connection,
    indicator_ids: Sequence[str],
    city_ids: Sequence[str],
    span: int = 1,
    as_of: str | None = None,
) -> list[tuple[str, int, int]]:
    """Count the cities that have a figure up to the end of a year.

    That is a figure of the year, of its last quarter, month or day, or of the ``span`` of years
    that ends with it. What is suspect or a bound counts nothing.

    Args:
        connection: any connection.
        indicator_ids: the indicators wanted.
        city_ids: the cities wanted.
        span: how many years a span has.
        as_of: as for `read_series`.

    Returns:
        Indicator, year, and how many of the cities.
    """
    origin = "observations" if as_of is None else _AS_OF
    asked = {"names": json.dumps([*indicator_ids]), "cities": json.dumps([*city_ids])}
    return connection.execute(
        f"""SELECT indicator_id, CAST(CASE length(period) WHEN 9 THEN substr(period, 6) ELSE period
            END AS INTEGER) AS year, count(DISTINCT city_id)
        FROM {origin} WHERE indicator_id IN (SELECT value FROM json_each(:names))
        AND city_id IN (SELECT value FROM json_each(:cities))
        AND {_SOUND}
        AND (length(period) = 4 OR substr(period, 5) IN ('-Q4', '-12', '-12-31') OR
            period GLOB '[0-9][0-9][0-9][0-9]/[0-9][0-9][0-9][0-9]'
            AND substr(period, 6) - substr(period, 1, 4) = :span - 1)
        GROUP BY 1, 2""",
        {**asked, "span": span, "as_of": as_of},
    ).fetchall()


# Only a hand that goes past the checks of the table writes anything else.
_NUMBER = """CASE WHEN typeof(value) IN ('real', 'integer')
    AND status IN ('ok', 'provisional') THEN value END"""
_COLUMNS = "indicator_id, city_id, period, source_id, value, status"
_AS_OF = f"""(
    SELECT {_COLUMNS} FROM observations WHERE recorded_at <= :as_of
    UNION ALL
    SELECT {_COLUMNS} FROM revisions WHERE recorded_at <= :as_of AND superseded_at > :as_of
    ORDER BY indicator_id, city_id, period, source_id
)"""


def source_order(connection: sqlite3.Connection, position: int | None = None) -> list[str]:
    """The ids of all sources, the one that wins first; as it was right after a change, if asked."""
    return [
        *chain.from_iterable(
            connection.execute(
                "SELECT s.id FROM sources s ORDER BY coalesce((SELECT c.old_value FROM changes c "
                "WHERE c.kind = 'priority' AND c.source_id = s.id AND c.seq > ? "
                "ORDER BY c.seq LIMIT 1), s.priority), s.id",
                (2**62 if position is None else position,),
            )
        )
    ]
