"""Reads sentences and tables: which number belongs to which name.

A number belongs to the words before it in its clause. Where they only say that something grew or
was reached, it belongs to what was named last; where they say 分别, several numbers belong to as
many names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cityflux.scrapers.communique.clauses import (
    COMPARISON,
    GROWTH,
    GROWTH_NOUN,
    UNCHANGED,
    Clause,
    Sentence,
    clauses,
    compares_otherwise,
    sentences,
    unmask,
    without_trend,
)
from cityflux.scrapers.communique.columns import Row
from cityflux.scrapers.communique.frame import CITY_YEAR, Frame, Governor
from cityflux.scrapers.communique.lists import LINK, are_linked, names_of, share_out
from cityflux.scrapers.communique.mentions import Mention, Reading, Scene
from cityflux.scrapers.communique.numbers import Quantity, meaning, quantities
from cityflux.scrapers.communique.phrases import (
    APART,
    AVERAGED,
    COPIES,
    EXCHANGED,
    HEDGED,
    IS,
    LIST,
    MOST_NUMBERS,
    POINTS,
    RATES,
    RATIO,
    SHARE,
    before_comparison,
    is_count,
    says_any,
    signed,
)
from cityflux.scrapers.communique.segments import is_heading, joined, without_number
from cityflux.scrapers.communique.subjects import Match, Vocabulary, bound, reaches


@dataclass
class Reader:
    """Reads a communiqué block by block and collects what it finds.

    Attributes:
        vocabulary: the names that are wanted.
        governor: what sets the slots of the frame.
        own: what a bulletin calls its own period.
        readings: what was found so far.
    """

    vocabulary: Vocabulary
    governor: Governor
    own: re.Pattern[str] | None = None
    readings: list[Reading] = field(default_factory=list)
    _scene: Scene = field(init=False)
    _section: Frame = CITY_YEAR
    _sentence: Sentence = field(default_factory=lambda: Sentence("", "", ()))
    _current: list[Mention] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._scene = Scene(self.vocabulary, self.governor)

    def heading(self, words: str) -> None:
        """Read the heading of a section: it governs what follows, up to the next one."""
        above = replace(CITY_YEAR, plan=self._section.plan)
        self._section = self.governor.follow(above, without_number(words), topic=True)
        self._scene = self._scene.next_paragraph(self._section)

    def paragraph(self, text: str) -> None:
        """Read a normalised paragraph."""
        self._section = self.governor.plans(self._section, text)
        self._scene = self._scene.next_paragraph(self._section)
        text = joined(text, self.vocabulary.matches)
        for sentence in sentences(text, self.vocabulary.year, self.own):
            if is_heading(sentence.text) and not quantities(sentence.text):
                self.heading(sentence.text.strip("。"))
            else:
                self._read(sentence)

    def _read(self, sentence: Sentence) -> None:
        self._start(sentence)
        for clause in clauses(sentence):
            if clause.opens_item:
                self._scene.next_item()
            self._clause(clause)

    def table(self, head: str, rows: Iterable[Row]) -> None:
        """Read a table.

        Args:
            head: caption and heads of columns, normalised.
            rows: the lines.
        """
        self._start(Sentence(head, head, ()))
        self._scene.heading(head)
        for row in rows:
            self._sentence = Sentence(row.text, row.text, ())
            if not row.level and not row.growth:
                self._scene.group(row.name)
            owner = self._scene.name(self._scene.in_group(row.name))
            if row.level:
                self._settle(owner, row.level)
            if row.growth:
                self._grow([owner], row.growth)

    def _start(self, sentence: Sentence) -> None:
        self._sentence = sentence
        self._scene = self._scene.next_sentence()
        self._current = []

    def _clause(self, clause: Clause) -> None:
        text = clause.text
        found = quantities(text)
        if len(found) > MOST_NUMBERS:
            return
        self._scene.part = self._scene.part or "其中" in text
        if self._unchanged(clause):
            return
        if not found:
            self._words(unmask(text))
            return
        listed = LIST.search(text)
        position = 0
        for number, quantity in enumerate(found):
            if listed and position <= listed.start() < quantity.start:
                self._list(text, position, found[number:])
                return
            if self._is_unmarked_list(text, position, found[number:]):
                self._spread(self._current, text, found[number:])
                return
            if quantity.unit in RATES and are_linked(text, found[number:]):
                return  # whose rates these are cannot be told
            self._number(clause, text[position : quantity.start], quantity)
            position = quantity.end
        self._scene.note_time(unmask(text[position:]))

    def _words(self, words: str) -> None:
        """A clause without numbers: a time, an area, a topic, or a name whose number follows."""
        self._scene.topic(words)
        subject = without_trend(words)
        if self.vocabulary.matches(subject):
            self._current = [self._scene.name(subject)]
        elif subject and not self.vocabulary.says_nothing(subject):
            self._scene.interrupted = True

    def _number(self, clause: Clause, words: str, quantity: Quantity) -> None:
        lead = LINK.sub("", unmask(words), count=1)
        if not AVERAGED.search(lead):
            self._scene.lead(lead)
        if quantity.unit in POINTS:
            self._scene.note_time(lead)
        elif not (
            self._share(lead, quantity)
            or self._ratio(lead, quantity)
            or self._growth(lead, quantity)
        ):
            self._level(clause, words, quantity)
            self._growth_aside(self._sentence.aside_at(clause.start + quantity.end))

    # ---------------------------------------------------------------- levels

    def _level(self, clause: Clause, words: str, quantity: Quantity) -> None:
        lead = LINK.sub("", unmask(words), count=1)
        owner = self._current[-1] if self._current else None
        if owner and EXCHANGED.search(lead):
            self._restate(owner, quantity)
        elif reaches(lead):
            if (
                owner
                and not self._scene.interrupted
                and owner.kind in ("", meaning(quantity.unit).what)
            ):
                self._settle(owner, quantity, lead)
        elif owner and words and COPIES.fullmatch(lead):  # 出版报纸259种、92.6亿份
            self._settle(owner, quantity)
        elif self.vocabulary.says_nothing(lead):
            self._scene.note_time(lead)
            self._name_behind(unmask(clause.text[quantity.end :]), quantity)
        else:
            owner = self._scene.name(lead)
            asides = self._sentence.expand(words)[len(lead) :]
            behind = self._sentence.aside_at(clause.start + quantity.end)
            asides += "" if quantities(behind) else behind
            owner.matches = [m for m in owner.matches if not says_any(asides, m.rule.not_near)]
            self._current = [owner]
            self._settle(owner, quantity, lead, bare=is_count(clause, quantity))

    def _restate(self, owner: Mention, quantity: Quantity) -> None:
        """1256.19亿元，折合176.75亿美元: the same figure once more, in another currency.

        A growth rate that follows belongs to the number that it stands behind, if both count.
        """
        if any(match.rule.accepts(quantity.unit) for match in owner.matches):
            again = replace(owner, level=None, grown=False)
            self._current = [again]
            self._settle(again, quantity)

    def _name_behind(self, words: str, quantity: Quantity) -> None:
        """130家A级旅游景区: the name follows its number."""
        match = next(self.vocabulary.after_number(words), None)
        if match:
            owner = self._scene.name(words)
            owner.matches = [match]
            self._current = [owner]
            self._settle(owner, quantity)

    def _settle(
        self, owner: Mention, quantity: Quantity, lead: str = "", *, bare: bool = False
    ) -> None:
        owner.level = quantity
        for match in owner.matches:
            if bare and match.rule.counted:
                owner.level = quantity = replace(quantity, unit=match.rule.counted)
            if not match.rule.share_of and match.rule.accepts(quantity.unit):
                self._keep(owner, match, quantity, lead)

    def _keep(
        self,
        owner: Mention,
        match: Match,
        quantity: Quantity,
        lead: str = "",
        *,
        growth: bool = False,
    ) -> None:
        if not owner.barred and not self._scene.foreign:
            sign = quantity.bound or bound(lead)
            under = self._scene.governing(owner)
            text = self._sentence.text
            self.readings.append(Reading(growth, quantity, match, sign, text, under, owner))

    # ---------------------------------------------------------------- shares

    def _share(self, lead: str, quantity: Quantity) -> bool:
        """Take A占B的比重; True for every share, whatever it is a share of."""
        share = SHARE.fullmatch(lead) if quantity.unit == "%" else None
        if not share:
            return False
        part = share["part"]
        if part and not self.vocabulary.says_nothing(part):
            self._current = [self._scene.name(part)]
        for owner in self._current[-1:]:
            self._take_share(owner, share["whole"], quantity)
        return True

    def _take_share(self, owner: Mention, words: str, quantity: Quantity) -> None:
        whole = IS.sub("", words)
        if whole in ("", "比"):  # 占比31.6%, of what was named before
            whole = self._scene.whole()
        for match in self.vocabulary.matches(owner.phrase):
            if match.rule.share_of and re.fullmatch(match.rule.share_of, whole):
                self._keep(owner, match, quantity)

    def _ratio(self, lead: str, quantity: Quantity) -> bool:
        """Pass over a ratio; True where it is one. What it was said of keeps the next number."""
        ratio = RATIO.search(lead) if quantity.unit in RATES else None
        if not ratio:
            return False
        subject = lead[: ratio.start()]
        if not self.vocabulary.says_nothing(subject):
            self._current = [self._scene.name(subject)]
        return True

    # ---------------------------------------------------------------- growth

    def _growth(self, lead: str, quantity: Quantity) -> bool:
        """Take a growth rate; True also for a change that is no rate (增加45.5万人)."""
        bare = COMPARISON.sub("", lead)
        is_rate = quantity.unit in RATES
        growth = GROWTH.search(bare) or (GROWTH_NOUN.search(bare) if is_rate else None)
        if not growth:
            return False
        subject = APART.sub("", before_comparison(lead) or bare[: growth.start()])
        if not self.vocabulary.says_nothing(subject):
            self._current = [self._scene.name(subject)]
        elif not AVERAGED.search(subject):
            self._scene.note_time(subject)
        if is_rate:
            all_alike = re.search(r"均|都", growth.group())
            owners = self._current if all_alike else self._current[-1:]
            counts = [m for m in owners if not compares_otherwise(lead, real=m.real)]
            self._grow(counts, signed(quantity, growth))
        return True

    def _growth_aside(self, aside: str) -> None:
        """A growth rate in parentheses behind its level: 1234亿元（增长5.2%）."""
        found = quantities(aside)
        if found and found[0].unit in RATES and not compares_otherwise(aside):
            growth = GROWTH.search(COMPARISON.sub("", aside[: found[0].start]))
            if growth:
                self._grow(self._current[-1:], signed(found[0], growth))

    def _grow(self, owners: Iterable[Mention], rate: Quantity) -> None:
        for owner in owners:
            if owner.grown:
                continue
            owner.grown = True
            for match in owner.matches:
                rule = match.rule
                fits = owner.level is None or rule.accepts(owner.level.unit)
                if rule.growth and not rule.share_of and fits:
                    self._keep(owner, match, rate, growth=True)

    def _unchanged(self, clause: Clause) -> bool:
        """与上年持平: a growth rate of nought, unless it is only 基本持平."""
        words = unmask(clause.text)
        found = UNCHANGED.search(words)
        if not found or quantities(words[found.start() :]):
            return False
        before = quantities(clause.text)
        subject = words[: found.start()]
        if before:
            self._clause(replace(clause, text=clause.text[: before[-1].end]))
        elif not self.vocabulary.says_nothing(subject):
            self._current = [self._scene.name(subject)]
        if not HEDGED.search(found.group()):
            self._grow(self._current[-1:], Quantity(0.0, "%"))
        return True

    # ----------------------------------------------------------------- lists

    def _is_unmarked_list(self, text: str, position: int, found: Sequence[Quantity]) -> bool:
        """Whether a list lacks 分别: 增长14.1%和22.4% after two names, or 公路、水路x和y万人次."""
        if not are_linked(text, found):
            return False
        names = names_of(text[position : found[0].start])
        if len(found) == len(self._current) and self.vocabulary.says_nothing(names):
            return True
        phrases = share_out(names, len(found), self.vocabulary)
        known = [bool(self.vocabulary.matches(phrase)) for phrase in phrases]
        kinds = {meaning(quantity.unit).what for quantity in found}
        if not any(known) or not (all(known) or len(kinds) == len(found)):
            return False
        self._current = [self._scene.name(phrase) for phrase in phrases]
        return True

    def _list(self, text: str, position: int, found: Sequence[Quantity]) -> None:
        """A、B和C分别为x、y和z, or 分别增长x、y和z after as many names."""
        head = unmask(text[position : found[0].start])
        mark = LIST.search(head)
        names, _, whole = names_of(head[: mark.start()] if mark else head).partition("占")
        names = GROWTH_NOUN.sub("", names)
        self._scene.note_time(names)
        self._scene.lead(names)
        if self.vocabulary.says_nothing(names):
            self._current = self._scene.named_before(found, self._current, shares=bool(whole))
        else:
            phrases = share_out(names, len(found), self.vocabulary)
            self._current = [self._scene.name(phrase) for phrase in phrases]
        if len(self._current) == len(found):
            self._spread(self._current, text, found, whole)

    def _spread(
        self, owners: Sequence[Mention], text: str, found: Sequence[Quantity], whole: str = ""
    ) -> None:
        """Give each of several names its number; a unit may stand behind the last one only."""
        lead, end = "", 0
        for index, (owner, quantity) in enumerate(zip(owners, found, strict=True)):
            between = COMPARISON.sub("", unmask(text[end : quantity.start]))
            lead = between if LINK.sub("", between, count=1) else lead
            end = quantity.end
            units = (later.unit for later in found[index:])
            unit = next((unit for unit in units if meaning(unit).what), quantity.unit)
            printed = replace(quantity, unit=unit)
            growth = GROWTH.search(lead) or GROWTH_NOUN.search(lead)
            if whole:
                self._take_share(owner, whole, printed)
            elif not growth:
                self._settle(owner, printed, lead)
            elif unit in RATES and not compares_otherwise(text):
                self._grow([owner], signed(printed, growth))
