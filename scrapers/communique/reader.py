"""Reads sentences: which number belongs to which name.

A number belongs to the words before it in its clause. Where they only say that something grew or
was reached, it belongs to what was named last; where they say 分别, several numbers belong to as
many names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from scrapers.communique.clauses import (
    COMPARISON,
    GROWTH,
    GROWTH_NOUN,
    UNCHANGED,
    Clause,
    Sentence,
    clauses,
    compares_otherwise,
    other_time,
    sentences,
    speaks_of_area,
    unmask,
    without_trend,
)
from scrapers.communique.columns import Row
from scrapers.communique.lists import share_out
from scrapers.communique.numbers import Quantity, quantities, split_unit
from scrapers.communique.rules import Rule
from scrapers.communique.subjects import Match, Vocabulary, approximate, reaches

_SHARE = re.compile(r"(?P<part>.*?)占(?P<whole>.+)")
_OF = re.compile(r"(?:的)?(?:比重|比例|份额)?(?:分别|各|已)*(?:为|达到?|是|约|近|超过?|的|提高到|上升到|升至|提升至)*$")
_LEFTOVER = re.compile(r"(?:分别|各|各自|均|都|依次)*$")
_LIST = re.compile(r"分别|依次为|各为")
_LINK = re.compile(r"[、和与及以]*")
_PER_CENT = ("%", "倍")


@dataclass(eq=False)
class Mention:
    """A phrase that named something, and what the sentence said about it.

    Attributes:
        phrase: the words.
        matches: the rules that it fits.
        families: the families it speaks of, and whether it means the whole city.
        group: the item of the sentence (between semicolons) in which it stands.
        barred: whether it speaks of another time or another area, so that nothing counts.
        leads: whether it opens an enumeration of parts (其中).
    """

    phrase: str
    matches: list[Match]
    families: dict[str, bool]
    group: int
    barred: bool
    leads: bool = False
    level: Quantity | None = None
    grown: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that was read for a rule.

    Attributes:
        growth: whether it is a growth rate.
        quantity: the number and its unit.
        match: the label under which it was found.
        approximate: whether the text rounds it on purpose (突破, 近).
        sentence: where it stands.
        mention: what was named; growth rates and levels of one mention belong together.
    """

    growth: bool
    quantity: Quantity
    match: Match
    approximate: bool
    sentence: str
    mention: Mention


