"""What a sentence names, and whether a name means the whole city and the whole year there.

A name alone does not tell: 出口 after 民营企业进出口 is a part of a part, 常住人口 after
“十三五”期间 is another time, and 铁路 is a figure only after 旅客运输量.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from cityflux.scrapers.communique.clauses import COMPARISON
from cityflux.scrapers.communique.frame import CITY_YEAR, Frame, Governor
from cityflux.scrapers.communique.numbers import Quantity, meaning
from cityflux.scrapers.communique.phrases import RATES
from cityflux.scrapers.communique.rules import Rule
from cityflux.scrapers.communique.subjects import Match, Vocabulary

# Under it, 累计 means the year's and no stock's.
_WHOLE_YEAR = re.compile(r"(?:(?:19|20)\d\d年|全年)(?:全市)?")
_TOTAL = re.compile(r"全社会|各种|各类|主要|综合|交通运输|总")


@dataclass(eq=False)
class Mention:
    """A phrase that named something.

    Attributes:
        phrase: the words.
        matches: the rules that it fits here.
        families: the families of which it speaks, and whether it means the whole city.
        item: in which item of the sentence (between semicolons) it stands.
        barred: whether it speaks of another time or area, so that no number of it counts.
        part: whether it is a part of what was named before (其中).
        level: the number that was read for it.
        grown: whether a growth rate was read for it.
    """

    phrase: str
    matches: list[Match]
    families: dict[str, bool]
    item: int
    barred: bool
    part: bool = False
    level: Quantity | None = None
    grown: bool = False

    @property
    def real(self) -> bool:
        """Whether its growth is published at constant prices."""
        return any(match.rule.real for match in self.matches)

    @property
    def kind(self) -> str:
        """What the number counts that was read for it; ``""`` before one was."""
        return meaning(self.level.unit).what if self.level else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that was read for a rule.

    Attributes:
        growth: whether it is a growth rate.
        quantity: the number and its unit.
        match: the rule, and the name under which it was found.
        bound: how the text bounds it: ``>`` for 突破, ``<`` for 近, ``~`` for 左右; 约 where it
            only rounds it, else ``""``.
        sentence: where it stands.
        governing: the clauses before its sentence that govern it.
        mention: what was named; growth rates and levels of one mention belong together.
    """

    growth: bool
    quantity: Quantity
    match: Match
    bound: str
    sentence: str
    governing: str
    mention: Mention


