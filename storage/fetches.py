"""The log of fetches, and the raw bytes that they brought home."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any, Literal, NamedTuple

from cityflux.storage.database import now

Outcome = Literal["stored", "unchanged", "empty", "failed"]


class Answer(NamedTuple):
    """One answer of a source; ``load`` gives its bytes, where they are not kept already."""

    address: str
    sha256: str
    load: Callable[[], bytes]
    status: int = 200
    media_type: str = ""
    charset: str = ""
    etag: str | None = None
    last_modified: str | None = None
    period: str = ""


class Validators(NamedTuple):
    """What proves that an answer is still the last one."""

    etag: str | None
    last_modified: str | None
    sha256: str
    media_type: str = ""
    charset: str = ""
    handed_over: bool = True


class Yield(NamedTuple):
    """What a fetch gave for one of the indicators that it was for, from one source."""

    indicator_id: str
    source_id: str
    outcome: Outcome
    figures: int = 0
    changed: int = 0
    error: str | None = None


class Ended(NamedTuple):
    """How a fetch ended, and what it brought.

    Where it was for the one indicator and source that its row names, that is all there is to say;
    otherwise ``yields`` says it for each of them. ``code`` tells the code that has read it from
    another version.
    """

    fetch_id: int
    outcome: Outcome
    answers: Sequence[Answer] = ()
    figures: int = 0
    changed: int = 0
    error: str | None = None
    yields: Sequence[Yield] = ()
    code: str = ""


def begin_fetch(
    connection: sqlite3.Connection, indicator_id: str, source_id: str, address: str, started: str
) -> int:
    """Write down that a fetch is being stored, within the caller's transaction."""
    return begin_fetches(connection, [(indicator_id, source_id, address, started)])[0]


def begin_fetches(
    connection: sqlite3.Connection, rows: Sequence[tuple[str, str, str, str]]
) -> list[int]:
    """Write down that some fetches are being stored, within the caller's transaction.

    Many rows are written by one statement, here and below: SQLite lets other threads run for as
    long as a statement takes, and each handing over costs more than what is written.

    Args:
        connection: for writing.
        rows: indicator, source, address and start of each; the indicator and the source are ``""``
            where there are several.

    Returns:
        Their ids.
    """
    if not rows:
        return []
    cursor = connection.execute(
        "INSERT INTO fetches (indicator_id, source_id, address, started) VALUES "
        + _places(4, len(rows)),
        [*chain.from_iterable(rows)],
    )
    last = int(cursor.lastrowid or 0)
    return list(range(last - len(rows) + 1, last + 1))


def end_fetch(
    connection: sqlite3.Connection,
    fetch_id: int,
    outcome: Outcome,
    answers: Sequence[Answer] = (),
    figures: int = 0,
    changed: int = 0,
    error: str | None = None,
) -> None:
    """Write down how a fetch ended, and keep the bytes of its answers, each content once."""
    end_fetches(connection, [Ended(fetch_id, outcome, answers, figures, changed, error)])


# Named, since a hand may have added columns of its own.
_YIELD = "indicator_id, source_id, fetch_id, outcome, figures, changed, error"


def end_fetches(connection: sqlite3.Connection, fetches: Sequence[Ended]) -> None:
    """Write down how some fetches ended, and keep the bytes of their answers, each content once."""
    if not fetches:
        return
    keep_answers(connection, [(answer, True) for each in fetches for answer in each.answers])
    connection.executemany(
        "INSERT INTO fetch_documents (fetch_id, position, address, http_status, media_type, "
        "charset, period, snapshot) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (fetch.fetch_id, at, d.address, d.status, d.media_type, d.charset, d.period, d.sha256)
            for fetch in fetches
            if len(fetch.answers) > 1 or any(d.charset or d.period for d in fetch.answers)
            for at, d in enumerate(fetch.answers)
        ],
    )
    connection.execute(
        "UPDATE fetches SET ended = ?, outcome = v.column2, figures = v.column3, "
        "changed = v.column4, error = v.column5, http_status = v.column6, etag = v.column7, "
        "snapshot = v.column8, address = coalesce(v.column9, address), code = v.column10 "
        f"FROM (VALUES {_places(10, len(fetches))}) AS v WHERE id = v.column1",
        [now(), *chain.from_iterable(map(_ended_row, fetches))],
    )
    connection.execute(
        f"INSERT INTO fetch_yields ({_YIELD}) "
        "SELECT indicator_id, source_id, id, outcome, figures, changed, error FROM fetches "
        "WHERE id IN (SELECT value FROM json_each(?))",
        (json.dumps([each.fetch_id for each in fetches if not each.yields]),),
    )
    connection.executemany(
        f"INSERT INTO fetch_yields ({_YIELD}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(*y[:2], fetch.fetch_id, *y[2:]) for fetch in fetches for y in fetch.yields],
    )


