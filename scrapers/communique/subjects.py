"""Whether the words before a number name a wanted figure, and nothing but that figure.

The words must match as a whole: what is known to stand around a name (time, the city, 实现, 达到),
then the name, then again known words. Any other word (民营企业, 城镇, 一般贸易) makes the phrase a
sub-total, so that a new kind of sub-total is refused without being listed anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from scrapers.communique.rules import Rule, Rules

# Where the title names no city, only a name that says 市 is taken for it.
_ANY_PLACE = r"[\u4e00-\u9fff]{2,3}(?=市)"
_BEFORE = (
    r"其中:?|[、和与及并而且又]|同时|此外|另外|同期|以及|"
    r"(?:截至|截止|截止到|至|到)?(?:{year}年)?年?(?:末|底)|{year}年(?:全年|度)?|全年|当年|本年度?|年内|12月末|"
    r"(?:全|本|我)市(?:域)?(?:共)?|{place}市(?:域)?(?:的)?|{place}地区(?:海关)?|{place}|全社会|城乡|"
    r"(?:据|经|根据)?初步(?:核算|统计|测算|汇总)|(?:经|根据|据).{{2,12}}(?:核算|核定|统计)(?:结果)?|"
    r"按.{{1,16}}?(?:计算|口径|统计)的?|实现|完成|达到|达|共有|拥有|设有|共|有|为|用于|使用|全年累计|预计|约|"
    r"合计|总计|共计|继续|仍|投入|完成的|实现的|的|规模|全年共|全年合计|(?:据|经)?(?:核算|测算|统计)(?:结果)?:?|"
    r"辖区|辖内|当期|全部|各类|各项"
)
_AFTER = (
    r"(?:实现|完成|达到|达|为|是|有|共有|共|共计|合计|总计|计|约|近|超过|超|突破|首次突破|首次超过|首次|逾|"
    r"稳定在|保持在|增至|增加到|增加至|扩大到|扩大至|升至|降至|下降到|下降至|减少到|减少至|提高到|提高至|上升到|"
    r"上升至|回落到|回落至|增长到|增长至|已达|已有|已|仍|预计|大约|全年|年末|当年|累计达|再创新高|迈上|站上|跨上|"
    r"{year}年|全市|:|又|再|接近|分别|各|均|的|按.{{1,16}}?(?:计算|口径|统计)|"
    r"总量|总额|总数|规模|数量|人数|金额|户数|(?:年末|期末|全年)数)"
)
_REACHES = re.compile(
    r"(?:全年|年末|年底|其中|并|且|也|则|按.{1,16}?(?:计算|口径))*(?:首次|已|再次|累计)?"
    r"(?:金额|总量|总额|数量|人数|规模)?(?:达到?|为|突破|超过|完成|实现|增至|升至|降至|增加到|下降到|减少到|提高到|上升到|回落到|约)+(?:约|近)?$"
)
_APPROXIMATE = re.compile(r"突破|超过?$|近$|逾|超$|迈上|站上|跨上|接近|约$|大约|超过")


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that fits a phrase.

    Attributes:
        rule: the rule.
        rank: the place of the label in the rule; the smaller, the better the definition.
        short: whether only a short name fits, which counts beside its family alone.
        name: the name as it stands in the phrase.
    """

    rule: Rule
    rank: int
    short: bool
    name: str


@dataclass(frozen=True)
class Vocabulary:
    """The rules as patterns for one communiqué.

    Attributes:
        rules: the rules.
        place: the city, without 市.
        year: the year that the communiqué reports on.
    """

    rules: Rules
    place: str = ""
    year: int | None = None

    @cached_property
    def _around(self) -> tuple[str, str]:
        known = {
            "place": re.escape(self.place) if self.place else _ANY_PLACE,
            "year": str(self.year) if self.year else r"(?:19|20)\d\d",
        }
        return f"(?:{_BEFORE.format(**known)})*", f"(?:{_AFTER.format(**known)})*"

    def _whole(self, label: str, before: tuple[str, ...] = ()) -> re.Pattern[str]:
        ahead, behind = self._around
        if before:
            ahead = f"(?:{ahead}(?:{'|'.join(before)}))?{ahead}"
        place = re.escape(self.place) if self.place else _ANY_PLACE
        return re.compile(f"{ahead}(?P<name>{label.replace('{place}', place)}){behind}")

    @cached_property
    def _labels(self) -> list[tuple[Rule, int, bool, re.Pattern[str]]]:
        found = []
        for rule in self.rules.rules:
            names = [(label, False) for label in rule.labels] + [(s, True) for s in rule.short]
            for rank, (label, short) in enumerate(names):
                found.append((rule, rank, short, self._whole(label, rule.before)))
        return found

    @cached_property
    def _families(self) -> dict[str, tuple[re.Pattern[str], list[re.Pattern[str]]]]:
        return {
            name: (re.compile(family.mention), [self._whole(p) for p in family.whole])
            for name, family in self.rules.families.items()
        }

    @cached_property
    def _tails(self) -> list[tuple[Rule, re.Pattern[str]]]:
        place = re.escape(self.place) if self.place else _ANY_PLACE
        return [
            (rule, re.compile(f"(?:{label.replace('{place}', place)})(?![\u4e00-\u9fff])"))
            for rule in self.rules.rules
            for label in rule.tail
        ]

    @cached_property
    def _only_around(self) -> re.Pattern[str]:
        ahead, behind = self._around
        return re.compile(f"{ahead}{behind}")

    def matches(self, phrase: str) -> list[Match]:
        """The rules whose name the phrase is, each with its best label."""
        found: dict[str, Match] = {}
        for rule, rank, short, pattern in self._labels:
            if rule.id not in found and (fit := pattern.fullmatch(phrase)):
                found[rule.id] = Match(rule, rank, short, fit["name"])
        return list(found.values())

    def after_number(self, text: str) -> Iterator[Match]:
        """The rules whose name follows a number: 130 家 | A级旅游景区."""
        for rule, pattern in self._tails:
            if fit := pattern.match(text):
                yield Match(rule, 0, False, fit.group())

    def mentions(self, phrase: str) -> dict[str, bool]:
        """The families of which the phrase speaks, and whether it means the whole city."""
        return {
            name: any(pattern.fullmatch(phrase) for pattern in whole)
            for name, (mention, whole) in self._families.items()
            if mention.search(phrase)
        }

    def says_nothing(self, phrase: str) -> bool:
        """Whether the phrase holds only words that may stand around any name."""
        return bool(self._only_around.fullmatch(phrase))


def reaches(phrase: str) -> bool:
    """Whether the phrase hands the number that follows to what was named before: 达到, 为."""
    return bool(_REACHES.fullmatch(phrase))


def approximate(phrase: str) -> bool:
    """Whether the phrase announces a round number: 突破, 超过, 近."""
    return bool(_APPROXIMATE.search(phrase))
