"""The search, in Chinese and English: indicators, cities, groups of indices and sources."""

from __future__ import annotations

import sqlite3

from cityflux.core.reading.search import search
from cityflux.core.web.asked import Asked
from cityflux.core.web.page import Page
from cityflux.core.words.catalogue import text

#: Hits of a kind, and characters of a question.
LISTED, LONGEST = 50, 200


def search_page(connection: sqlite3.Connection, asked: Asked) -> Page:
    """Make the page of the search; without words it only asks for some."""
    words = " ".join((asked.text("q") or "").replace("\0", " ").split())[:LONGEST]
    found = search(connection, words, LISTED) if words else {}
    return Page(
        "search.html",
        text(asked.language, "web.search"),
        {"words": words, "found": found, "listed": LISTED},
    )
