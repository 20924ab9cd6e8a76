"""From a communiqué to figures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cityflux.core.model.document import Document
from cityflux.core.model.units import convert
from cityflux.scrapers.communique.choose import BOUNDS, choose
from cityflux.scrapers.communique.columns import caption, read_rows
from cityflux.scrapers.communique.frame import Governor
from cityflux.scrapers.communique.mentions import Reading
from cityflux.scrapers.communique.numbers import paragraph
from cityflux.scrapers.communique.page import Page, read
from cityflux.scrapers.communique.reader import Reader
from cityflux.scrapers.communique.rules import Rules
from cityflux.scrapers.communique.subjects import Vocabulary
from cityflux.scrapers.communique.tables import Table
from cityflux.scrapers.communique.titles import Subject
from cityflux.scrapers.foreign import reader

_LONGEST = 5_000  # of a paragraph that is read as a whole
_SENTENCE_END = re.compile(r"(?<=[。！？])")
_A_YEAR = re.compile(r"\d{4}")
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
        status: provisional where the communiqué says that its numbers are preliminary; bound where
            it only says that the number is passed or nearly reached (突破, 近).
        year: the year that it is about, where that is known; None for a part of one.
        period: the same or a part of a year, in ISO 8601: ``2025-Q1``, ``2025-01/2025-09``.
        label: which name it was found under; a rule may have several.
        bound: the sign of a bound: ``>``, ``<`` or ``~``; else ``""``.
        governing: the clauses before the sentence that govern it: what it is a part of, or which
            period and territory its paragraph speaks of.
    """

    rule_id: str
    value: float
    unit: str
    converted: float | None
    sentence: str
    kind: Literal["level", "growth"]
    status: Literal["ok", "provisional", "bound"]
    year: int | None
    label: str
    period: str = ""
    bound: str = ""
    governing: str = ""


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
    subject = _subject([page.subject for page in pages], documents)
    governor = Governor(subject.year, subject.territory, subject.other, subject.genre == "other")
    reader = Reader(Vocabulary(rules, subject.territory, subject.year), governor, subject.own)
    for page in pages:
        _read(page, reader, subject.year)
    provisional = any(
        isinstance(block, str) and _PROVISIONAL_NOTE.search(block)
        for page in pages
        for block in page.blocks
    )
    found: list[Statement] = []
    for reading in choose(reader.readings):
        found.extend(_figures(reading, subject.period, provisional))
    return sorted(found, key=lambda figure: figure.rule_id)


def _subject(said: Sequence[Subject], documents: Sequence[Document]) -> Subject:
    """What the parts of a text say together; the declared period stands in for an unsaid one.

    What was fetched as the text of a year is taken for a communiqué where no title says more.
    """
    subject = next((each for each in said if each.genre != "other"), said[0])
    dated = next((each for each in said if each.year), subject)
    placed = next((each for each in said if each.territory.name), subject)
    subject = replace(subject, year=dated.year, period=dated.period, territory=placed.territory)
    declared = next((d.period for d in documents if d.period[:4].isdigit()), "")
    if not declared:
        return subject
    genre = "communique" if subject.genre == "other" else subject.genre
    year = subject.year or int(declared[:4])
    return replace(subject, genre=genre, year=year, period=subject.period or declared)


def _read(page: Page, reader: Reader, year: int | None) -> None:
    for block in page.blocks:
        if isinstance(block, Table):
            reader.table(caption(block), read_rows(block, year))
        else:
            long = len(block) > _LONGEST
            for part in _SENTENCE_END.split(block) if long else [block]:
                if len(part) <= _LONGEST:
                    reader.paragraph(paragraph(part))


def _figures(reading: Reading, period: str, provisional: bool) -> Iterable[Statement]:
    rule, quantity = reading.match.rule, reading.quantity
    if reading.growth:
        converted: float | None = convert(quantity.value, quantity.unit, "%")
    else:
        converted = rule.convert(quantity.value, quantity.unit)
    early = provisional or _PROVISIONAL.search(reading.sentence)
    bound = reading.bound if reading.bound in BOUNDS else ""
    for name in (rule.id, *rule.same_as):
        yield Statement(
            rule_id=f"{name}@growth" if reading.growth else name,
            value=quantity.value,
            unit=quantity.unit,
            converted=converted,
            sentence=reading.sentence,
            kind="growth" if reading.growth else "level",
            status="bound" if bound else "provisional" if early else "ok",
            year=int(period) if _A_YEAR.fullmatch(period) else None,
            period=period,
            label=reading.match.name,
            bound=bound,
            governing=reading.governing,
        )
