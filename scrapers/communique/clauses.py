"""Sentences and clauses, and what a clause says about comparison and growth."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"(?<=[。！？])")
_ASIDE = re.compile(r"\(([^()]*)\)")
# What a figure rose or fell from: 由上年的24.8%(提高到25.1%), 由上年的增长2.8%(转为下降4.1%).
_STARTING_POINT = re.compile(
    r"((?:由|从)(?:(?:上年|去年)(?:同期|年?末|年?底)?)?的?(?:(?:增长|下降)了?)?"
    r"\d+(?:\.\d+)?[^\d，。；、:和]{0,6}?)"
    r"(?=(?:增长|增加|提高|上升|扩大|增|升|下降|减少|降低|回落|降|转)[到至为])"
)
_FIRST_STAND_IN = 0xE000
#: What is longer is none, and is passed over: the longest that offices write have a thousand.
_LONGEST_SENTENCE = 3_000
_LONGEST_CLAUSE = 500
_LONGEST_TREND = 40
_STAND_IN = re.compile(r"[\ue000-\uf8ff]")
# A colon before a number belongs to its name (常住人口:1268.4万人), unless the number is a year.
_SEPARATOR = re.compile(r"([，；。！？]|:(?!\d)|(?<!\d):(?=(?:19|20)\d\d年))")

#: The year before, as comparisons name it.
LAST_YEAR = r"(?:上年|去年|上一年|前一年)(?:同期|同口径|年?末|年?底)?"
_PRICES = r"按(?:照)?(?:可比价格?|不变价格?|现行?价格?|(?:同|可比)口径)(?:计算)?"
#: "compared with last year", in all its forms; the growth rate that follows is ours.
COMPARISON = re.compile(
    rf"(?:{_PRICES}|(?:同|可比)口径)?"
    rf"(?:(?:比|较|与|同|和){LAST_YEAR}(?:数)?(?:相比|比较|相较)?|同比|可比(?=增长|下降))"
    rf"|{_PRICES}|(?:同|可比)口径(?:相比)?"
)
# Growth over something else than last year, or of something else than the total.
_OTHER_BASE = re.compile(
    r"(?:比|较|与|同|和)“?"
    r"(?:(?:19|20)\d\d年|十[一二三四五六]五|第[一二三四五六七]次|改革开放|上月|上季度)"
    r"|年均|平均|环比|累计|拉动|贡献|实际|扣除|人口普查"
)
_NOMINAL = re.compile(r"名义|现行?价")
_REAL = re.compile(r"扣除价格(?:上涨)?因素(?:影响)?后?|实际")
_ADVERBS = (
    r"(?:净|大幅度?|小幅|微幅?|略有?|略微|快速|较快|逐步|继续|持续|名义|仅|再|均|都|也|则|又|还|有所"
    r"|转为|实际|平稳|稳步|稳定|恢复性?|明显|显著|迅速|强劲|只|已|各|分别|总体|共|预计|约|近|超过?|逾|达到?|为)*"
)
_RISE = r"增长|增加|上升|提高|上涨|扩大|增(?!加值)|升"
_FALL = r"下降|减少|降低|下跌|回落|下滑|缩减|负增长|减|降|跌"
#: The words before a growth rate, without a comparison: 大幅增长, 下降了.
GROWTH = re.compile(
    rf"{_ADVERBS}(?:(?P<fall>{_FALL})|(?:{_RISE}))"
    r"(?:了|约|近|超过?|达到?|为|率为|幅度?为?达?|高达|逾|速度?为?|幅达)*$"
)
GROWTH_NOUN = re.compile(r"(?:增速|增幅|增长率|涨幅|(?P<fall>降幅))(?:分别|各|为|达到?|约)*$")
UNCHANGED = re.compile(
    rf"(?:基本|大体|总体|略|大致)?(?:(?:与|和|同|比|较){LAST_YEAR}(?:相比)?|同比)?"
    r"(?:基本|大体|总体|大致|保持)*持平"
)
# What a clause may say of a figure without a number: 略有下降, 增幅回落, 保持平稳, 突破万亿元大关.
_TREND = re.compile(
    r"(?:(?:首次|已)?(?:突破|超过|跨上|迈上|站上|达到)[^，]{1,8}(?:元|户|人|箱|大关|台阶)"
    r"|以[^，]{2,14}为准|增幅|增速|总体|继续|持续|保持|呈现?|有所|略有|小幅|大幅|稳步|平稳|较快|基本"
    r"|由[负降]转[正升]|由[正升]转[负降]|回落|下降|增长|上升|回升|提高|减少|增加|稳定|运行|态势)+$"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A normalised sentence; parentheses, and the values that figures rose from, are set aside.

    Attributes:
        text: the sentence as it is shown to people.
        masked: the same with one character that stands in for each of them.
        asides: what stood there.
    """

    text: str
    masked: str
    asides: tuple[str, ...]

    def aside_at(self, index: int) -> str:
        """What stood in the parentheses at a place of the masked text, or ``""``."""
        char = self.masked[index : index + 1]
        return self.asides[ord(char) - _FIRST_STAND_IN] if _STAND_IN.match(char) else ""

    def expand(self, part: str) -> str:
        """Put the parentheses back into a part of the masked text."""
        return _STAND_IN.sub(
            lambda match: f"({self.asides[ord(match.group()) - _FIRST_STAND_IN]})", part
        )


