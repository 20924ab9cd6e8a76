"""The labelled texts in other prints: the same words must give the same figures."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import pytest

from benchmarks.communique import cases
from cityflux.core.model.document import Document
from cityflux.scrapers.communique.page import read
from tests.scrapers.communique.texts import figures

FULL_WIDTH = str.maketrans("0123456789.%", "０１２３４５６７８９．％")
ASCII = str.maketrans("，；（）：", ",;():")
NAMED = re.compile(r"(?<=生产总值|常住人口|零售总额|进出口总)(?=\d)")


def spaced(line: str) -> str:
    return re.sub(r"(?<=[\u4e00-\u9fff])(?=\d)|(?<=[\d%])(?=[\u4e00-\u9fff])", " ", line)


PRINTS: dict[str, Callable[[str], str]] = {
    "full width": lambda line: line.translate(FULL_WIDTH),
    "ascii": lambda line: line.translate(ASCII),
    "spaces": spaced,
    "entities": lambda line: spaced(line).replace(" ", "&nbsp;"),
    "footnotes": lambda line: NAMED.sub("[3]", line),
    "circled footnotes": lambda line: NAMED.sub("②", line),
    "同比": lambda line: line.replace("比上年增长", "同比增长").replace("比上年下降", "同比下降"),
    "较上年": lambda line: line.replace("比上年", "较上年"),
    "了": lambda line: re.sub(r"(?<=增长|下降)(?=\d)", "了", line),
}


@cache
def texts() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The prose of the labelled texts: title and paragraphs."""
    pages = (read(case.document) for case in cases())
    return tuple((p.subject.title, tuple(b for b in p.blocks if isinstance(b, str))) for p in pages)


def found(title: str, lines: tuple[str, ...]) -> dict[str, tuple[float, str]]:
    document = Document("file:x.txt", "\n".join([title, *lines]).encode())
    return {figure.rule_id: (figure.value, figure.unit) for figure in figures(document)}


@cache
def plain() -> tuple[dict[str, tuple[float, str]], ...]:
    return tuple(found(title, lines) for title, lines in texts())


#: Those that go another way through the reader than the others.
_QUICK = ("full width", "ascii", "entities", "footnotes", "了")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.deep] * (name not in _QUICK)) for name in PRINTS],
)
def test_another_print_gives_the_same_figures(name: str) -> None:
    for (title, lines), expected in zip(texts(), plain(), strict=True):
        assert found(title, tuple(map(PRINTS[name], lines))) == expected, title