def _ended_row(fetch: Ended) -> tuple[object, ...]:
    first = fetch.answers[0] if fetch.answers else None
    document = (first.status, first.etag, first.sha256, first.address) if first else (None,) * 4
    said = (fetch.fetch_id, fetch.outcome, fetch.figures, fetch.changed, fetch.error)
    return (*said, *document, fetch.code)


def keep_answers(connection: sqlite3.Connection, answers: Sequence[tuple[Answer, bool]]) -> None:
    """Keep the bytes of answers, and what proves that they are still the last answers.

    Args:
        connection: within a transaction.
        answers: what came, and whether figures were to be read from it, or only the way to others.
    """
    if not answers:
        return
    _keep_bytes(connection, {answer.sha256: answer for answer, _ in answers})
    moment = now()
    connection.execute(
        "INSERT INTO answers "
        "(address, etag, last_modified, snapshot, media_type, charset, handed_over, answered) "
        f"VALUES {_places(8, len(answers))} ON CONFLICT DO UPDATE SET etag = excluded.etag, "
        "last_modified = excluded.last_modified, snapshot = excluded.snapshot, "
        "media_type = excluded.media_type, charset = excluded.charset, "
        "handed_over = excluded.handed_over, answered = excluded.answered "
        "WHERE snapshot <> excluded.snapshot OR handed_over < excluded.handed_over "
        "OR etag IS NOT excluded.etag OR last_modified IS NOT excluded.last_modified",
        [
            value
            for a, handed_over in answers
            for value in (
                *(a.address, a.etag, a.last_modified, a.sha256, a.media_type, a.charset),
                *(handed_over, moment),
            )
        ],
    )