@dataclass
class Scene:
    """What a sentence has said so far, as far as it bears on the next name.

    Attributes:
        vocabulary: the names that are wanted.
        governor: what sets the slots of a frame.
        frame: what governs the sentence.
        mentions: what was named in this sentence.
        part: whether it enumerates parts of a whole (其中).
        interrupted: whether words about something else came after the last name.
    """

    vocabulary: Vocabulary
    governor: Governor
    frame: Frame = CITY_YEAR
    mentions: list[Mention] = field(default_factory=list)
    part: bool = False
    interrupted: bool = False
    _previous: list[Mention] = field(default_factory=list)
    _item: int = 0
    _other_period: bool = False
    _item_frame: Frame | None = None
    _opened: bool = False
    _yearly: bool = False
    _said: str = ""
    _said_in_item: str = ""

    def next_sentence(self) -> Scene:
        """The scene of the sentence after this one: the frame stays, and what this one named."""
        return Scene(
            self.vocabulary,
            self.governor,
            self.frame,
            _previous=self.mentions or self._previous,
        )

    def next_paragraph(self, frame: Frame) -> Scene:
        """The scene of a new paragraph, under the frame of its section."""
        return replace(self.next_sentence(), frame=frame)

    def next_item(self) -> None:
        """A semicolon: a new item of an enumeration begins."""
        if self.mentions:
            self._item += 1
            self._item_frame = None
            self._said_in_item = ""

    def topic(self, words: str) -> None:
        """Words without a number: they may set the frame of the paragraph."""
        self._yearly = self._yearly or bool(_WHOLE_YEAR.fullmatch(words))
        self.note_time(words)
        if not self.part:
            self.frame = self.governor.follow(self.frame, COMPARISON.sub("", words), topic=True)
        self._opened = True
        self._say(words)

    def note_time(self, words: str) -> None:
        """Follow the expressions of time in some words."""
        other = self.governor.other_period(words)
        if other is not None:
            self._other_period = other
            if not other:
                self.frame = replace(self.frame, period="", dated=True)

    def lead(self, words: str) -> None:
        """Words before a number: the first of a sentence govern what follows, others their item."""
        words = COMPARISON.sub("", words)
        if self.part or self._opened:
            item = self.governor.follow(self._item_frame or CITY_YEAR, words, topic=False)
            self._item_frame = replace(item, mode="")
            if not self.part:
                dated = replace(self.frame, dated=self.frame.dated or item.dated)
                released = self.governor.release(dated, words)
                self.frame = self.governor.carry(released, words)
        else:
            self.frame = self.governor.follow(self.frame, words, topic=False)
        self._opened = True

    @property
    def foreign(self) -> bool:
        """Whether a number here is not one of the city's year."""
        item = self._item_frame
        refused = self.governor.refuses(self.frame) or bool(item and item.foreign)
        return self._other_period or refused

    def name(self, phrase: str) -> Mention:
        """Name something: find out which rules the phrase fits at this place."""
        self.note_time(phrase)
        phrase = phrase.strip("、“”")
        if self._yearly:
            phrase = phrase.replace("累计", "")
        mention = Mention(
            phrase,
            self.vocabulary.matches(phrase),
            self.vocabulary.mentions(phrase),
            self._item,
            self.foreign,
            self.part,
        )
        mention.matches = [match for match in mention.matches if self._counts(match, mention)]
        mention.families |= {m.rule.family: True for m in mention.matches if m.rule.family}
        self.mentions.append(mention)
        self.interrupted = False
        self._say(phrase)
        return mention

    def heading(self, words: str) -> None:
        """The caption and heads of a table: what they speak of governs the short names below."""
        self.frame = replace(self.governor.follow(CITY_YEAR, words, topic=True), period="")
        self._say(words)
        families = dict.fromkeys(self.vocabulary.mentions(words), not self.foreign)
        if families:
            self.mentions.append(Mention(words, [], families, 0, self.foreign))

    def group(self, words: str) -> None:
        """A row without numbers, that heads those below it: 公路."""
        self.frame = self.governor.follow(CITY_YEAR, words, topic=True)

    def in_group(self, name: str) -> str:
        """The name of a row with the mode that heads its group: 公路旅客发送量."""
        whole = self.frame.mode + name
        return whole if self.frame.mode and self.vocabulary.matches(whole) else name

    def governing(self, owner: Mention) -> str:
        """The clauses outside a sentence that govern a number in it."""
        before = [m.phrase for m in self._previous if owner.families.keys() & m.families.keys()]
        return " ".join(filter(None, (self.frame.clause, *before[:1])))

    def named_before(
        self, found: Sequence[Quantity], current: list[Mention], *, shares: bool
    ) -> list[Mention]:
        """The names to which a list without names belongs, or nothing where that is in doubt.

        These are the last list, or all names of the sentence that wait for a number, or the
        parts of a whole (其中) among them, or those that are no parts, or of these the ones that
        are counted in the unit of the last, or those of the last item.
        """
        rates = found[-1].unit in RATES

        def waits(mention: Mention) -> bool:
            return shares or not (mention.grown if rates else mention.level)

        waiting = [mention for mention in self.mentions if waits(mention)]
        parts = [m for m in waiting if m.part]
        wholes = [m for m in waiting if not m.part]
        alike = [m for m in wholes if m.kind == wholes[-1].kind]
        beside = [m for m in waiting if m.item == self._item]
        for names in (current, waiting, beside, parts, wholes, alike):
            if len(names) == len(found) and all(map(waits, names)):
                return names
        return []

    def whole(self) -> str:
        """What the parts of this sentence are parts of: 规模以上工业中，…; ``""`` where unsaid."""
        topic = re.match(r"在?([^，；]{2,12}?)(?:企业)?(?<!其)中", self._said)
        if topic:
            return topic[1]
        wholes = [mention for mention in self.mentions if not mention.part]
        named = wholes[-1:] or self._previous[:1] if self.part else []
        return re.sub(r"^(?:全年|实现|完成)*", "", named[0].phrase) if named else ""

    def _say(self, words: str) -> None:
        self._said += words
        self._said_in_item += words

    def _counts(self, match: Match, mention: Mention) -> bool:
        whole = [*self._previous, *self.mentions] if mention.part else []
        near = "".join(m.phrase for m in whole) + self._said_in_item + mention.phrase
        if any(re.search(words, near) for words in match.rule.not_near):
            return False
        if any(word in self._said for word in match.rule.not_in):
            return False
        if match.rule.total and self.frame.mode and not re.search(_TOTAL, mention.phrase):
            return False
        return not match.short or self._governed(match.rule, mention)

    def _governed(self, rule: Rule, mention: Mention) -> bool:
        """Whether a short name stands under a mention of its family that means the whole city.

        The nearest mention in its own item governs it; a new item belongs to the first mention
        of the sentence, and parts (其中) to that of the sentence before.
        """
        free = self.vocabulary.rules.families[rule.family].free
        here = [m for m in self.mentions if rule.family in m.families]
        beside = [m for m in here if m.item == self._item]
        if beside:
            return beside[-1].families[rule.family]
        if here:
            return here[0].families[rule.family]
        before = [m for m in self._previous if rule.family in m.families]
        if before and (mention.part or not free):
            return before[0].families[rule.family]
        return free
