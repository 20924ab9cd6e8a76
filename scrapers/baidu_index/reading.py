"""Reading what Baidu Index answered: the mean of a year, and the daily series."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.baidu_index.protocol import (
    KEY,
    NO_DATA,
    NOT_INCLUDED,
    OK,
    message_of,
    status_of,
    uniqid_of,
)
from cityflux.scrapers.expect import day, field, number, parameter, rows, unexpected
from cityflux.scrapers.foreign import reader

_MISSING = {
    NO_DATA: "Baidu Index has no data for it (status 1)",
    NOT_INCLUDED: "Baidu Index does not include this word (词条未收录, status 10003)",
}
_YEARS = {
    "word": pl.String,
    "area": pl.String,
    "period": pl.String,
    "value": pl.Float64,
    "status": pl.String,
    "note": pl.String,
}
_DAYS = {"word": pl.String, "area": pl.String, "period": pl.String, "value": pl.Float64}


@reader("an answer of Baidu Index")
def parse_years(document: Document) -> pl.DataFrame:
    """Read the mean of the daily searches over a year (整体日均值, all devices).

    Returns:
        word, area, period (``2020``), value (the index; null where Baidu has none), status
        (``provisional`` where the mean is that of a part of the year, else ``ok``) and note.

    Raises:
        Unexpected: when the answer is none that tells figures.
    """
    status = status_of(document)
    if status not in (OK, *_MISSING):
        said = f"{status}: {message_of(document)}"
        raise unexpected(document, "status 0, 1 or 10003", said)
    data = field(document, document.json(), "data") if status == OK else {}
    means = _by_word(document, data, "generalRatio") if data else {}
    series = _by_word(document, data, "userIndexes") if data else {}
    first = day(document, parameter(document, "startDate"))
    last = day(document, parameter(document, "endDate"))
    table = []
    for word in _asked(document):
        value, note = None, _MISSING.get(status, "Baidu's answer leaves this word out")
        window = _window(document, series.get(word, {}), first, last)
        whole = window == (date(first.year, 1, 1), date(first.year, 12, 31))
        if word in means:
            value = number(document, field(document, means[word], "all", "avg"))
            note = "" if whole else f"mean of {window[0]} to {window[1]}"
        said = "ok" if whole else "provisional"
        table.append((word, parameter(document, "area"), str(first.year), value, said, note))
    return pl.DataFrame(table, schema=_YEARS, orient="row")


@reader("answers of Baidu Index")
def parse_days(documents: Iterable[Document]) -> pl.DataFrame:
    """Read the daily series out of answers and their keys, in any order.

    Returns:
        word, area, period (``2020-07-14``) and value; a day without a figure has no row.

    Raises:
        Unexpected: when a key is absent or does not fit, or when figures came by the week.
    """
    keys: dict[str, str] = {}
    answers: list[Document] = []
    for document in documents:
        if urlsplit(document.address).path.endswith(KEY):
            key = str(field(document, document.json(), "data"))
            keys[parameter(document, "uniqid")] = key
        elif status_of(document) == OK:
            answers.append(document)
    table: list[tuple[str, str, str, float]] = []
    for answer in answers:
        uniqid = uniqid_of(answer)
        if uniqid not in keys:
            raise unexpected(answer, f"the key of {uniqid!r} among the documents", "none")
        for word, series in _by_word(answer, answer.json()["data"], "userIndexes").items():
            for when, value in _days(answer, series, keys[uniqid]):
                table.append((word, parameter(answer, "area"), when.isoformat(), value))
    return pl.DataFrame(table, schema=_DAYS, orient="row")


def descramble(text: str, key: str) -> str:
    """Undo the substitution of a series: the key's first half stands for its second half.

    Raises:
        ValueError: when the key has an odd length, or lacks a character of the text.
    """
    half, odd = divmod(len(key), 2)
    if odd:
        raise ValueError(f"expected a key of even length, got {len(key)} characters")
    table = dict(zip(key[:half], key[half:], strict=True))
    if strangers := sorted(set(text) - table.keys()):
        raise ValueError(f"expected only characters of the key, got {''.join(strangers)!r}")
    return "".join(table[character] for character in text)


def _days(document: Document, series: Any, key: str) -> list[tuple[date, float]]:
    """The figures of one word; days that the series leaves empty are left out."""
    everywhere = field(document, series, "all")
    if series.get("type", "day") != "day":
        raise unexpected(document, "figures by the day", f"type {series['type']!r}")
    scrambled = str(field(document, everywhere, "data"))
    if not scrambled:
        return []
    try:
        items = descramble(scrambled, key).split(",")
    except ValueError as error:
        raise Unexpected(f"{document.address}: {error}", address=document.address) from error
    first = day(document, field(document, everywhere, "startDate"))
    last = day(document, field(document, everywhere, "endDate"))
    if len(items) != (last - first).days + 1:
        raise unexpected(document, f"a figure for each day of {first} to {last}", len(items))
    figures = [(first + timedelta(days=n), number(document, item)) for n, item in enumerate(items)]
    return [(when, value) for when, value in figures if value is not None]


def _by_word(document: Document, data: Any, part: str) -> dict[str, Any]:
    return {
        _spell(document, entry.get("word") if isinstance(entry, dict) else entry): entry
        for entry in rows(document, data, part)
    }


def _asked(document: Document) -> list[str]:
    return [_spell(document, group) for group in json.loads(parameter(document, "word"))]


def _spell(document: Document, group: Any) -> str:
    """Several words of one group are added up by Baidu, and written with a plus."""
    if not isinstance(group, list) or not group:
        raise unexpected(document, "a list under 'word'", group)
    return "+".join(str(field(document, word, "name")) for word in group)


def _window(document: Document, series: Any, first: date, last: date) -> tuple[date, date]:
    """The days that the answer is about, which may be fewer than were asked for."""
    span = series.get("all") or {}
    return (
        day(document, span.get("startDate", first)),
        day(document, span.get("endDate", last)),
    )
