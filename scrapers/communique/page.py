"""From the bytes of a communiqué to clean blocks of text and tables."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.communique.body import Body
from cityflux.scrapers.communique.tables import Block, Table, area, from_html, from_lines
from cityflux.scrapers.communique.titles import Subject, choose, territory_of_site
from cityflux.scrapers.communique.titles import read as read_title
from cityflux.scrapers.communique.wrapped import unwrap
from cityflux.scrapers.foreign import bounded
from cityflux.scrapers.soup import soup_of

_log = logging.getLogger(__name__)
_HTML = re.compile(r"<(?:!doctype|html|body|div|table|p|br)\b", re.I)
_TITLES = frozenset(["h1", "h2", "h3", "h4", "title"])
_POWER = re.compile(r"(?:[A-Za-z]|\b10)$")
_DROPPED = [
    "script",
    "style",
    "noscript",
    "template",
    "iframe",
    "nav",
    "header",
    "footer",
    "select",
]
_BREAKING = re.compile(
    r"^(?:address|article|blockquote|body|br|caption|center|d[dlt]|div|fieldset|figure|form|h[1-6r]"
    r"|html|li|main|ol|p|pre|section|table|t(?:body|d|foot|h|head|itle|r)|ul)$"
)
# Text that OpenCC-like converters broke: a syllable behind each character that they changed.
_DAMAGED = re.compile(r"[\u4e00-\u9fff][(（][a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]{1,6}[)）]")
_TRADITIONAL = re.compile(r"國民經濟|統計公報|生產總值")
_LOGIN = re.compile(r"登录|登陆|验证码|请输入密码|安全验证|访问过于频繁")
_FOOTNOTE = re.compile(r"\s*[\[(（〔［]?\s*注?\s*\d{0,2}\s*[\])）〕］]?\s*|[\u2460-\u2473*]")
_GENRE = re.compile(r"统计公报")
_FEWEST_CHARACTERS = 120
_FIRST_LINES = 12
#: A communiqué has some ten thousand characters of text; the largest page of one 400,000.
_LONGEST = 2_000_000
_DEEPEST = 800
_MOST_CELLS = 20_000
_MOST_TEXT = 80_000


@dataclass(frozen=True, slots=True)
class Page:
    """A text without its website.

    Attributes:
        subject: what its title says.
        blocks: paragraphs and tables in order.
    """

    subject: Subject
    blocks: tuple[Block, ...]


def read(document: Document, body: str = "") -> Page:
    """Read a communiqué.

    Args:
        document: HTML or plain text.
        body: a CSS selector of the element that holds the text. Where it is left out or finds
            nothing, it is the union of those that hold sentences with figures; numbers that
            stand outside are counted in a warning.

    Raises:
        Unexpected: when the document is a login page, is damaged by a converter, or holds no
            communiqué.
    """
    text = document.text
    bounded(document, "characters", len(text), _LONGEST)
    if len(_DAMAGED.findall(text)) >= 3:
        raise _unexpected(document, "a copy damaged by a converter: 統(tǒng)計(jì)")
    if _TRADITIONAL.search(text):
        raise _unexpected(document, "a copy in traditional characters")
    lines: list[Block]
    titles: list[str]
    if _HTML.search(text[:4096]):
        soup = soup_of(document, deepest=_DEEPEST)
        tags = [node for node in soup.descendants if isinstance(node, Tag)]
        bounded(document, "cells, merged ones counted in full", area(tags), _MOST_CELLS)
        titles, lines = _titles(tags), _from_html(document, soup, tags, body)
    else:
        titles, lines = [], [line.rstrip() for line in text.splitlines() if line.strip()]
    blocks = from_lines(unwrap(lines))
    words = "".join(block for block in blocks if isinstance(block, str))
    bounded(document, "characters of text", len(words), _MOST_TEXT)
    if len(words) < 10 * _FEWEST_CHARACTERS and _LOGIN.search(text) and not _GENRE.search(words):
        raise _unexpected(document, "a login page")
    if len(words) + 20 * sum(isinstance(block, Table) for block in blocks) < _FEWEST_CHARACTERS:
        raise _unexpected(document, f"a page with {len(words)} characters of text")
    first = [line for line in lines[:_FIRST_LINES] if isinstance(line, str)]
    title = choose(titles, first)
    return Page(read_title(title, words, territory_of_site(titles)), tuple(blocks))


def _unexpected(document: Document, got: str) -> Unexpected:
    return Unexpected(
        f"{document.address}: expected the text of a communiqué, got {got}; "
        "look at the address in a browser",
        address=document.address,
        status=document.status,
    )


def _from_html(document: Document, soup: BeautifulSoup, tags: list[Tag], body: str) -> list[Block]:
    for tag in tags:
        if tag.name in _DROPPED and not tag.decomposed:
            tag.decompose()
    for tag in tags:
        if tag.name == "sup" and not tag.decomposed:
            before = tag.previous_sibling
            power = isinstance(before, NavigableString) and _POWER.search(before)
            if not power and _FOOTNOTE.fullmatch(tag.get_text()):
                tag.decompose()
    found = Body(soup.body or soup, body, _FEWEST_CHARACTERS)
    if outside := found.outside:
        _log.warning(
            "%s: %d numbers stand outside the text that was read, the first is %s; name the "
            "element of the text by a selector if they belong to it",
            document.address,
            len(outside),
            outside[0],
        )
    return [block for tag in found.elements for block in _blocks(tag) if block]


def _titles(tags: list[Tag]) -> list[str]:
    metas = [tag for tag in tags if tag.name == "meta"]
    named = [tag for tag in metas if str(tag.get("name")).lower() == "articletitle"]
    titles = [tag.get_text() for tag in tags if tag.name in _TITLES]
    return [str(tag.get("content", "")) for tag in named] + titles


def _blocks(root: Tag) -> Iterator[Block]:
    """Walk an element: text up to each breaking tag is a paragraph, data tables stay tables."""
    words: list[str] = []

    def flush() -> Iterator[str]:
        line = re.sub(r"[ \t\r\n]+", " ", "".join(words)).strip()
        words.clear()
        if line:
            yield line

    for child in root.children:
        if isinstance(child, Tag):
            if not _BREAKING.match(child.name) and not child.find(_BREAKING):
                words.append(child.get_text())
                continue
            yield from flush()
            table = from_html(child) if child.name == "table" else None
            if table is not None:
                yield table
            else:
                yield from _blocks(child)
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString):
            words.append(str(child))
    yield from flush()