@dataclass
class Reader:
    """Reads a communiqué paragraph by paragraph and collects what it finds."""

    vocabulary: Vocabulary
    readings: list[Reading] = field(default_factory=list)
    _sentence: Sentence = field(default_factory=lambda: Sentence("", "", ()))
    _mentions: list[Mention] = field(default_factory=list)
    _previous: list[Mention] = field(default_factory=list)
    _current: list[Mention] = field(default_factory=list)
    _group: int = 0
    _barred_time: bool = False
    _barred_topic: bool = False
    _barred_group: bool = False
    _interrupted: bool = False
    _leads: bool = False
    _context: str = ""  # what was said in this item of the sentence
    _said: str = ""  # what was said in the sentence

    def paragraph(self, text: str) -> None:
        """Read a normalised paragraph."""
        for sentence in sentences(text):
            self._start(sentence)
            for clause in clauses(sentence):
                self._clause(clause)

    def _start(self, sentence: Sentence) -> None:
        self._sentence = sentence
        self._previous = self._mentions or self._previous
        self._mentions, self._current = [], []
        self._group = 0
        self._barred_time = self._barred_topic = self._barred_group = False
        self._leads = self._interrupted = False
        self._context = self._said = ""

    def _clause(self, clause: Clause) -> None:
        if clause.opens_group and self._mentions:
            self._group += 1
            self._barred_group = False
            self._context = ""
        text = clause.text
        found = quantities(text)
        if "其中" in text:
            self._leads = True
        if self._unchanged(clause):
            return
        if not found:
            self._words_only(unmask(text))
            return
        listed = _LIST.search(text)
        position = 0
        for number, quantity in enumerate(found):
            if listed and listed.start() >= position and listed.start() < quantity.start:
                self._list(text, position, found[number:])
                return
            if self._is_unmarked_list(text, found[number:]):
                self._spread(self._current, text, found[number:])
                return
            self._number(clause, text[position : quantity.start], quantity)
            position = quantity.end

    def table(self, head: str, rows: Iterable[Row]) -> None:
        """Read a table: the head tells what short names in its lines are about.

        Args:
            head: caption and column heads, normalised.
            rows: the lines.
        """
        self._start(Sentence(head, head, ()))
        self._barred_topic = speaks_of_area(head)
        about = dict.fromkeys(self.vocabulary.mentions(head), not self._barred_topic)
        if about:
            self._mentions.append(Mention(head, [], about, 0, self._barred_topic))
        for row in rows:
            self._sentence = Sentence(row.text, row.text, ())
            owner = self._mention(row.name)
            if row.level:
                self._settle(owner, row.level, "")
            if row.growth:
                self._grow([owner], row.growth)

    # ------------------------------------------------------------------ words

    def _words_only(self, words: str) -> None:
        """A clause without numbers: a time, an area, a topic, or a name whose number follows."""
        self._note_time(words)
        if speaks_of_area(words):
            self._barred_topic = True
        self._say(words)
        topic = without_trend(words)
        if self.vocabulary.matches(topic):
            self._current = [self._mention(topic)]
        elif topic and not self.vocabulary.says_nothing(topic):
            self._interrupted = True

    def _note_time(self, words: str) -> None:
        other = other_time(words, self.vocabulary.year)
        if other is not None:
            self._barred_time = other

    def _mention(self, phrase: str) -> Mention:
        """Name something: resolve which rules the phrase fits at this place of the text."""
        self._note_time(phrase)
        self._interrupted = False
        phrase = phrase.strip("、“”")
        mention = Mention(
            phrase,
            self.vocabulary.matches(phrase),
            self.vocabulary.mentions(phrase),
            self._group,
            self._barred_time or self._barred_topic or self._barred_group,
            self._leads,
        )
        mention.matches = [m for m in mention.matches if self._allowed(m, mention)]
        for match in mention.matches:
            if match.rule.family:
                mention.families[match.rule.family] = True
        self._mentions.append(mention)
        self._say(phrase)
        return mention

    def _say(self, words: str) -> None:
        self._context += words
        self._said += words

    def _allowed(self, match: Match, mention: Mention) -> bool:
        near = self._surroundings(mention)
        if any(word in near for word in match.rule.not_near):
            return False
        if any(word in self._said for word in match.rule.not_in):
            return False
        return not match.short or self._governed(match.rule, mention)

    def _surroundings(self, mention: Mention) -> str:
        """What was said before in this item of the sentence; for parts, of the whole, too."""
        whole = [*self._previous, *self._mentions] if mention.leads else []
        return "".join(m.phrase for m in whole) + self._context + mention.phrase

    def _governed(self, rule: Rule, mention: Mention) -> bool:
        """Whether a short name stands beside a mention of its family that means the whole city."""
        family = rule.family
        free = self.vocabulary.rules.families[family].free
        here = [m for m in self._mentions if family in m.families]
        same_group = [m for m in here if m.group == self._group]
        if same_group:
            return same_group[-1].families[family]
        if here:
            return here[0].families[family]
        before = [m for m in self._previous if family in m.families]
        if before and (mention.leads or not free):
            return before[0].families[family]
        return free

    # ---------------------------------------------------------------- numbers

    def _number(self, clause: Clause, words: str, quantity: Quantity) -> None:
        lead = _LINK.sub("", unmask(words), count=1)
        aside = self._sentence.aside_at(clause.start + quantity.end)
        if speaks_of_area(lead):
            self._barred_group = True
        if quantity.unit in ("个百分点", "百分点"):
            self._note_time(lead)
            return
        if self._share(lead, quantity) or self._growth(lead, quantity):
            return
        self._level(words, lead, quantity, clause)
        growth = GROWTH.search(COMPARISON.sub("", unmask(aside.partition("%")[0].rstrip("0123456789.-"))))
        if growth and self._current and "%" in aside and not compares_otherwise(aside):
            self._grow(self._current[-1:], _signed(quantities(aside)[0], growth))

    def _share(self, lead: str, quantity: Quantity) -> bool:
        share = _SHARE.fullmatch(lead) if quantity.unit == "%" else None
        if not share:
            return False
        part = share["part"]
        owners = [self._mention(part)] if part and not self.vocabulary.says_nothing(part) else []
        for owner in owners or self._current[-1:]:
            self._take_share(owner, share["whole"], quantity)
        if owners:
            self._current = owners
        return True

    def _take_share(self, owner: Mention, words: str, quantity: Quantity) -> None:
        whole = _OF.sub("", words)
        for rule in self.vocabulary.rules.rules:
            if rule.share_of and re.fullmatch(rule.share_of, whole) and not owner.barred:
                for match in self.vocabulary.matches(owner.phrase):
                    if match.rule is rule:
                        self._keep(match, quantity, owner, growth=False)

    def _growth(self, lead: str, quantity: Quantity) -> bool:
        """Take a growth rate; True also for a change that is no rate (增加45.5万人)."""
        bare = COMPARISON.sub("", lead)
        growth = GROWTH.search(bare) or (
            GROWTH_NOUN.search(bare) if quantity.unit in _PER_CENT else None
        )
        if not growth:
            return False
        subject = _LEFTOVER.sub("", COMPARISON.sub("", lead[: _start_of(growth, lead)]))
        if subject and not self.vocabulary.says_nothing(subject):
            self._current = [self._mention(_LEFTOVER.sub("", subject))]
        elif subject:
            self._note_time(subject)
        if quantity.unit in _PER_CENT and not compares_otherwise(lead):
            owners = self._current if re.search(r"均|都", growth.group()) else self._current[-1:]
            self._grow(owners, _signed(quantity, growth))
        return True

    def _grow(self, owners: Sequence[Mention], rate: Quantity) -> None:
        for owner in owners:
            if owner.grown or owner.barred or self._barred_time:
                continue
            owner.grown = True
            for match in owner.matches:
                if match.rule.growth and not match.rule.share_of and self._fits(match.rule, owner):
                    self._keep(match, rate, owner, growth=True)

    @staticmethod
    def _fits(rule: Rule, owner: Mention) -> bool:
        return owner.level is None or split_unit(owner.level.unit)[1] in rule.accept

    def _level(self, words: str, lead: str, quantity: Quantity, clause: Clause) -> None:
        if reaches(lead):
            for owner in self._current[-1:]:
                fresh = owner.level is None or _same_base(owner.level, quantity)
                if fresh and not self._interrupted:
                    self._settle(owner, quantity, lead)
            return
        if not lead and words and self._current:  # 出版报纸259种、92.6亿份
            self._settle(self._current[-1], quantity, lead)
            return
        if self.vocabulary.says_nothing(lead):
            self._note_time(lead)
            self._after_number(clause, quantity)
            return
        owner = self._mention(lead)
        asides = self._sentence.expand(words)[len(lead) :]
        owner.matches = [
            m for m in owner.matches if not any(word in asides for word in m.rule.not_near)
        ]
        self._current = [owner]
        self._settle(owner, quantity, lead)

    def _after_number(self, clause: Clause, quantity: Quantity) -> None:
        behind = unmask(clause.text[quantity.end :])
        for match in self.vocabulary.after_number(behind):
            owner = self._mention(behind)
            owner.matches = [match]
            self._current = [owner]
            self._settle(owner, quantity, "")
            return

    def _settle(self, owner: Mention, quantity: Quantity, lead: str) -> None:
        owner.level = quantity
        if owner.barred or self._barred_time:
            return
        for match in owner.matches:
            if not match.rule.share_of and split_unit(quantity.unit)[1] in match.rule.accept:
                self._keep(match, quantity, owner, False, approximate(lead))

    def _keep(
        self,
        match: Match,
        quantity: Quantity,
        owner: Mention,
        growth: bool,
        rounded: bool = False,
    ) -> None:
        text = self._sentence.text
        self.readings.append(Reading(growth, quantity, match, rounded, text, owner))

    def _unchanged(self, clause: Clause) -> bool:
        """与上年持平: a growth rate of nought."""
        text = clause.text
        words = unmask(text)
        found = UNCHANGED.search(words)
        if not found or quantities(words[found.start() :]):
            return False
        before = quantities(text)
        subject = words[: found.start()]
        if before:
            self._clause(replace(clause, text=text[: before[-1].end], opens_group=False))
        elif subject and not self.vocabulary.says_nothing(subject):
            self._current = [self._mention(subject)]
        if not found["hedge"] and "基本" not in found.group():
            self._grow(self._current[-1:], Quantity(0.0, "%"))
        return True

    # ------------------------------------------------------------------ lists

    def _is_unmarked_list(self, text: str, found: Sequence[Quantity]) -> bool:
        """增长14.1%和22.4% after a list of two names: a list that does not say 分别."""
        if len(found) < 2 or len(found) != len(self._current):
            return False
        links = [text[a.end : b.start] for a, b in zip(found, found[1:], strict=False)]
        plain = all(_LINK.fullmatch(unmask(link)) for link in links)
        return plain and self.vocabulary.says_nothing(_names(text[: found[0].start]))

    def _list(self, text: str, position: int, found: Sequence[Quantity]) -> None:
        """A、B和C分别为x、y和z, or 分别增长x、y和z after as many names."""
        head = unmask(text[position : found[0].start])
        mark = _LIST.search(head)
        names = _names(head[: mark.start()] if mark else head)
        names, _, whole = names.partition("占")
        self._note_time(names)
        if speaks_of_area(names):
            self._barred_group = True
        if names and not self.vocabulary.says_nothing(names):
            phrases = share_out(names, len(found), self.vocabulary)
            self._current = [self._mention(phrase) for phrase in phrases]
        else:
            self._current = [m for m in self._mentions if not m.grown or whole][-len(found) :]
        if len(self._current) == len(found):
            self._spread(self._current, text, found, whole)

    def _spread(
        self, owners: Sequence[Mention], text: str, found: Sequence[Quantity], whole: str = ""
    ) -> None:
        """Give each of several names its number."""
        units = [q.unit for q in found]
        lead, end = "", 0
        for owner, quantity, index in zip(owners, found, range(len(found)), strict=True):
            between = COMPARISON.sub("", unmask(text[end : quantity.start]))
            end = quantity.end
            lead = between if _LINK.sub("", between, count=1) else lead
            unit = quantity.unit or next((u for u in units[index:] if u), "")
            if unit.rstrip("亿万千百") == "" and unit:
                unit = next((u for u in units[index + 1 :] if split_unit(u)[1]), unit)
            printed = replace(quantity, unit=unit)
            growth = GROWTH.search(_LIST.sub("", lead)) or GROWTH.search(lead)
            if whole:
                self._take_share(owner, whole, printed)
            elif growth and unit in _PER_CENT and not compares_otherwise(text):
                self._grow([owner], _signed(printed, growth))
            elif not growth:
                self._settle(owner, printed, lead)


def _signed(rate: Quantity, growth: re.Match[str]) -> Quantity:
    fell = bool(growth.groupdict().get("fall"))
    return replace(rate, value=-rate.value if fell else rate.value)


def _start_of(growth: re.Match[str], lead: str) -> int:
    """Where the growth phrase begins in the words before comparisons were cut out."""
    comparison = COMPARISON.search(lead)
    tail = len(growth.string) - growth.start()
    start = len(lead) - tail
    return min(start, comparison.start()) if comparison else start


def _names(words: str) -> str:
    """The names of a list without the comparison and the verb behind them."""
    words = COMPARISON.sub("", unmask(words))
    return re.sub(r"(?:比重|比例)?(?:分别|各|为|达到?|完成|实现|增长|下降|的比重|:)*$", "", words)


def _same_base(one: Quantity, other: Quantity) -> bool:
    return split_unit(one.unit)[1] == split_unit(other.unit)[1]
