"""What things are called, in one language or the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from cityflux.core.words.catalogue import Code

_REMARK = re.compile(r"\s*[(（][^()（）]*[)）]\s*$")


def pick(code: Code, zh: str | None, en: str | None, otherwise: str = "") -> str:
    """The name in a language, else in the other one, else what stands in for both."""
    first, second = (zh, en) if code == "zh" else (en, zh)
    return first or second or otherwise


def short(name: str) -> str:
    """A name without a remark in brackets at its end, for labels of charts."""
    return _REMARK.sub("", name) or name


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Add the id to names that stand for several things, which a chart would draw as one.

    Args:
        names: by id.
    """
    counts = Counter(names.values())
    return {key: name if counts[name] == 1 else f"{name} ({key})" for key, name in names.items()}
