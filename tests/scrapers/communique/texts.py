"""Short communiqués for tests: a title, what is to be tested, and words without figures."""

from __future__ import annotations

from functools import partial

from cityflux.core.model.document import Document
from cityflux.plugins.communiques import rules
from cityflux.scrapers import communique
from cityflux.scrapers.communique import Statement

TITLE = "2021年江城市国民经济和社会发展统计公报"
FILLER = (
    "面对复杂多变的外部环境，全市上下同心协力，经济运行总体平稳，质量效益稳步提升，民生保障有力有效。"
    "各项社会事业全面进步，城市环境持续改善，人民生活水平不断提高，社会大局和谐稳定，发展基础更加坚实。"
    "下一步，全市将继续推动高质量发展，努力办好民生实事，加快建设宜居、韧性、智慧城市。"
)

figures = partial(communique.figures, rules=rules())


def document(*paragraphs: str, title: str = TITLE) -> Document:
    """A plain text communiqué of the given paragraphs."""
    text = "\n".join([title, FILLER, *paragraphs])
    return Document("file:communique.txt", text.encode())


def read(*paragraphs: str, title: str = TITLE) -> dict[str, tuple[float, str]]:
    """The figures of a communiqué: rule id -> value and unit as printed."""
    return {f.rule_id: (f.value, f.unit) for f in figures(document(*paragraphs, title=title))}


def figure(rule_id: str, *paragraphs: str) -> Statement:
    """One figure of a communiqué."""
    (found,) = (f for f in figures(document(*paragraphs)) if f.rule_id == rule_id)
    return found
