"""From the bytes of a communiqué to clean blocks of text and tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from cityflux.core.model.document import Document
from cityflux.core.model.errors import Unexpected
from cityflux.scrapers.communique.tables import Block, Table, area, from_html, from_lines
from cityflux.scrapers.communique.wrapped import unwrap
from cityflux.scrapers.foreign import bounded
from cityflux.scrapers.soup import soup_of

_HTML = re.compile(r"<(?:!doctype|html|body|div|table|p|br)\b", re.I)
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
#: Digits in other scripts, for the years in titles: ``二〇一二年``.
NUMERALS = str.maketrans("〇零一二三四五六七八九０１２３４５６７８９", "0" + "0123456789" * 2)
_MOST_OF_THE_TEXT = 0.7
#: A communiqué has some ten thousand characters of text; the largest page of one 400,000.
_LONGEST = 2_000_000
_DEEPEST = 800
_MOST_CELLS = 20_000
_MOST_TEXT = 80_000


@dataclass(frozen=True, slots=True)
class Page:
    """A communiqué without its website.

    Attributes:
        title: its title; ``""`` where none was found.
        blocks: paragraphs and tables in order.
        year: the year that it reports on, from the title.
        place: the name of the city in the title, without 市; ``""`` where there is none.
    """

    title: str
    blocks: tuple[Block, ...]
    year: int | None
    place: str


def read(document: Document, body: str = "") -> Page:
    """Read a communiqué.

    Args:
        document: HTML or plain text.
        body: a CSS selector of the element that holds the text. Where it is left out or finds
            nothing, the smallest element that holds most of the text is taken.

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
    if _HTML.search(text[:4096]):
        soup = soup_of(document, deepest=_DEEPEST)
        bounded(document, "cells, merged ones counted in full", area(soup), _MOST_CELLS)
        title, blocks = _from_html(soup, body)
    else:
        title, blocks = _from_plain(text)
    words = "".join(block for block in blocks if isinstance(block, str))
    bounded(document, "characters of text", len(words), _MOST_TEXT)
    if len(words) < 10 * _FEWEST_CHARACTERS and _LOGIN.search(text) and not _GENRE.search(words):
        raise _unexpected(document, "a login page")
    if len(words) + 20 * sum(isinstance(block, Table) for block in blocks) < _FEWEST_CHARACTERS:
        raise _unexpected(document, f"a page with {len(words)} characters of text")
    return Page(title, tuple(blocks), year_of(title), place_of(title))


def year_of(title: str) -> int | None:
    """The year that a title names: ``2015年暨“十二五”时期…``, ``二〇一二年…``; None without one."""
    found = re.search(r"(?:19|20)\d\d(?=\s*年)", title.translate(NUMERALS))
    return int(found.group()) if found else None


def place_of(title: str) -> str:
    """The city that a title names, without 市 and year: 上海; ``""`` where it names none."""
    head = title.partition("国民经济")[0].partition("暨")[0]
    name = re.sub(r"[\d０-９〇零一二三四五六七八九]{4}\s*年|关于|发布|公布", " ", head)
    found = re.search(r"(?:^|[^\u4e00-\u9fff])([\u4e00-\u9fff]{2,4}?)市?[《》“”\s]*$", name)
    return found.group(1) if found else ""


def _unexpected(document: Document, got: str) -> Unexpected:
    return Unexpected(
        f"{document.address}: expected the text of a communiqué, got {got}; "
        "look at the address in a browser",
        address=document.address,
        status=document.status,
    )


def _from_html(soup: BeautifulSoup, body: str) -> tuple[str, list[Block]]:
    title = _title(soup)
    for tag in soup.find_all(_DROPPED):
        tag.decompose()
    for tag in soup.find_all("sup"):
        before = tag.previous_sibling
        power = isinstance(before, NavigableString) and re.search(r"(?:[A-Za-z]|\b10)$", before)
        if not power and _FOOTNOTE.fullmatch(tag.get_text()):
            tag.decompose()
    root: Tag = soup.body or soup
    chosen = root.select_one(body) if body else None
    if chosen is None or len(chosen.get_text(strip=True)) < _FEWEST_CHARACTERS:
        chosen = _densest(root)
    blocks = from_lines(unwrap([block for block in _blocks(chosen) if block]))
    return title or _title_in(blocks), blocks


def _title(soup: BeautifulSoup) -> str:
    named = soup.find("meta", attrs={"name": re.compile("^ArticleTitle$", re.I)})
    candidates = [str(named.get("content", ""))] if isinstance(named, Tag) else []
    candidates += [tag.get_text() for tag in soup.find_all(["h1", "h2", "h3", "h4", "title"])]
    return next((_trim(text) for text in candidates if _GENRE.search(text)), "")


def _title_in(blocks: list[Block]) -> str:
    lines = (block for block in blocks[:12] if isinstance(block, str) and len(block) < 60)
    return next((_trim(line) for line in lines if _GENRE.search(line)), "")


def _trim(title: str) -> str:
    """Cut off what a site hangs on a title: its own name, a footnote mark."""
    title = re.sub(r"[\s#]+", "", unescape(title))
    found = re.match(r".*?统计公报(?:[(（]\d+[)）])?", title)
    return found.group() if found else title


def _densest(root: Tag) -> Tag:
    """The smallest element that still holds most of the sentences of the page."""
    weights: Counter[int] = Counter()
    for node in reversed([root, *root.descendants]):  # what lies in an element comes before it
        if type(node) is NavigableString:
            weights[id(node)] = len(re.findall(r"[，。；]", node))
        weights[id(node.parent)] += weights[id(node)]

    def weight(tag: Tag) -> int:
        return weights[id(tag)]

    best, total = root, weight(root)
    while True:
        children = [child for child in best.children if isinstance(child, Tag)]
        heavy = [child for child in children if weight(child) >= _MOST_OF_THE_TEXT * total]
        if not total or not heavy or heavy[0].name == "p":
            return best
        best = heavy[0]


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


def _from_plain(text: str) -> tuple[str, list[Block]]:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    blocks = from_lines(unwrap(lines))
    return _title_in(blocks), blocks
