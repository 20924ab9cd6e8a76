"""How many figures come from sources of each class, in words."""

from __future__ import annotations

from collections.abc import Mapping

from cityflux.core.words.catalogue import Code, text
from cityflux.core.words.numbers import number


def by_class(code: Code, counts: Mapping[str, int]) -> str:
    """``Figures by class of source: second-hand 767, computed 513``; nothing where nobody said it.

    Args:
        code: the language.
        counts: figures by class, as `core.model.nouns.Source.kind` says it.
    """
    if not any(counts):
        return ""
    named = (
        f"{text(code, f'terms.class.{_key(kind)}')} {number(count, 0)}"
        for kind, count in counts.items()
    )
    return text(code, "bracket.by_class", counts=text(code, "common.comma").join(named))


def _key(kind: str) -> str:
    return kind.replace(" ", "_").replace("-", "_") or "unsaid"
