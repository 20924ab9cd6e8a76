"""Short communiqués for tests: a title, what is to be tested, and words without figures."""

from __future__ import annotations

from benchmarks.communique import FILLER
from cityflux.core.model.document import Document
from cityflux.plugins.communiques import rules
from cityflux.scrapers import communique
from cityflux.scrapers.communique import Statement

__all__ = ["FILLER", "TITLE", "document", "figure", "figures", "read"]

TITLE = "2021年江城市国民经济和社会发展统计公报"
#: Indicators that get the same figure as another one, and would stand in every text twice.
_TWICE = "_first_print"


def figures(*documents: Document, body: str = "") -> list[Statement]:
    """The figures of a communiqué by the rules of the plugins, each once."""
    found = communique.figures(*documents, rules=rules(), body=body)
    return [each for each in found if _TWICE not in each.rule_id]


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
