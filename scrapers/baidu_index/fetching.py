"""Fetching from Baidu Index: a backfill that can be stopped anywhere and goes on from there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.core.model.http import Http
from cityflux.scrapers.baidu_index.protocol import (
    ADDRESS,
    BAD_REQUEST,
    KEY,
    NOT_INCLUDED,
    OK,
    SEARCH,
    ask,
    status_of,
    uniqid_of,
)

MOST_WORDS = 5
#: The figures of a day appear on the next one.
LAG = timedelta(days=2)


def fetch_years(
    http: Http,
    words: Iterable[str],
    areas: Sequence[str],
    years: Sequence[int],
    *,
    address: str = ADDRESS,
    words_per_request: int = 1,
    today: date | None = None,
) -> Iterator[Document]:
    """Yield one document for each word, area and year that is not kept yet.

    A closed year of which a document is kept is left out, so a backfill that was stopped goes on
    where it was. The current year is asked up to the day before yesterday.

    A word that Baidu does not include costs one request, whatever the number of areas and years.
    A request for several words that is turned down is repeated word by word. A single word that
    is turned down as a bad request does not stop the others; it is named at the end.

    Args:
        http: the client; its secret ``baidu_cookie`` must be set, ``baidu_cipher_text`` may be.
        words: the words to look up.
        areas: Baidu's own area codes.
        years: calendar years.
        address: the site.
        words_per_request: 1 to 5; with 1, each word is resumed by itself.
        today: the day on which this runs; the real one if left out.

    Raises:
        Refused: at once, and with no further request, when the site turns the user away, or has
            done so in the last half hour.
        Unexpected: when an answer is none that is known; or at the end, when words were bad.
    """
    if not 1 <= words_per_request <= MOST_WORDS:
        raise ValueError(f"words_per_request is {words_per_request}; Baidu takes 1 to {MOST_WORDS}")
    backfill = _Backfill(http, address, (today or date.today()) - LAG)
    remaining = iter(words)
    while batch := list(islice(remaining, words_per_request)):
        for area in areas:
            for year in years:
                yield from backfill.cell(batch, area, year)
    if backfill.bad:
        raise Unexpected(
            f"{address}: Baidu Index calls these words bad requests (status 10002): "
            f"{'、'.join(backfill.bad)}; look each up in a browser, most are not included",
            address=address,
        )


def fetch_days(
    http: Http,
    words: Iterable[str],
    areas: Sequence[str],
    years: Sequence[int],
    *,
    address: str = ADDRESS,
    today: date | None = None,
) -> Iterator[Document]:
    """Yield for each word, area and year its key and then its answer.

    The answers are those of `fetch_years`, with the same arguments, limits and errors. The key
    comes first, so that an answer that is kept is never one that lacks its key.
    """
    for answer in fetch_years(http, words, areas, years, address=address, today=today):
        if status_of(answer) == OK:
            yield ask(http, address + KEY, {"uniqid": uniqid_of(answer)})
        yield answer


@dataclass
class _Backfill:
    """What the requests of one backfill share."""

    http: Http
    address: str
    last_day: date
    unknown: set[str] = field(default_factory=set)
    bad: list[str] = field(default_factory=list)

    def cell(self, words: Sequence[str], area: str, year: int) -> Iterator[Document]:
        """The answer for some words in one area and year, unless it is kept already."""
        words = [word for word in words if word not in self.unknown]
        end = min(date(year, 12, 31), self.last_day)
        if not words or end.year < year:
            return
        params = {
            "area": area,
            "word": json.dumps(
                [[{"name": word, "wordType": 1}] for word in words], ensure_ascii=False
            ),
            "startDate": f"{year}-01-01",
            "endDate": end.isoformat(),
        }
        closed = end == date(year, 12, 31)
        if closed and self.http.known(self.address + SEARCH, params):
            return
        answer = ask(self.http, self.address + SEARCH, params)
        status = status_of(answer)
        if status in (BAD_REQUEST, NOT_INCLUDED) and len(words) > 1:
            for word in words:
                yield from self.cell([word], area, year)
            return
        if status in (BAD_REQUEST, NOT_INCLUDED):
            self.unknown.update(words)
        if status == BAD_REQUEST:
            self.bad += words
        else:
            yield answer
