"""Where a printed text breaks without saying so: headings that run into their paragraph, captions.

What a site flattens, or a mirror prints without line ends, loses the marks between a heading and
its text. They are put back here as full stops, before anything is matched and while white space
still stands: ``五、国内贸易 全年社会消费品…`` becomes ``五、国内贸易。全年社会消费品…``.
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: Chinese characters, within the brackets of a pattern.
HAN = r"\u4e00-\u9fff"
_NUMERALS = "[一二三四五六七八九十]{1,3}"
#: The number of a section, at the beginning of a text or after a break.
_NUMBER = (
    rf"(?:第{_NUMERALS}(?:章|节|部分)|{_NUMERALS} ?[、.](?! ?{_NUMERALS}、)"
    rf"|[(]{_NUMERALS}[)]|\d{{1,2}}[、.](?![\d ]))"
)
#: How sentences of the genre begin.
_OPENER = (
    r"(?:全年|全[市区县省州旗盟]|全社会|年末|初步核算|根据|经.{0,8}核算|截至|截止|"
    r"(?:19|20)\d\d ?年|今年|本年|年内|按|从|分[^布]|其中|各项|各类)"
)
_BREAK = r"(?:(?<![^\s])|(?<=[。；]))"
_NUMBERED = re.compile(
    rf"{_BREAK}({_NUMBER}(?:[^。，；:\d]{{0,24}}?(?=[ ]?{_OPENER})|[^。，；:\d ]{{2,20}}(?= )))"
)
_UNNUMBERED = re.compile(rf"{_BREAK}(?!其中|同时)([{HAN}、]{{2,10}}) +(?={_OPENER})")
_WEAK = re.compile(rf"((?:^|。)[ ]*[{HAN}]{{2,8}}) +(?=[{HAN}])")
_STOP = re.compile(rf"(?<=[{HAN}%)])(?<![一二三四五六七八九十])\.(?= ?[{HAN}“(]|20\d\d ?年)")
# A rate before the next figure, with nothing but white space between them.
_RATE_END = re.compile(
    rf"(?<=%)(?:[ ]*·| (?![和与、及的以左上下转提升降增减扩回收达到为])) *(?=[{HAN}])"
)
# A heading that stands alone: it states no figure, though it may name a year.
_BARE_HEADING = re.compile(rf"\s*{_NUMBER}(?:[^\d，。；]|(?:19|20)\d\d ?年){{0,30}}")
# A number that ends one sentence before the next; 2025 年末 is one word.
_NUMBER_END = re.compile(r"(?<=\d)(?<!(?:19|20)\d\d) +(?=全年|年末|全[市区县省州])")
_BULLET = re.compile(r"^\s*[◆◇●○■□▲△★☆▪•◎]+\s*")
_BRACKETED = re.compile(rf"^\s*\[([{HAN}、]{{2,12}})\]")
_PAGE_NUMBER = re.compile(r"(?:^|(?<=[ 。]))[-—–] ?\d{1,3} ?[-—–](?= ?[\u4e00-\u9fff])")
_TABLE = re.compile(rf"(?<![^\s。])附?表 ?\d{{1,2}}[^。]*?(?= {_OPENER}|。|$)")
_CHART = re.compile(
    r"(?<![^\s。])图 ?\d{1,2}(?:"
    r"[^。]{0,60}?(?:额|值|率|速度?|量|比重|构成|情况|面积|人数|结构|数|入|出)(?= |$)"
    rf"|[^。]{{0,60}}?(?= {_OPENER}|。|$))"
)
#: What stands for white space between words that may or may not belong together.
WEAK = "\u2063"
_HEADING = re.compile(rf"{_NUMBER}")


def stops(text: str) -> str:
    """Put full stops where a text breaks, and drop the captions inside it.

    Args:
        text: a paragraph with its white space, in one form of punctuation.
    """
    if " 表" in text or " 图" in text or text.startswith(("图", "表", "附表")):
        text = _CHART.sub("", _TABLE.sub("", text))
    text = _BULLET.sub("", _BRACKETED.sub(r"\1。", text))
    text = _STOP.sub("。", _PAGE_NUMBER.sub("", text))
    text = _RATE_END.sub("；", text).replace("；其中", "，其中")
    text = _NUMBER_END.sub("。", text)
    if not _BARE_HEADING.fullmatch(text):
        text = _NUMBERED.sub(r"\1。", text)
    text = _UNNUMBERED.sub(r"\1。", text)
    return _WEAK.sub(rf"\1{WEAK}", text)


def joined(text: str, known: Callable[[str], object]) -> str:
    """A text whose weak boundaries are decided: a heading ends there, or a name goes on.

    Args:
        text: with `WEAK` in it.
        known: whether a phrase is a name that is wanted.
    """
    head, *rest = text.split(WEAK)
    for part in rest:
        ahead = re.split(r"[。；]", head)[-1]
        name = re.split(r"[\d，。；]", part, maxsplit=1)[0]
        head += f"。{part}" if known(name) and not known(ahead + name) else part
    return head


def is_heading(sentence: str) -> bool:
    """Whether a sentence opens a section: it has a section's number."""
    return bool(_HEADING.match(sentence))


def without_number(heading: str) -> str:
    """A heading without the number of its section."""
    return _HEADING.sub("", heading, count=1)
