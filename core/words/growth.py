"""Why no growth is told, and where a series begins anew: in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cityflux.core.words.catalogue import term
from cityflux.core.words.language import Language
from cityflux.core.words.numbers import MISSING


def no_growth(language: Language, reason: str | None, broken: str | None = None) -> str:
    """A dash for growth that is not told, with the reason.

    Args:
        language: in which it is said.
        reason: why, as `core.engine.measures.continuity.Reason` has it.
        broken: the break that it would span.
    """
    if reason is None or reason == "few":
        return MISSING
    why = term(language.code, "no_growth", reason)
    since = f" {broken}" if reason == "break" and broken else ""
    return language.text("growth.missing", dash=MISSING, why=f"{why}{since}")


def told(
    language: Language,
    breaks: Iterable[Mapping[str, Any]],
    city: Callable[[str], str],
    *,
    cited: bool = True,
) -> list[str]:
    """A sentence for each break, with the places that it is about.

    Args:
        language: in which it is said.
        breaks: rows of `core.reading.breaks.break_frame`.
        city: the name of a city.
        cited: with who says so, and where.
    """
    where: dict[tuple[str, str, str, str], list[str]] = {}
    for row in breaks:
        reason = row[f"reason_{language.code}"] or row["reason_zh"] or row["reason_en"]
        key = (row["period"], reason, row["publisher"], row["reference"])
        named = language.text("growth.every_city") if row["city"] is None else city(row["city"])
        where.setdefault(key, []).append(named)
    lines = []
    for (period, reason, publisher, reference), cities in where.items():
        named = language.listed([*dict.fromkeys(cities)])
        line = language.text(
            "growth.break", period=language.period(period), cities=named, reason=reason
        )
        source = ", ".join(filter(None, (publisher, reference)))
        lines.append(language.text("growth.cited", line=line, source=source) if cited else line)
    return lines
