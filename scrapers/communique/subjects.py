"""Whether the words before a number name a wanted figure, and nothing but that figure.

The words must match as a whole: what is known to stand around a name (time, the city, 实现, 达到),
then the name, then again known words. Any other word (民营企业, 城镇, 一般贸易) makes the phrase a
sub-total, so that a new kind of sub-total is refused without being listed anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache

from cityflux.scrapers.communique.rules import Rule, Rules

# In phrases and patterns, these stand for the city and the year of the communiqué, so that the
# patterns are the same for every city and year.
_PLACE, _YEAR = "Ⓟ", "Ⓨ"
# Where the title names no city, only a name that says 市 is taken for it.
_SOME_PLACE = r"[\u4e00-\u9fff]{2,3}(?=市)"
# No alternative is a string of others, so that a phrase has one reading and matching stays fast;
# what says how something was counted may hold any words, and stands twice at the most.
_BY = "按.{1,16}?(?:计算|口径|统计)"
_COUNTED = rf"(?:(?:经|根据|据).{{0,12}}?(?:核算|核定|统计|测算)(?:结果)?:?|{_BY})"
_BEFORE = (
    r"其中:?|[、和与及并而且又的]|同时|此外|另外|同期|"
    r"截至|截止|至|到|年?(?:末|底)|Ⓨ年|全年|当年|本年度?|年内|12月末|"
    r"[全本我该]市|市域|Ⓟ(?:市|地区(?:海关)?)?|(?<=全年)海关|全社会|城乡|辖区|辖内|"
    r"初步(?:核算|统计|测算|汇总)|实现|完成|达|共计?|拥有|设有|有|为|用于|使用|(?<=全年)累计|预计|约|合计|总计|继续|仍|投入|"
    r"规模|当期|全部|各[类项]"
)
_AFTER = (
    r"(?:实现|完成|人民币|达到?|为|是|有|共|合计|总计|计|约|近|超过?|突破|首次|逾|稳定在|保持在|"
    r"(?:增|增加|扩大|升|降|下降|减少|提高|上升|回落|增长)[到至]|已|仍|预计|大约|全年|年末|当年|再创新高|"
    r"[迈站跨]上|Ⓨ年|全市|:|又|再|接近|分别|[各均的]|"
    r"总量|总额|总数|规模|数量|人数|金额|户数|期末数|数)"
)
# Words of time, verbs and the territory say nothing, wherever they stand in a name.
_ANYWHERE = re.compile(
    r"全年|当年|本年度?|年内|Ⓨ年|(?:截至|截止|至|到)?年[末底]|[全本我该]市|市域|Ⓟ(?:市|地区)|实现|完成|拥有"
)
_A_YEAR = re.compile(r"(?:19|20)\d\d(?=年)")
_YEARLY = re.compile(r"全年|Ⓨ年|年[末底]")
_REACHES = re.compile(
    r"(?:全年|年末|年底|其中|[并且也则]|按.{1,16}?(?:计算|口径))*(?:首次|已|再次|累计)?"
    r"(?:金额|总量|总额|数量|人数|规模)?"
    r"(?:达到?|为|即|突破|超过|完成|实现|(?:增|升|降|增加|下降|减少|提高|上升|回落)[到至]|约|近)+$"
)
#: No phrase with a name is longer, and no communiqué has more phrases.
_LONGEST, _MOST_PHRASES = 60, 20_000
_MOST_KEPT = 50_000  # looked up before, of all communiqués
_BOUNDS = (
    (
        ">",
        re.compile(
            r"(?:突破|超|逾|[迈站跨][上过]|越过|不低于|不少于)(?:过|了|至|到|新的?|再|首次|达到?)*$"
        ),
    ),
    ("<", re.compile(r"(?:接近|近|不足|不到|不超过|将近)$")),
    ("约", re.compile(r"约$")),
)


_UNITS_OF_RANK = {
    "自治州": "州",
    "自治县": "县",
    **dict.fromkeys(["自治区", "地区", "新区", "开发区"], "区"),
}


@dataclass(frozen=True, slots=True)
class Territory:
    """The place that a text is about.

    Attributes:
        name: without its rank; ``""`` where the title names none.
        rank: what the title calls it: 市, 区, 县, 省, 自治州.
    """

    name: str = ""
    rank: str = "市"

    @property
    def unit(self) -> str:
        """The word of the rank after 全: 全州 is all of a 自治州."""
        return _UNITS_OF_RANK.get(self.rank, self.rank)

    def in_city_words(self, words: str) -> str:
        """Words in which 全市 stands for the whole place, whatever its rank."""
        if self.rank == "市":
            return words
        words = re.sub(r"[全本我该]市", "他市", words)
        own = rf"[全本我该]{self.unit}|{self.unit}域"
        if self.rank != self.unit:
            own += f"|全?{self.rank}"
        if self.name:
            words = words.replace(self.name + self.rank, f"{self.name}市")
            words = words.replace(self.name + self.unit, f"{self.name}市")
        return re.sub(own, "全市", words)

    def is_own(self, words: str) -> bool:
        """Whether words (in city words) speak of the whole place."""
        if re.search(r"[全我]市|本市|全社会|全域", words):
            return True
        after = r"(?:市|地区|(?=全|实现|完成|年末|生产|常住|$))(?!.{0,12}[区港关])"
        return bool(self.name and re.search(self.name + after, words))

    def is_foreign(self, words: str) -> bool:
        """Whether words (in city words) begin with a place of another rank: 全省 in a city."""
        return bool(re.match(r"(?:全[省县区州旗盟国球]|他市)(?!统一|核算|人口普查)", words))


#: What a text is about that names no place.
NOWHERE = Territory()


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


class _Patterns:
    """The rules as patterns of whole phrases.

    Args:
        rules: the rules.
        place: the pattern of the city's name in a phrase.
    """

    def __init__(self, rules: Rules, place: str) -> None:
        def whole(label: str, before: tuple[str, ...] = ()) -> re.Pattern[str]:
            ahead = f"(?:{'|'.join((_BEFORE, *before))})*"
            ahead = f"{ahead}(?:{_COUNTED}{ahead}){{0,2}}"
            pattern = f"{ahead}(?P<name>{label.replace('{place}', _PLACE)})"
            pattern += f"{_AFTER}*(?:{_BY}{_AFTER}*)?"
            return re.compile(pattern.replace(_PLACE, f"(?:{place})"))

        self.labels = [
            (rule, rank, rank >= len(rule.labels), whole(label, rule.before))
            for rule in rules.rules
            for rank, label in enumerate([*rule.labels, *rule.short])
        ]
        names = [label for rule in rules.rules for label in (*rule.labels, *rule.short)]
        self._anything = re.compile("|".join(names).replace("{place}", place))
        self.families = {
            name: (re.compile(family.mention), [whole(phrase) for phrase in family.whole])
            for name, family in rules.families.items()
        }
        self.behind = [
            (rule, re.compile(f"(?:{label.replace('{place}', place)})(?![\u4e00-\u9fff])"))
            for rule in rules.rules
            for label in rule.tail
        ]
        self._nothing = whole("")
        # Most phrases name nothing, and communiqués share most of their phrases.
        self.find = lru_cache(maxsize=_MOST_KEPT)(self._find)
        self.families_of = lru_cache(maxsize=_MOST_KEPT)(self._families_of)
        self.says_nothing = lru_cache(maxsize=_MOST_KEPT)(self._says_nothing)

    def _says_nothing(self, abstract: str) -> bool:
        return bool(self._nothing.fullmatch(abstract))

    def _families_of(self, abstract: str) -> dict[str, bool]:
        short = len(abstract) <= _LONGEST
        forms = (abstract, _core(abstract))
        return {
            name: short and any(pattern.fullmatch(form) for pattern in whole for form in forms)
            for name, (mention, whole) in self.families.items()
            if mention.search(abstract)
        }

    def _find(self, *forms: str) -> tuple[Match, ...]:
        """The rules of which a phrase in one of its forms is the name."""
        forms = tuple(filter(self._anything.search, dict.fromkeys(forms)))
        found: dict[str, Match] = {}
        for rule, rank, short, pattern in self.labels if forms else ():
            if rule.id not in found:
                fit = next(filter(None, map(pattern.fullmatch, forms)), None)
                if fit:
                    found[rule.id] = Match(rule, rank, short, fit["name"])
        return tuple(found.values())


@cache
def _patterns(rules: Rules, place: str) -> _Patterns:
    return _Patterns(rules, place)


@dataclass(frozen=True)
class Vocabulary:
    """The names that are wanted, for one communiqué.

    Attributes:
        rules: the rules.
        territory: the place that it is about.
        year: the year that the communiqué reports on, where it is known.
    """

    rules: Rules
    territory: Territory = NOWHERE
    year: int | None = None
    _seen: dict[str, list[Match]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def place(self) -> str:
        """The name of the place, without its rank."""
        return self.territory.name

    @property
    def _known(self) -> _Patterns:
        return _patterns(self.rules, _PLACE if self.place else _SOME_PLACE)

    def _abstract(self, phrase: str) -> str:
        phrase = self.territory.in_city_words(phrase)
        if self.place:
            phrase = phrase.replace(self.place, _PLACE)
        if self.year:
            return phrase.replace(f"{self.year}年", f"{_YEAR}年")
        return _A_YEAR.sub(_YEAR, phrase)

    def matches(self, phrase: str) -> list[Match]:
        """The rules whose name the phrase is, each with its best label.

        Raises:
            ValueError: when there are more phrases than in any communiqué.
        """
        if len(phrase) > _LONGEST:
            return []
        if phrase not in self._seen:
            if len(self._seen) >= _MOST_PHRASES:
                raise ValueError(f"more than {_MOST_PHRASES:,} phrases to look up")
            self._seen[phrase] = self._looked_up(phrase)
        return self._seen[phrase]

    def _looked_up(self, phrase: str) -> list[Match]:
        abstract = self._abstract(phrase)
        # A city may be part of a name that a rule gives in full: 上海证券交易所.
        literal = abstract.replace(_PLACE, self.place)
        found = self._known.find(abstract, literal, _core(abstract))
        return [replace(match, name=match.name.replace(_PLACE, self.place)) for match in found]

    def after_number(self, text: str) -> Iterator[Match]:
        """The rules whose name follows a number: 130 家 | A级旅游景区."""
        for rule, pattern in self._known.behind:
            if fit := pattern.match(self._abstract(text[:_LONGEST])):
                yield Match(rule, 0, False, fit.group().replace(_PLACE, self.place))

    def mentions(self, phrase: str) -> dict[str, bool]:
        """The families of which the phrase speaks, and whether it means the whole city."""
        return dict(self._known.families_of(self._abstract(phrase)))

    def says_nothing(self, phrase: str) -> bool:
        """Whether the phrase holds only words that may stand around any name."""
        if len(phrase) > _LONGEST:
            return False
        return self._known.says_nothing(self._abstract(phrase))


def _core(abstract: str) -> str:
    """A phrase without the words that say nothing; 累计 is one of them beside 全年."""
    if _YEARLY.search(abstract):
        abstract = abstract.replace("累计", "")
    return _ANYWHERE.sub("", abstract)


def reaches(phrase: str) -> bool:
    """Whether the phrase hands the number that follows to what was named before: 达到, 为."""
    return len(phrase) <= _LONGEST and bool(_REACHES.fullmatch(phrase))


def bound(phrase: str) -> str:
    """How a phrase bounds the number after it.

    Returns:
        ``>`` for 突破 and 超过, ``<`` for 近 and 不足, ``约`` where it only rounds, else ``""``.
    """
    return next((sign for sign, pattern in _BOUNDS if pattern.search(phrase)), "")
