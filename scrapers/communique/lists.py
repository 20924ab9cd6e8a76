"""Names in a list that share words: 铁路、公路和民航旅客发送量; 专利申请量与授权量."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

from cityflux.scrapers.communique.clauses import COMPARISON, unmask
from cityflux.scrapers.communique.numbers import Quantity
from cityflux.scrapers.communique.subjects import Vocabulary

#: What may stand between the members of a list; 与上年相比 is a comparison.
LINK = re.compile(r"[、和与及以]*(?!上年|去年|上一年|前一年|\d{4}年)")
_VERB = re.compile(
    r"(?:比重|比例)?(?:分别|各|为|达到?|完成|实现|(?:增长|增加|下降|减少)了?|的比重|:)*$"
)
_LINKS = re.compile(r"[、和与及]")
_MOST_LINKS = 10
_LONGEST = 150


def names_of(words: str) -> str:
    """The names of a list without the comparison and the verb behind them."""
    return _VERB.sub("", COMPARISON.sub("", unmask(words)))


def are_linked(text: str, found: Sequence[Quantity]) -> bool:
    """Whether several numbers have nothing but links between them: x、y和z."""
    links = [unmask(text[one.end : other.start]) for one, other in pairwise(found)]
    return bool(links) and all(LINK.fullmatch(link) for link in links)


def share_out(text: str, count: int, vocabulary: Vocabulary) -> list[str]:
    """Split a list of names and give each the words that it shares with its neighbours.

    A link may be part of a name (社会保障和就业), so that every way of splitting the text into the
    wanted number of names is tried, and the one in which most names are known wins.

    Args:
        text: the names, such as ``铁路、公路和民航客运量``.
        count: how many numbers follow, so how many names there must be.
        vocabulary: which names are known.

    Returns:
        One phrase for each number, or nothing where the text does not hold so many names.
    """
    if len(text) > _LONGEST:
        return []
    best: tuple[int, list[str]] = (-1, [])
    for names in _splits(text, count):
        phrases = [_whole(names, index, vocabulary) for index in range(count)]
        known = sum(bool(vocabulary.matches(phrase)) for phrase in phrases)
        if known > best[0]:
            best = (known, phrases)
    return best[1]


def _splits(text: str, count: int) -> Iterator[list[str]]:
    links = [match.start() for match in _LINKS.finditer(text)][-_MOST_LINKS:]
    for chosen in combinations(links, count - 1):
        edges = [-1, *chosen, len(text)]
        names = [text[a + 1 : b] for a, b in pairwise(edges)]
        if all(names):
            yield names


def _whole(names: list[str], index: int, vocabulary: Vocabulary) -> str:
    """The name at a place with the words that it borrows: 铁路 takes 客运量 from the last one."""
    name = names[index]
    if any(not match.short for match in vocabulary.matches(name)):
        return name
    first, last = names[0], names[-1]
    borrowed = [name + last[cut:] for cut in range(1, len(last)) if index < len(names) - 1]
    borrowed += [first[:cut] + name for cut in range(len(first) - 1, 0, -1) if index > 0]
    for phrase in borrowed:
        if any(not match.short for match in vocabulary.matches(phrase)):
            return phrase
    return name