@dataclass(frozen=True, slots=True)
class Clause:
    """What stands between two marks of punctuation.

    Attributes:
        text: the words, masked.
        start: where they begin in the masked sentence.
        opens_item: whether a semicolon stands before them, or nothing.
    """

    text: str
    start: int
    opens_item: bool


def sentences(
    text: str, year: int | None = None, own: re.Pattern[str] | None = None
) -> list[Sentence]:
    """Split a normalised paragraph at full stops.

    Args:
        text: the paragraph.
        year: the year of the communiqué, where it is known: a comparison with the year before is
            one with 上年.
        own: what the text calls its own period, which is read as 全年.

    Sentences of thousands of characters are passed over. Characters of private use are dropped:
    they mean something in one font alone, and stand for parentheses here.
    """
    found = []
    for raw in _SENTENCE_END.split(_STAND_IN.sub("", text)):
        if raw.strip() and len(raw) <= _LONGEST_SENTENCE:
            asides: list[str] = []

            def mask(match: re.Match[str], kept: list[str] = asides) -> str:
                kept.append(_STAND_IN.sub("", match.group(1)))
                return chr(_FIRST_STAND_IN + len(kept) - 1)

            masked = raw
            while _ASIDE.search(masked):
                masked = _ASIDE.sub(mask, masked)
            if year:
                last = f"{year - 1}年"
                compared = rf"(?<=[比较由从]){last}|(?<=[与同和]){last}(?=同期|相比|比较|持平)"
                masked = re.sub(compared, "上年", masked)
            if own:  # its own period is to a bulletin what 全年 is to a communiqué
                if not own.match("全年"):
                    masked = masked.replace("全年", "整年")
                masked = own.sub("全年", masked)
            masked = _STARTING_POINT.sub(mask, masked)
            found.append(Sentence(raw, masked, tuple(asides)))
    return found


def clauses(sentence: Sentence) -> list[Clause]:
    """Split a sentence at commas, semicolons and the colons that are no ratios."""
    found, start, opens = [], 0, True
    for match in [*_SEPARATOR.finditer(sentence.masked), None]:
        end = match.start() if match else len(sentence.masked)
        text = sentence.masked[start:end]
        if text.strip() and len(text) <= _LONGEST_CLAUSE:
            found.append(Clause(text, start, opens))
            opens = False
        if match:
            start = match.end()
            opens = opens or match.group() == "；"
    return found


def unmask(text: str) -> str:
    """A part of a masked text without its parentheses."""
    return _STAND_IN.sub("", text)


def without_trend(text: str) -> str:
    """What a clause without numbers speaks of: 节能环保支出 for 节能环保支出与上年相比略有下降."""
    words = COMPARISON.sub("", text)
    return words[:-_LONGEST_TREND] + _TREND.sub("", words[-_LONGEST_TREND:])


def compares_otherwise(text: str, *, real: bool = False) -> bool:
    """Whether a growth rate is not the one over the year before that is published as such.

    Args:
        text: the words before it.
        real: whether that is growth at constant prices, as of the gross domestic product; of
            other figures it is growth at current prices.
    """
    if real:
        return bool(_NOMINAL.search(text) or _OTHER_BASE.search(_REAL.sub("", text)))
    return bool(_OTHER_BASE.search(text))