def _keep_bytes(connection: sqlite3.Connection, answers: Mapping[str, Answer]) -> None:
    """Keep the bytes that are not kept yet, by their hash."""
    rows_of_known = connection.execute(
        "SELECT sha256 FROM snapshots WHERE sha256 IN (SELECT value FROM json_each(?))",
        (json.dumps(list(answers)),),
    )
    known = {*chain.from_iterable(rows_of_known)}
    rows: list[object] = []
    for sha256, answer in answers.items():
        if sha256 not in known:
            body = answer.load()
            rows += [sha256, zlib.compress(body, level=3), answer.media_type, len(body), now()]
    if rows:
        connection.execute(
            "INSERT INTO snapshots (sha256, body, media_type, size, kept_at) VALUES "
            + _places(5, len(rows) // 5),
            rows,
        )


@cache
def _places(columns: int, rows: int) -> str:
    """The places of the values of some rows in a statement."""
    row = f"({', '.join('?' * columns)})"
    return ", ".join([row] * rows)


_ANSWERS = """
SELECT address, etag, last_modified, snapshot, media_type, charset, handed_over FROM answers
"""


def read_answers(connection: sqlite3.Connection) -> dict[str, Validators]:
    """For each address that ever answered: what proves that its answer is still the last one."""
    return dict(map(_validators, connection.execute(_ANSWERS)))


def read_answer(connection: sqlite3.Connection, address: str) -> Validators | None:
    """The same for one address; None where it never answered."""
    row = connection.execute(f"{_ANSWERS} WHERE address = ?", (address,)).fetchone()
    return None if row is None else _validators(row)[1]


def _validators(row: tuple[Any, ...]) -> tuple[str, Validators]:
    address, etag, modified, sha256, media_type, charset, handed_over = row
    return address, Validators(etag, modified, sha256, media_type, charset, bool(handed_over))


def read_snapshot(connection: sqlite3.Connection, sha256: str) -> bytes:
    """The bytes of a snapshot.

    Raises:
        KeyError: there is none with this hash.
    """
    row = connection.execute("SELECT body FROM snapshots WHERE sha256 = ?", (sha256,)).fetchone()
    if row is None:
        raise KeyError(sha256)
    return zlib.decompress(row[0])


def last_read(
    connection: sqlite3.Connection, indicator_id: str, source_id: str
) -> tuple[int, Outcome, str] | None:
    """The last fetch that was read without an error for an indicator: what came, by which code.

    One that brought what was known already is not read: its documents are those of this one.
    """
    row = connection.execute(
        "SELECT y.fetch_id, y.outcome, f.code "
        "FROM fetch_yields y JOIN fetches f ON f.id = y.fetch_id "
        "WHERE y.indicator_id = ? AND y.source_id = ? AND y.outcome IN ('stored', 'empty') "
        "ORDER BY y.fetch_id DESC LIMIT 1",
        (indicator_id, source_id),
    ).fetchone()
    return None if row is None else (row[0], row[1], row[2])


def snapshots_of(connection: sqlite3.Connection, fetch_id: int) -> tuple[str, ...]:
    """The hashes of the documents that a fetch brought."""
    several = connection.execute(
        "SELECT snapshot FROM fetch_documents WHERE fetch_id = ? ORDER BY position", (fetch_id,)
    ).fetchall()
    one = "SELECT snapshot FROM fetches WHERE id = ? AND snapshot IS NOT NULL"
    return tuple(chain.from_iterable(several or connection.execute(one, (fetch_id,))))


def last_yield(
    connection: sqlite3.Connection, indicator_id: str, source_id: str
) -> tuple[int, int] | None:
    """How many documents and figures the last fetch that stored any brought; None without one."""
    row = connection.execute(
        "SELECT max(1, (SELECT count(*) FROM fetch_documents d WHERE d.fetch_id = y.fetch_id)), "
        "y.figures FROM fetch_yields y WHERE indicator_id = ? AND source_id = ? "
        "AND outcome = 'stored' ORDER BY fetch_id DESC LIMIT 1",
        (indicator_id, source_id),
    ).fetchone()
    return None if row is None else (row[0], row[1])


class Kept(NamedTuple):
    """A document of an earlier fetch, as far as the database knows it."""

    fetch_id: int
    address: str
    status: int
    media_type: str
    charset: str
    period: str
    sha256: str


_KEPT = """
SELECT f.id, coalesce(d.address, f.address), coalesce(d.http_status, f.http_status, 200),
    coalesce(d.media_type, s.media_type), coalesce(d.charset, ''), coalesce(d.period, ''),
    coalesce(d.snapshot, f.snapshot)
FROM (SELECT DISTINCT y.fetch_id
    FROM json_each(?) pair JOIN fetch_yields y ON y.indicator_id = pair.value ->> 0
        AND y.source_id = pair.value ->> 1
    WHERE y.outcome = 'stored' OR y.figures > 0) AS good
JOIN fetches f ON f.id = good.fetch_id
LEFT JOIN fetch_documents d ON d.fetch_id = f.id
JOIN snapshots s ON s.sha256 = coalesce(d.snapshot, f.snapshot)
ORDER BY f.id DESC, d.position
"""


def kept_documents(
    connection: sqlite3.Connection, pairs: Sequence[tuple[str, str]]
) -> list[list[Kept]]:
    """The documents on which figures rest, by fetch, the oldest first.

    A fetch all of whose addresses were fetched again later is left out.

    Args:
        connection: any connection.
        pairs: indicator and source of the figures; those that stand on one page.
    """
    fetched: dict[int, list[Kept]] = {}
    for row in connection.execute(_KEPT, (json.dumps(pairs),)):
        fetched.setdefault(row[0], []).append(Kept(*row))
    newer: set[str] = set()
    standing = []
    for documents in fetched.values():
        addresses = {document.address for document in documents}
        if not addresses <= newer:
            standing.append(documents)
        newer |= addresses
    return standing[::-1]


def count_fetches(connection: sqlite3.Connection, since: int = 0) -> tuple[int, dict[str, int]]:
    """The id of the last fetch, and how many there were after the fetch ``since``, by outcome."""
    (last,) = connection.execute("SELECT max(id) FROM fetches").fetchone()
    rows = connection.execute(
        "SELECT outcome, count(*) FROM fetches WHERE id > ? GROUP BY outcome", (since,)
    )
    return last or since, dict(rows)
