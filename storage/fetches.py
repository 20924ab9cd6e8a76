"""The log of fetches, and the raw bytes that they brought home."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from storage.database import now

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


def begin_fetch(
    connection: sqlite3.Connection, indicator_id: str, source_id: str, address: str, started: str
) -> int:
    """Write down that a fetch is being stored, within the caller's transaction."""
    cursor = connection.execute(
        "INSERT INTO fetches (indicator_id, source_id, address, started) VALUES (?, ?, ?, ?)",
        (indicator_id, source_id, address, started),
    )
    return int(cursor.lastrowid or 0)


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
    for answer in answers:
        keep_answer(connection, answer)
    if len(answers) > 1 or any(answer.charset or answer.period for answer in answers):
        connection.executemany(
            "INSERT INTO fetch_documents VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    fetch_id,
                    position,
                    d.address,
                    d.status,
                    d.media_type,
                    d.charset,
                    d.period,
                    d.sha256,
                )
                for position, d in enumerate(answers)
            ],
        )
    first = answers[0] if answers else None
    connection.execute(
        "UPDATE fetches SET ended = ?, outcome = ?, figures = ?, changed = ?, error = ?, "
        "http_status = ?, etag = ?, snapshot = ?, address = coalesce(?, address) WHERE id = ?",
        (
            now(),
            outcome,
            figures,
            changed,
            error,
            first and first.status,
            first and first.etag,
            first and first.sha256,
            first and first.address,
            fetch_id,
        ),
    )


def keep_answer(connection: sqlite3.Connection, answer: Answer, handed_over: bool = True) -> None:
    """Keep the bytes of an answer, and what proves that they are still the last answer.

    Args:
        connection: within a transaction.
        answer: what came.
        handed_over: whether figures were to be read from it, or only the way to others.
    """
    known = connection.execute(
        "SELECT 1 FROM snapshots WHERE sha256 = ?", (answer.sha256,)
    ).fetchone()
    if not known:
        body = answer.load()
        connection.execute(
            "INSERT INTO snapshots (sha256, body, media_type, size, kept_at) "
            "VALUES (?, ?, ?, ?, ?)",
            (
                answer.sha256,
                zlib.compress(body, level=3),
                answer.media_type,
                len(body),
                now(),
            ),
        )
    connection.execute(
        "INSERT INTO answers "
        "(address, etag, last_modified, snapshot, media_type, charset, handed_over, answered) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET etag = excluded.etag, "
        "last_modified = excluded.last_modified, snapshot = excluded.snapshot, "
        "media_type = excluded.media_type, charset = excluded.charset, "
        "handed_over = excluded.handed_over, answered = excluded.answered "
        "WHERE snapshot <> excluded.snapshot OR handed_over < excluded.handed_over "
        "OR etag IS NOT excluded.etag OR last_modified IS NOT excluded.last_modified",
        (
            answer.address,
            answer.etag,
            answer.last_modified,
            answer.sha256,
            answer.media_type,
            answer.charset,
            handed_over,
            now(),
        ),
    )


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


def last_snapshots(
    connection: sqlite3.Connection, indicator_id: str, source_id: str
) -> tuple[str, ...]:
    """The hashes of the documents of the last fetch that was read without an error."""
    row = connection.execute(
        "SELECT id, snapshot FROM fetches WHERE indicator_id = ? AND source_id = ? "
        "AND outcome IN ('stored', 'unchanged') ORDER BY id DESC LIMIT 1",
        (indicator_id, source_id),
    ).fetchone()
    if row is None or row[1] is None:
        return ()
    several = connection.execute(
        "SELECT snapshot FROM fetch_documents WHERE fetch_id = ? ORDER BY position", (row[0],)
    ).fetchall()
    return tuple(snapshot for (snapshot,) in several) or (row[1],)


def last_yield(
    connection: sqlite3.Connection, indicator_id: str, source_id: str
) -> tuple[int, int] | None:
    """How many documents and figures the last fetch that stored any brought; None without one."""
    row = connection.execute(
        "SELECT max(1, (SELECT count(*) FROM fetch_documents d WHERE d.fetch_id = f.id)), "
        "f.figures FROM fetches f WHERE indicator_id = ? AND source_id = ? AND outcome = 'stored' "
        "ORDER BY id DESC LIMIT 1",
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
FROM fetches f
LEFT JOIN fetch_documents d ON d.fetch_id = f.id
JOIN snapshots s ON s.sha256 = coalesce(d.snapshot, f.snapshot)
WHERE f.indicator_id = ? AND f.source_id = ? AND (f.outcome = 'stored' OR f.figures > 0)
ORDER BY f.id DESC, d.position
"""


def kept_documents(
    connection: sqlite3.Connection, indicator_id: str, source_id: str
) -> list[list[Kept]]:
    """The documents on which the figures of a source rest, by fetch, the oldest first.

    A fetch all of whose addresses were fetched again later is left out.
    """
    fetched: dict[int, list[Kept]] = {}
    for row in connection.execute(_KEPT, (indicator_id, source_id)):
        fetched.setdefault(row[0], []).append(Kept(*row))
    newer: set[str] = set()
    standing = []
    for documents in fetched.values():
        addresses = {document.address for document in documents}
        if not addresses <= newer:
            standing.append(documents)
        newer |= addresses
    return standing[::-1]
