"""Which part of a page is its text: the union of the elements that hold sentences with units."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from bs4 import Tag
from bs4.element import NavigableString

from cityflux.scrapers.communique.numbers import quantities

_MARKS = re.compile(r"[，。；]")
_FIGURE = re.compile(r"\d ?(?:亿|万|%|％|元|人|家|户|件|吨|公里|平方|个|所)")
_BESIDE = re.compile(
    r"(?:^|[-_ ])(?:side(?:bar)?|aside|relat\w*|recommend\w*|hotnews|comments?|menu|breadcrumb)"
    r"(?:$|[-_ ])",
    re.I,
)
_MOST_OF_THE_TEXT = 0.7


class Body:
    """The parts of a page that are its text.

    Args:
        root: the page.
        selector: a CSS selector of the text; ``""`` to find it.
        fewest: how many characters the selected elements must have.
    """

    def __init__(self, root: Tag, selector: str, fewest: int) -> None:
        self._root = root
        self._weights, self._figures = _weigh(root)
        chosen = root.select(selector) if selector else []
        outer = [tag for tag in chosen if not any(other in tag.parents for other in chosen)]
        long = sum(len(tag.get_text(strip=True)) for tag in outer) >= fewest
        self.elements: list[Tag] = outer if long else list(self._union(self._densest()))

    @property
    def outside(self) -> list[str]:
        """The numbers with units in sentences of the page that are not part of its text."""
        inside = {id(node) for tag in self.elements for node in (tag, *tag.descendants)}
        texts = (node for node in self._root.descendants if id(node) not in inside)
        return [
            text[quantity.start : quantity.end]
            for text in map(str, filter(_holds, texts))
            for quantity in quantities(text)
            if quantity.unit
        ]

    def _densest(self) -> Tag:
        """The smallest element that still holds most of the sentences of the page."""
        best, total = self._root, self._weights[id(self._root)]
        while True:
            children = [child for child in best.children if isinstance(child, Tag)]
            least = _MOST_OF_THE_TEXT * total
            heavy = [child for child in children if self._weights[id(child)] >= least]
            if not total or not heavy or heavy[0].name == "p":
                return best
            best = heavy[0]

    def _union(self, densest: Tag) -> Iterator[Tag]:
        """The densest element, and around it what else holds figures, with what lies between."""
        before: list[Tag] = []
        after: list[Tag] = []
        inner = densest
        while inner is not self._root and inner.parent is not None:
            before = [*self._holding(inner, ahead=True), *before]
            after = [*after, *self._holding(inner, ahead=False)]
            inner = inner.parent
        yield from (*before, densest, *after)

    def _holding(self, tag: Tag, *, ahead: bool) -> list[Tag]:
        """The neighbours of an element up to the furthest that holds figures, in their order."""
        siblings = tag.previous_siblings if ahead else tag.next_siblings
        beside = [each for each in siblings if isinstance(each, Tag) and not _is_beside(each)]
        last = max((i for i, each in enumerate(beside, 1) if self._figures[id(each)]), default=0)
        kept = beside[:last]
        return kept[::-1] if ahead else kept


def _weigh(root: Tag) -> tuple[Counter[int], Counter[int]]:
    """For each element how many marks of sentences it holds, and how many texts with figures."""
    marks: Counter[int] = Counter()
    figures: Counter[int] = Counter()
    for node in reversed([root, *root.descendants]):  # what lies in an element comes before it
        if type(node) is NavigableString:
            marks[id(node)] = len(_MARKS.findall(node))
            figures[id(node)] = int(bool(marks[id(node)]) and _holds(node))
        elif isinstance(node, Tag) and (node.name == "a" or _is_beside(node)):
            figures[id(node)] = 0
        marks[id(node.parent)] += marks[id(node)]
        figures[id(node.parent)] += figures[id(node)]
    return marks, figures


def _holds(node: object) -> bool:
    return type(node) is NavigableString and bool(_MARKS.search(node) and _FIGURE.search(node))


def _is_beside(tag: Tag) -> bool:
    if tag.name == "aside":
        return True
    names = [str(tag.get("id", "")), *(tag.get("class") or [])]
    return any(map(_BESIDE.search, names))
