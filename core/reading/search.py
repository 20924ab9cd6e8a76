"""The search in names and definitions, in Chinese and English."""

from __future__ import annotations

import sqlite3

from cityflux.core.reading import answers

#: Every run of so many Chinese characters of a name is a term of the search index.
LONGEST_TERM = 10

# A hit in the name goes before one in the definition, and a short name before a long one.
_INDICATORS = """
SELECT i.id, i.name_zh, i.name_en, i.unit, i.definition FROM indicators i
WHERE {conditions}
ORDER BY instr(lower(i.name_zh || ' ' || i.name_en), :whole) = 0, length(i.name_zh), i.id
LIMIT :limit
"""
_BY_TERMS = "i.rowid IN (SELECT rowid FROM indicators_fts WHERE indicators_fts MATCH :terms)"
_CITIES = """
SELECT id, name_zh, name_en, region FROM cities
WHERE instr(lower(id || ' ' || name_zh || ' ' || name_en), :text) ORDER BY id LIMIT :limit
"""
_NODES = """
SELECT n.index_id, n.node_id, n.name_zh, n.name_en, i.name_zh AS index_zh, i.name_en AS index_en
FROM nodes n JOIN indices i ON i.id = n.index_id
WHERE n.indicator_id IS NULL AND instr(lower(n.name_zh || ' ' || n.name_en), :text)
ORDER BY n.index_id, n.sort_order LIMIT :limit
"""
_SOURCES = """
SELECT id, publisher, reference FROM sources
WHERE instr(lower(id || ' ' || publisher || ' ' || reference), :text)
ORDER BY priority, id LIMIT :limit
"""


def search(connection: sqlite3.Connection, words: str, limit: int) -> dict[str, answers.Rows]:
    """The ``cities``, ``indicators``, ``nodes`` above the indicators, and ``sources`` with words.

    Args:
        connection: any connection.
        words: as they were typed, separated by blanks.
        limit: so many of a kind at most.
    """
    asked = {"text": words.lower(), "limit": limit}
    return {
        "cities": answers.rows(connection, _CITIES, asked),
        "indicators": _indicators(connection, words, limit),
        "nodes": answers.rows(connection, _NODES, asked),
        "sources": answers.rows(connection, _SOURCES, asked),
    }


def _indicators(connection: sqlite3.Connection, words: str, limit: int) -> answers.Rows:
    """The indicators whose names or definitions hold all the words.

    A word that is longer than the terms of the search index is looked for in the Chinese names.
    """
    terms = [word for word in words.split() if len(word) <= LONGEST_TERM or word.isascii()]
    rest = [word.lower() for word in words.split() if word not in terms]
    conditions = [_BY_TERMS] if terms else []
    conditions += [f"instr(lower(i.name_zh), :word{n})" for n in range(len(rest))]
    asked: dict[str, object] = {f"word{n}": word for n, word in enumerate(rest)}
    asked |= {"terms": _matching(terms), "whole": words.lower(), "limit": limit}
    return answers.rows(connection, _INDICATORS.format(conditions=" AND ".join(conditions)), asked)


def _matching(terms: list[str]) -> str:
    """The words as FTS5 takes them: each quoted, so that none is an operator, and as a prefix."""
    return " ".join('"' + term.replace('"', '""') + '"*' for term in terms)
