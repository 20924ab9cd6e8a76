"""Panels of experts: their rounds, and what was answered, under pseudonyms."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from cityflux.core.model.errors import StorageError, UnknownName
from cityflux.storage.database import now


class Panel(NamedTuple):
    """A panel: of which index, how it is asked, and when it has agreed (``rule``)."""

    name: str
    index_id: str
    kind: str
    least: int
    most: int
    rule: Mapping[str, float]


class Round(NamedTuple):
    """A round of a panel; ``proposing`` where nodes may be struck or proposed."""

    round: int
    proposing: bool
    opened: str
    closed: str | None


class Rating(NamedTuple):
    """What one expert says of one node, or of two."""

    node_id: str
    other_id: str
    part: str
    value: float


class Answer(NamedTuple):
    """A questionnaire that came back, as far as it is not rows of its own."""

    expert: str
    digest: str
    basis: float | None
    familiarity: float | None
    ratings: Sequence[Rating]
    proposals: Sequence[tuple[str, str]] = ()


def save_panel(
    connection: sqlite3.Connection, panel: Panel, names: Mapping[str, str], version: str
) -> None:
    """Begin a panel, within the caller's transaction.

    Args:
        connection: for writing.
        panel: the panel.
        names: by pseudonym the name of each expert; empty where nobody is to know it.
        version: of the program.

    Raises:
        StorageError: there is one of this name.
    """
    if connection.execute("SELECT 1 FROM panels WHERE name = ?", (panel.name,)).fetchone():
        raise StorageError(f"there is a panel {panel.name!r} already; take another name")
    connection.execute(
        "INSERT INTO panels VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*panel[:5], json.dumps(dict(panel.rule)), now(), version),
    )
    connection.executemany(
        "INSERT INTO panel_experts VALUES (?, ?)", [(panel.name, each) for each in sorted(names)]
    )
    connection.executemany(
        "INSERT INTO panel_names VALUES (?, ?, ?)",
        [(panel.name, *pair) for pair in sorted(names.items()) if pair[1]],
    )


def open_round(
    connection: sqlite3.Connection,
    panel: str,
    nodes: Sequence[tuple[str, str]],
    *,
    proposing: bool = False,
) -> int:
    """Open the next round over some nodes with their parents, within the caller's transaction.

    Raises:
        StorageError: the round before is open.
    """
    known = rounds(connection, panel)
    if known and known[-1].closed is None:
        raise StorageError(
            f"round {known[-1].round} of {panel} is open; close it with: "
            f"cityflux delphi close {panel}"
        )
    number = len(known) + 1
    connection.execute(
        "INSERT INTO rounds (panel, round, proposing, opened) VALUES (?, ?, ?, ?)",
        (panel, number, int(proposing), now()),
    )
    connection.executemany(
        "INSERT INTO panel_nodes VALUES (?, ?, ?, ?, ?)",
        [(panel, number, place, *pair) for place, pair in enumerate(nodes)],
    )
    return number


def close_round(connection: sqlite3.Connection, panel: str) -> int:
    """Close the round that is open, within the caller's transaction; returns its number.

    Raises:
        StorageError: none is open.
    """
    number = open_number(connection, panel)
    connection.execute(
        "UPDATE rounds SET closed = ? WHERE panel = ? AND round = ?", (now(), panel, number)
    )
    return number


def open_number(connection: sqlite3.Connection, panel: str) -> int:
    """The number of the round that is open.

    Raises:
        StorageError: none is open.
    """
    known = rounds(connection, panel)
    if not known or known[-1].closed is not None:
        last = f"; round {known[-1].round} is closed" if known else ""
        raise StorageError(
            f"no round of {panel} is open{last}; open one with: cityflux delphi new {panel}"
        )
    return known[-1].round


def save_answer(
    connection: sqlite3.Connection, panel: str, number: int, given: Answer, *, correct: bool = False
) -> int:
    """Store what one expert answered, within the caller's transaction.

    Args:
        connection: for writing; a trigger refuses what is for a closed round.
        panel: its name.
        number: of the round.
        given: the answer.
        correct: whether it may stand in the place of an earlier one, which stays.

    Returns:
        Which answer of the expert in this round it is, from 1 on.

    Raises:
        StorageError: it was given already, or the expert has answered.
        UnknownName: the panel has no such expert.
    """
    key = panel, number, given.expert
    known = connection.execute(
        "SELECT 1 FROM panel_experts WHERE panel = ? AND expert = ?", (panel, given.expert)
    )
    if not known.fetchone():
        raise UnknownName(f"the panel {panel} has no expert {given.expert!r}")
    same = connection.execute(
        "SELECT expert FROM panel_answers WHERE panel = ? AND round = ? AND digest = ?",
        (panel, number, given.digest),
    ).fetchone()
    if same:
        raise StorageError(f"this answer of {same[0]} was taken in already")
    (before,) = connection.execute(
        "SELECT count(*) FROM panel_answers WHERE panel = ? AND round = ? AND expert = ?", key
    ).fetchone()
    if before and not correct:
        raise StorageError(
            f"{given.expert} has answered round {number} already; to correct it add --correct"
        )
    answer = int(before) + 1
    connection.execute(
        "INSERT INTO panel_answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*key, answer, now(), given.digest, given.basis, given.familiarity),
    )
    connection.executemany(
        "INSERT INTO ratings (panel, round, expert, answer, node_id, other_id, part, value) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [(*key, answer, *each) for each in given.ratings],
    )
    connection.executemany(
        "INSERT INTO panel_proposals VALUES (?, ?, ?, ?, ?, ?)",
        [(*key, answer, *each) for each in dict.fromkeys(given.proposals)],
    )
    return answer


def save_weights(
    connection: sqlite3.Connection,
    panel: str,
    weights: Mapping[str, float],
    method: str,
    number: int,
) -> None:
    """Keep the weights of a panel in the place of the last ones, in the caller's transaction."""
    connection.execute("DELETE FROM panel_weights WHERE panel = ?", (panel,))
    connection.executemany(
        "INSERT INTO panel_weights VALUES (?, ?, ?, ?, ?)",
        [(panel, node, weight, method, number) for node, weight in weights.items()],
    )


