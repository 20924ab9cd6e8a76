"""Finding a table in a yearbook: from the index page through its frames to the table pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin

from bs4 import BeautifulSoup

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.core.model.http import Http
from cityflux.scrapers.tables.html import not_found, parse
from cityflux.scrapers.tables.labels import is_continuation, key, similar

_MOST_FRAMES = 12


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the table of contents."""

    title: str
    address: str


def contents(http: Http, address: str) -> list[Entry]:
    """Read the table of contents of a yearbook: the links of a page and of all its frames.

    Args:
        http: the client.
        address: the index page: a frameset, or the list itself.

    Raises:
        Refused: when the page asks for a login instead.
        Unexpected: when neither the page nor its frames hold a link.
    """
    waiting = [address]
    seen: set[str] = set()
    found: dict[str, Entry] = {}
    first: tuple[Document, BeautifulSoup] | None = None
    while waiting and len(seen) < _MOST_FRAMES:
        here = waiting.pop(0)
        if here in seen:
            continue
        seen.add(here)
        document = http.get(here)
        soup = parse(document)
        first = first or (document, soup)
        base = _base(document, soup)
        frames = soup.select("frame[src], iframe[src]")
        waiting += filter(None, (_join(base, str(tag["src"])) for tag in frames))
        for link in soup.select("a[href]"):
            title = " ".join((link.get_text(" ") or str(link.get("title", ""))).split())
            target = _join(base, str(link["href"]))
            if title and target.startswith(("http://", "https://", "file:")):
                found.setdefault(target, Entry(title, target))
    if not found and first is not None:
        raise not_found(*first, "expected a table of contents, found no link")
    return list(found.values())


def find(entries: Sequence[Entry], title: str) -> list[Entry]:
    """Find a table by its title, with the continuations (续表) that follow it.

    Args:
        entries: the table of contents.
        title: the title or a part of it; numbers such as 15-12 change from year to year.

    Raises:
        Unexpected: when no entry or more than one has that title.
    """
    starts = [index for index, entry in enumerate(entries) if not is_continuation(entry.title)]
    matching = [index for index in starts if key(title) in key(entries[index].title)]
    exact = [index for index in matching if key(entries[index].title) == key(title)]
    found = exact or matching
    if len(found) != 1:
        names = [entries[index].title for index in found or starts]
        raise Unexpected(
            f"{entries[0].address if entries else 'yearbook'}: {len(found)} tables titled "
            f"{title!r} in the contents; similar: {similar(title, names)}"
        )
    end = found[0] + 1
    while end < len(entries) and is_continuation(entries[end].title):
        end += 1
    return list(entries[found[0] : end])


def fetch(http: Http, address: str, titles: Sequence[str]) -> list[Document]:
    """Fetch tables of a yearbook by title, each with its continuation pages.

    Args:
        http: the client.
        address: the index page of the edition.
        titles: titles of tables, or parts of them.

    Raises:
        Refused: when a page asks for a login instead.
        Unexpected: when a title is not in the contents.
    """
    entries = contents(http, address)
    wanted = [entry for title in titles for entry in find(entries, title)]
    return [http.get(target) for target in dict.fromkeys(entry.address for entry in wanted)]


def _base(document: Document, soup: BeautifulSoup) -> str:
    tag = soup.select_one("base[href]")
    here = document.link("")
    return _join(here, str(tag["href"])) if tag else here


def _join(base: str, target: str) -> str:
    """An address out of a link; some yearbooks write it with a backslash."""
    try:
        return urldefrag(urljoin(base, target.strip().replace("\\", "/"))).url
    except ValueError:  # http://[
        return ""
