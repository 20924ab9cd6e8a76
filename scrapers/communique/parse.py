"""From a communiqué to figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from cityflux.core.model.document import Document
from cityflux.core.model.units import convert
from cityflux.scrapers.communique.choose import choose
from cityflux.scrapers.communique.columns import caption, read_rows
from cityflux.scrapers.communique.mentions import Reading
from cityflux.scrapers.communique.numbers import normalise
from cityflux.scrapers.communique.page import Page, read
from cityflux.scrapers.communique.reader import Reader
from cityflux.scrapers.communique.rules import Rules
from cityflux.scrapers.communique.subjects import Vocabulary
from cityflux.scrapers.communique.tables import Table
from cityflux.scrapers.foreign import reader

_LONGEST = 5_000  # of a paragraph that is read as a whole
_SENTENCE_END = re.compile(r"(?<=[。！？])")
_PROVISIONAL_NOTE = re.compile(r"本公报.{0,40}(?:初步|快报|预计)")
_PROVISIONAL = re.compile(r"初步(?:核算|统计|测算|汇总)|预计|快报")


@dataclass(frozen=True, slots=True)
class Statement:
    """A figure that a communiqué states.

    Attributes:
        rule_id: what it is: the id of its rule, with ``@growth`` for a growth rate.
        value: the number as printed (negative for a fall).
        unit: its unit as printed: ``万元``, ``亿美元``, ``%``, ``倍``.
        converted: the value in the unit of the rule; None where only an exchange rate or another
            definition leads there (美元 for 亿元, 万人 for 万人年). Growth is in per cent.
        sentence: the sentence or table row that states it.
        kind: level or growth.
        status: provisional where the communiqué says that its numbers are preliminary.
        year: the year that it is about, where the title says it.
        label: which name it was found under; a rule may have several.
    """

    rule_id: str
    value: float
    unit: str
    converted: float | None
    sentence: str
    kind: Literal["level", "growth"]
    status: Literal["ok", "provisional"]
    year: int | None
    label: str


@reader("a communiqué")
def figures(*documents: Document, rules: Rules, body: str = "") -> list[Statement]:
    """Read the figures of one communiqué.

    Args:
        documents: the communiqué; several documents where its publisher split it into parts.
        rules: what to look for.
        body: the CSS selector of the text, for pages.

    Returns:
        One figure for each rule that the text states without doubt; what it states twice in
        different ways, or only in parts, is left out.

    Raises:
        Unexpected: when a document is not the text of a communiqué.
    """
    pages = [read(document, body) for document in documents]
    year = next((page.year for page in pages if page.year), None) or _declared(documents)
    place = next((page.place for page in pages if page.place), "")
    reader = Reader(Vocabulary(rules, place, year))
    for page in pages:
        _read(page, reader, year)
    provisional = any(
        isinstance(block, str) and _PROVISIONAL_NOTE.search(block)
        for page in pages
        for block in page.blocks
    )
    found: list[Statement] = []
    for reading in choose(reader.readings):
        found.extend(_figures(reading, year, provisional))
    return sorted(found, key=lambda figure: figure.rule_id)


def _declared(documents: Sequence[Document]) -> int | None:
    periods = (document.period[:4] for document in documents)
    return next((int(period) for period in periods if period.isdigit()), None)


def _read(page: Page, reader: Reader, year: int | None) -> None:
    for block in page.blocks:
        if isinstance(block, Table):
            reader.table(caption(block), read_rows(block, year))
        else:
            long = len(block) > _LONGEST
            for part in _SENTENCE_END.split(block) if long else [block]:
                if len(part) <= _LONGEST:
                    reader.paragraph(normalise(part))


def _figures(reading: Reading, year: int | None, provisional: bool) -> Iterable[Statement]:
    rule, quantity = reading.match.rule, reading.quantity
    if reading.growth:
        converted: float | None = convert(quantity.value, quantity.unit, "%")
    else:
        converted = rule.convert(quantity.value, quantity.unit)
    early = provisional or _PROVISIONAL.search(reading.sentence)
    for name in (rule.id, *rule.same_as):
        yield Statement(
            rule_id=f"{name}@growth" if reading.growth else name,
            value=quantity.value,
            unit=quantity.unit,
            converted=converted,
            sentence=reading.sentence,
            kind="growth" if reading.growth else "level",
            status="provisional" if early else "ok",
            year=year,
            label=reading.match.name,
        )