def save_tokens(
    connection: sqlite3.Connection, panel: str, number: int, tokens: Mapping[str, str]
) -> None:
    """Keep the hash of each expert's token for a round, in place of an earlier one."""
    connection.executemany(
        "INSERT OR REPLACE INTO panel_tokens VALUES (?, ?, ?, ?)",
        [(panel, number, expert, hash_of(token)) for expert, token in tokens.items()],
    )


def hash_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_panel(connection: sqlite3.Connection, name: str) -> Panel:
    """A panel by its name.

    Raises:
        UnknownName: there is none.
    """
    row = connection.execute(
        "SELECT name, index_id, kind, least, most, rule FROM panels WHERE name = ?", (name,)
    ).fetchone()
    if row is None:
        known = ", ".join(name for (name,) in connection.execute("SELECT name FROM panels"))
        raise UnknownName(f"there is no panel {name!r}; there are: {known or 'none'}")
    found, index, kind, least, most, rule = row
    return Panel(found, index, kind, least, most, json.loads(rule))


def rounds(connection: sqlite3.Connection, panel: str) -> list[Round]:
    """The rounds of a panel in their order."""
    rows = connection.execute(
        "SELECT round, proposing, opened, closed FROM rounds WHERE panel = ? ORDER BY round",
        (panel,),
    )
    return [Round(number, bool(proposing), *rest) for number, proposing, *rest in rows]


def experts(connection: sqlite3.Connection, panel: str) -> list[str]:
    """The pseudonyms of a panel."""
    rows = connection.execute("SELECT expert FROM panel_experts WHERE panel = ?", (panel,))
    return sorted(expert for (expert,) in rows)


