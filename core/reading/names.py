"""The names of nodes and cities, in Chinese, in English or in both."""

from __future__ import annotations

import sqlite3
from typing import Literal

import click

Language = Literal["zh", "en"]

language_option = click.option(
    "--lang", type=click.Choice(["zh", "en"]), help="Names in one language; else in both."
)


def node_names(
    connection: sqlite3.Connection, index_id: str, language: Language | None = None
) -> dict[str, str]:
    """The name of every node of an index, by its id."""
    rows = connection.execute(
        "SELECT node_id, name_zh, name_en FROM nodes WHERE index_id = ?", (index_id,)
    )
    return {node: _name(zh, en, language) or node for node, zh, en in rows}


def city_names(connection: sqlite3.Connection, language: Language | None = None) -> dict[str, str]:
    """The name of every city, by its id."""
    rows = connection.execute("SELECT id, name_zh, name_en FROM cities")
    return {city: _name(zh, en, language) or city for city, zh, en in rows}


def _name(zh: str, en: str, language: Language | None) -> str:
    if language:
        return zh if language == "zh" else en
    return " ".join(dict.fromkeys(filter(None, (zh, en))))
