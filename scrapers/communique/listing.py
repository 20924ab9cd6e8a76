"""From a listing page to the communiqué of a year.

The scraper knows no city: addresses, selectors and titles come in a `Site`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol
from urllib.parse import urlsplit

from bs4 import Tag

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.communique.titles import NUMERALS
from cityflux.scrapers.foreign import reader
from cityflux.scrapers.soup import soup_of

_GENRE = "统计公报"
# Items that name a communiqué without being the city's own: comments, districts, other reports.
_NOT_IT = re.compile(
    r"解读|图解|一图|问答|答记者|发布会|摘要|英文|English|评读|看点|普查|[区县镇](?=.*国民经济)|附件"
)
_YEAR = re.compile(r"[〇零一二三四五六七八九０-９]{4}(?=年)")
_NEXT = re.compile(r"^\s*(?:下一?页|后一页|next|[>›»]+)\s*[>›»]*\s*$", re.I)
# TRS, the content system of many offices: createPageHTML(pages, current, "index", "html")
_TRS_PAGER = re.compile(
    r"""createPageHTML\(\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*["'](\w+)["']\s*,\s*["'](\w+)["']"""
)


class Http(Protocol):
    """What fetches: the polite client, or a test's stand-in."""

    def get(self, address: str) -> Document:
        """Bring home the document at an address."""


#: Letters of a title, blanks included.
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Site:
    """Where an office publishes its communiqués; data that a plugin passes in.

    Attributes:
        listings: the listing pages on which to look, newest first.
        item: a CSS selector of the links on them.
        title: a pattern that the title must match somewhere; ``{year}`` stands for the year.
        body: a CSS selector of the text on a communiqué's page; ``""`` to let the scraper find it.
        known: communiqués whose addresses are known, by year; they need no listing page.
        pages: how many pages of one list are looked through at the most.
    """

    listings: tuple[str, ...] = ()
    item: str = "a[href]"
    title: str = r"(?=.*{year}年)(?=.*国民经济和社会发展统计公报)"
    body: str = ""
    known: Mapping[int, str] = field(default_factory=dict, hash=False)
    pages: int = 5


def fetch(http: Http, site: Site, year: int) -> list[Document]:
    """Bring home the communiqué of a year.

    Args:
        http: the client; only its ``get`` is used.
        site: where to look.
        year: the year that the communiqué reports on (it comes out in the following spring).

    Returns:
        Its documents, several where it was split into parts, with ``period`` set to the year;
        an empty list where it is not listed (yet).

    Raises:
        Unexpected: when a listing page lists no communiqué at all.
        SourceError: whatever the client raises.
    """
    address = site.known.get(year) or _look_up(http, site, year)
    if address is None:
        return []
    first = http.get(address)
    documents = [first, *(http.get(part) for part in parts(first))]
    return [replace(document, period=str(year)) for document in documents]


@reader("a list of communiqués")
def find(listing: Document, site: Site, year: int) -> str | None:
    """Find the communiqué of a year on one listing page.

    Returns:
        Its address, or None where the page lists others only. Of several fitting items the one
        with the shortest title is taken, the upper one of equals.

    Raises:
        Unexpected: when the page lists no communiqué of any year: its layout changed, or it is
            another page.
    """
    items = list(_items(listing, site))
    if not any(_GENRE in title for title, _ in items):
        raise Unexpected(
            f"{listing.address}: expected a list of communiqués, got {len(items)} links "
            "without one; look whether the list has moved",
            address=listing.address,
            status=listing.status,
        )
    wanted = re.compile(site.title.replace("{year}", str(year)))
    fitting = [
        (len(title), index, address)
        for index, (title, address) in enumerate(items)
        if wanted.search(title) and not _NOT_IT.search(title)
    ]
    return min(fitting)[2] if fitting else None


@reader("a list of communiqués")
def continuation(listing: Document) -> str | None:
    """The address of the next page of a list, from its pager; None on the last one."""
    soup = soup_of(listing)
    for link in soup.find_all("a", href=True):
        if _NEXT.match(link.get_text()):
            address = _resolve(listing, link)
            if address and address != listing.address:
                return address
    pager = _TRS_PAGER.search(listing.text)
    if pager and int(pager[2]) + 1 < int(pager[1]):
        return listing.link(f"{pager[3]}_{int(pager[2]) + 1}.{pager[4]}")
    return None


@reader("a communiqué")
def parts(document: Document) -> list[str]:
    """The addresses of the further parts of a communiqué: ``…_2.htm``, ``…-3.html``."""
    stem, dot, ending = document.link("").rpartition(".")
    stem = re.sub(r"[_-]1$", "", stem)
    part = re.compile(rf"{re.escape(stem)}[_-](\d{{1,2}})\.{re.escape(ending)}")
    found: dict[int, str] = {}
    for link in soup_of(document).find_all("a", href=True):
        address = _resolve(document, link)
        number = part.fullmatch(address) if address and dot else None
        if address and number and int(number[1]) > 1:
            found[int(number[1])] = address
    return [found[number] for number in sorted(found)]


def _look_up(http: Http, site: Site, year: int) -> str | None:
    for start in site.listings:
        address: str | None = start
        seen: set[str] = set()
        while address and address not in seen and len(seen) < site.pages:
            seen.add(address)
            listing = http.get(address)
            if found := find(listing, site, year):
                return found
            address = continuation(listing)
    return None


def _items(listing: Document, site: Site) -> Iterator[tuple[str, str]]:
    """Title and address of each link; the ``title`` attribute counts where the text is cut off."""
    for link in soup_of(listing).select(site.item):
        address = _resolve(listing, link)
        if address:
            names = [link.get_text(), str(link.get("title", ""))]
            name = next((name for name in names if _GENRE in name), names[0])
            title = re.sub(r"\s+", "", name[:_LONGEST])  # of links that are never closed, all text
            yield _YEAR.sub(lambda year: year.group().translate(NUMERALS), title), address


def _resolve(document: Document, link: Tag) -> str | None:
    try:
        address = document.link(str(link["href"]).strip()).partition("#")[0]
        return address if urlsplit(address).scheme in ("http", "https", "file") else None
    except ValueError:  # http://[
        return None