def round_nodes(connection: sqlite3.Connection, panel: str, number: int) -> list[tuple[str, str]]:
    """The nodes of a round, each with its parent."""
    rows = connection.execute(
        "SELECT node_id, parent_id FROM panel_nodes WHERE panel = ? AND round = ? ORDER BY place",
        (panel, number),
    )
    return [(node, parent) for node, parent in rows]


#: The last answer of each expert in a round.
_LAST = """SELECT expert, max(answer) AS answer FROM panel_answers
WHERE panel = :panel AND round = :round GROUP BY expert"""


def last_answers(
    connection: sqlite3.Connection, panel: str, number: int
) -> dict[str, tuple[float | None, float | None]]:
    """By expert who answered a round, what was said of basis and familiarity."""
    rows = connection.execute(
        f"SELECT a.expert, a.basis, a.familiarity FROM panel_answers a JOIN ({_LAST}) l "
        "ON l.expert = a.expert AND l.answer = a.answer "
        "WHERE a.panel = :panel AND a.round = :round",
        {"panel": panel, "round": number},
    )
    return {expert: (basis, familiarity) for expert, basis, familiarity in rows}


def last_ratings(
    connection: sqlite3.Connection, panel: str, number: int
) -> dict[str, list[Rating]]:
    """The ratings of the last answer of each expert in a round."""
    rows = connection.execute(
        f"SELECT r.expert, r.node_id, r.other_id, r.part, r.value FROM ratings r JOIN ({_LAST}) l "
        "ON l.expert = r.expert AND l.answer = r.answer "
        "WHERE r.panel = :panel AND r.round = :round",
        {"panel": panel, "round": number},
    )
    found: dict[str, list[Rating]] = {}
    for expert, *rest in rows:
        found.setdefault(expert, []).append(Rating(*rest))
    return found


def last_proposals(connection: sqlite3.Connection, panel: str, number: int) -> list[Any]:
    """What was struck or proposed in a round: kind, what, and by how many."""
    return connection.execute(
        f"SELECT p.kind, p.what, count(*) FROM panel_proposals p JOIN ({_LAST}) l "
        "ON l.expert = p.expert AND l.answer = p.answer "
        "WHERE p.panel = :panel AND p.round = :round GROUP BY p.kind, p.what ORDER BY 1, 3 DESC, 2",
        {"panel": panel, "round": number},
    ).fetchall()


def panel_weights(connection: sqlite3.Connection, panel: str) -> dict[str, float]:
    """The weights that a panel came to, by node."""
    rows = connection.execute("SELECT node_id, weight FROM panel_weights WHERE panel = ?", (panel,))
    return dict(rows.fetchall())


def token_of(connection: sqlite3.Connection, token: str) -> tuple[str, int, str] | None:
    """The panel, round and expert that a token opens; None for none."""
    row: tuple[str, int, str] | None = connection.execute(
        "SELECT panel, round, expert FROM panel_tokens WHERE token_hash = ?", (hash_of(token),)
    ).fetchone()
    return row


def answers_of(connection: sqlite3.Connection, panel: str, number: int, expert: str) -> int:
    """How often an expert has answered a round."""
    row = connection.execute(
        "SELECT count(*) FROM panel_answers WHERE panel = ? AND round = ? AND expert = ?",
        (panel, number, expert),
    ).fetchone()
    return int(row[0])


def names_of(connection: sqlite3.Connection, panel: str) -> Iterable[tuple[str, str]]:
    """The names of the experts, for who runs the panel."""
    return connection.execute(
        "SELECT expert, name FROM panel_names WHERE panel = ? ORDER BY expert", (panel,)
    ).fetchall()


def panel_names(connection: sqlite3.Connection) -> list[str]:
    """The names of all panels."""
    return [name for (name,) in connection.execute("SELECT name FROM panels ORDER BY name")]
