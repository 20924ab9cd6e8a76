"""What governs a sentence: its period, territory, owner, mode of transport and kind.

Each is a slot of a `Frame`. Any clause, heading or group row of a table may set one; it holds for
the rest of the paragraph and is released by an explicit reset alone: 全年 for the period, 全市 for
the territory and the owner. A name inherits the frame, and is no figure of the city's year
under one that is set.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from cityflux.scrapers.communique.clauses import COMPARISON, LAST_YEAR
from cityflux.scrapers.communique.segments import HAN
from cityflux.scrapers.communique.subjects import Territory

#: Words that may stand before the subject of a clause and set nothing.
_AHEAD = r"(?:其中|同时|此外|全年|年末|当年|截至|截止|至|从|在|对|分|[，、:])*"

_LEADING = re.compile(rf"^{_AHEAD}")

#: How many clauses are remembered with what they said.
_MOST_KEPT = 8192

# ------------------------------------------------------------------ period

_SPAN = (
    r"“?十[一二三四五六]五”?(?:期间|时期|以来|规划期?|期末|末期?)"
    r"|过去的?[两三四五六七八九十]年|近[两三四五六七八九十]年|本届政府|(?:五|[二三四]|十)年(?:来|间|累计|共|内)|两年(?:平均|累计)|历年|以来|改革开放|期间|末期"
)
_PART_OF_YEAR = (
    r"整年|明年|下一年|规划期末|未来[一两三四五十]年|春运|黄金周|假期|节日|上半年|下半年|前[一二三]个?季度|第?[一二三四]季度"
    r"|(?<!\d)(?!12月(?:末|底|31日))1?\d(?:[-~至—–]1?\d)?月(?:份|末|底)?(?!\d)"
)
_A_SPAN = re.compile(_SPAN)
_OTHER_PERIOD = re.compile(rf"{_SPAN}|{LAST_YEAR}(?!增|下|有|减|持)|{_PART_OF_YEAR}")
_THIS_YEAR = re.compile(r"全年|当年|本年度?|年末|年底|年内|12月(?:末|底|31日)|1[-~至—–]12月")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)年(?!平均汇率|以来|\d|第?[一二三四]季|上半|前)")
_OTHER_YEARS = re.compile(
    r"(?:比|较|与|同|和)“?(?:(?:19|20)\d\d年|十[一二三四五六]五)”?(?:期末|时期|末|底)?"
)
_FEAST = r"(?:国庆|春节|元旦|清明|端午|中秋|“[^”]{1,4}”|[暑寒])"
_PERIOD_HEAD = re.compile(
    rf"{_AHEAD}(?:今年|本年|(?:19|20)\d\d年)?{_FEAST}{{0,3}}"
    rf"(?:{_SPAN}|{_PART_OF_YEAR}|(?P<year>(?:19|20)\d\d)年)"
)

# --------------------------------------------------------------- territory

_REGION = (
    r"度假区|片区|陆港|保税|功能区|产业园区|市本级|县域经济|各县|各区|周边|新通道|港区|"
    r"京津冀|长三角|长江三角洲|珠三角|珠江三角洲|粤港澳|大湾区|长江经济带|东部地区|成渝"
    r"|海关关区|关区|口岸|自贸|自由贸易|新区|新城|新片区|临港|示范区"
    r"|开发区|高新区|经开区|工业园区?|科技园区?|经济区|合作区|保税区|产业带|都市圈|市辖区|市区|城区"
    r"|中心城区|郊区|郊县|高新技术产业园|产业园|管委会"
)
# What passes a port of entry is a figure beside the city's own, no part of a place to speak of.
_AT_CUSTOMS = re.compile(r"(?:口岸|关区)(?:货物|外贸)?进出口")
# A region in passing: what is done for it, with it or inside it is said of the city.
_PASSING = (
    r"持续|优化|提升|强化|加强|完善|扩大|改善|促进|培育|办好|启动|探索|构建|带动|引领|争创|做[大强优]|高标准|高水平|"
    r"作为|随着|紧抓|抓住|紧扣|借助|"
    r"融入|对接|服务|建设|推动|推进|加快|深化|参与|支持|打造|依托|立足|围绕|抢抓|承接|主动|积极|助力"
    r"|聚焦|落实|用好|发挥|协同|落户|引进|新增|获批|拥有|共有|建成|设立|入选|创建|实施|开展|来自|面向|联合|创成|获评|成为|荣获|评为|列为|跻身|升级|通过|认定"
)
_UNDER = re.compile(r"在.*(?:下|推动|支撑|基础上|背景)$")
_DONE = re.compile(_PASSING)
_TERRITORY_HEAD = re.compile(rf"{_AHEAD}(?:[{HAN}]{{0,12}}?)(?:{_REGION})")
# 宝应县经济稳步增长, 玉泉区全年实现…: a district as the subject of a clause.
_DISTRICT_HEAD = re.compile(
    rf"{_AHEAD}(?![全各本我该])[{HAN}]{{1,4}}(?<![地社景园库牧林山矿小校片灌库辖])(?:自治县|县|区|旗|街道|镇)"
    r"(?=稳步|稳中|快速|加快|持续|发展|平稳|全年|年末|全[县区旗镇]|实现|完成|经济|地区生产|生产总值|工业|财政|固定资产|社会消费|进出口|常住|$)"
)
_RANKS = re.compile(r"占|居|位列|排名|第[一二三四五六七八九十\d]|首位|前列|平均|高于|低于|[快慢]于")

# ------------------------------------------------------------------- owner

_OWNED = (
    r"外商及|"
    r"民营|私营|民办|公办|国有|国企|外资|外商投资|港澳台|个体|非公|限额以上|限上|中央|省属|市属"
    r"|大中型|小微|中小(?!学)|骨干|龙头|样本|资质以上|总部"
)
_OWNERS = r"企业|单位|学校|院校|高校|机构|经济|法人|商户|工商户|实体|园区"
_INSTITUTION = (
    r"实验室|研究院|研究所|大学(?!生)|学院|医院|集团|公司|银行(?!业)|交易所|科研院所|高校(?!毕业)"
)
# Not one institution, but those of the place: 省级重点实验室体系不断完善.
_OF_THE_PLACE = r"(?:国家|省|市|重点|各|新型|高水平|科技|创新|高能级|公立|金融|商业|保险|证券)"
# 民营企业活力增强, 民办学校中, 之江实验室建设提速: owners as the subject of a clause.
_OWNER_HEAD = re.compile(
    rf"{_AHEAD}(?:全市|各类)?(?:"
    rf"(?:{_OWNED})[{HAN}、]{{0,10}}?(?:{_OWNERS})|(?!{_OF_THE_PLACE})[{HAN}]{{2,12}}?(?:{_INSTITUTION})"
    rf"|(?:外贸|重点)[{HAN}]{{0,4}}?企业|高校院所|跨境电商)"
    rf"(?!进出口|出口|进口|贷款|存款|人员|从业|职工|就业|开户|投资|研发|经费|用户|代码)"
)
_COUNTED_OWNER = re.compile(
    rf"(?:其中)?(?:{_OWNED}|规模以上|规上)[{HAN}、()]{{0,12}}?(?:{_OWNERS}|业)"
    r"(?:数量?|总数|达到?|有|共|为|个数)*"
)
_NO_OWNER = re.compile(rf"{_PASSING}|培育|新设|新批|认定|成立|挂牌|来|占|是|为")

# -------------------------------------------------------------------- mode

_MODE = re.compile(r"机场|铁路|公路|道路|水路|水运|航空|民航|空运|港口|轨道|公交|管道")
_CARRIED = re.compile(r"方面$|货运|客运|货物|旅客|运输|周转|发送|到发|完成$")
_ALL_MODES = re.compile(r"全社会|各种|综合|总量|总计|合计|主要运输方式|全年|全市|交通运输")

# -------------------------------------------------------------------- kind

_TARGET = re.compile(
    rf"{_AHEAD}(?:[{HAN}]{{0,12}}?)(?:预期目标|主要目标|目标是|目标为|目标:|力争|争取"
    rf"|计划(?=完成|实现|达|新增|增长|到)|拟安排|要实现|确保)"
)
_AIM = r"(?:目标|计划|任务|预期)"
_REACHED = re.compile(
    rf"(?:完成|实现|达到|超过|超额|高于|好于)[^，]{{0,8}}{_AIM}|{_AIM}[^，]{{0,6}}(?:完成|实现)"
)
# 2024年工作安排, 今年发展的主要预期目标: where the plans of a report begin.
_PLAN = re.compile(
    r"(?:今年|明年|下一步|未来[一三五]年|(?P<year>(?:19|20)\d\d)年)[^，。]{0,16}?"
    r"(?:工作(?:安排|打算|总体|思路|重点|任务|要求|部署)|目标|任务|总体要求|重点工作|主要工作|总体思路)"
)
_PLAN_WITHIN = 80


@dataclass(frozen=True, slots=True)
class Frame:
    """What governs the names of a paragraph; ``""`` in a slot is the city's own year.

    Each slot holds the clause that set it, as it is shown to a reviewer.

    Attributes:
        period: another period than the text's own.
        territory: a part of the city, or a region beyond it.
        owner: an institution or a class of owners.
        mode: the modes of transport.
        kind: a target in place of an outcome.
        plan: the plans of a report, which it holds for to its end.
        dated: whether the text's own period was said.
        placed: whether the whole place was said.
    """

    period: str = ""
    territory: str = ""
    owner: str = ""
    mode: str = ""
    kind: str = ""
    plan: str = ""
    dated: bool = False
    placed: bool = False

    @property
    def foreign(self) -> bool:
        """Whether a number under it is not one of the city's year."""
        return bool(self.period or self.territory or self.owner or self.kind or self.plan)

    @property
    def clause(self) -> str:
        """The clauses that set it."""
        slots = (self.period, self.territory, self.owner, self.kind, self.plan, self.mode)
        return " ".join(dict.fromkeys(filter(None, slots)))


#: The frame under which a number is one of the city's year.
CITY_YEAR = Frame()


@dataclass(frozen=True, slots=True)
class Governor:
    """Follows what clauses say about the frame.

    Attributes:
        year: the year of the text, where it is known.
        territory: how the text calls the place that it is about.
        other: recognises words for another period, of a report: 今年.
        strict: whether a paragraph must say period and place itself.
    """

    year: int | None
    territory: Territory
    other: re.Pattern[str] | None = None
    strict: bool = False

    def refuses(self, frame: Frame) -> bool:
        """Whether no number under a frame is one of the city's own period."""
        said = (frame.dated and frame.placed and self.year) or not self.strict
        return frame.foreign or not said

    def other_period(self, words: str) -> bool | None:
        """Whether words speak of another period than the text's own, by their last expression.

        Comparisons (比上年, 比2010年) are no expression of time.

        Returns:
            None where they speak of no time.
        """
        return _other_period(words, self.year, self.other)

    def heads_period(self, words: str) -> bool:
        """Whether words begin with another period, which then governs what follows."""
        if self.other and self.other.match(_LEADING.sub("", words)):
            return True
        found = _PERIOD_HEAD.match(words)
        return found is not None and found["year"] != str(self.year)

    def heads_territory(self, words: str) -> bool:
        """Whether words begin with a part of the city or a region beyond it: 浦东新区, 长三角.

        Words that only rank the city (居全国首位), or name a region in passing, do not.
        """
        if _RANKS.search(words):
            return False
        found = _TERRITORY_HEAD.match(words) or _DISTRICT_HEAD.match(words)
        if not found:
            return self.territory.is_foreign(_LEADING.sub("", words))
        return not (_DONE.search(found.group()) or _UNDER.match(words))

    def heads_owner(self, words: str) -> bool:
        """Whether words begin with owners or an institution: 民营企业活力增强."""
        found = _OWNER_HEAD.match(words)
        if not found or re.search(r"\d", words):
            return False
        return not _NO_OWNER.search(found.group())

    def plans(self, frame: Frame, text: str) -> Frame:
        """The frame of a report from where it turns from what was to what shall be."""
        found = _PLAN.search(text[:_PLAN_WITHIN]) if self.other and self.year else None
        if found and found["year"] in (None, str((self.year or 0) + 1)):
            return replace(frame, plan=found.group())
        return frame

    def follow(self, frame: Frame, words: str, *, topic: bool) -> Frame:
        """The frame after words that open a clause.

        Args:
            frame: the one before.
            words: without comparisons and numbers.
            topic: whether no number belongs to them, so that they may set an owner.
        """
        return _followed(self, frame, words, topic)

    def _follow(self, frame: Frame, words: str, topic: bool) -> Frame:
        words = self.territory.in_city_words(words)
        said = self.other_period(words)
        if said is False:
            frame = replace(frame, period="", dated=True)
        elif said and self.heads_period(words):
            frame = replace(frame, period=words)
        frame = _released(self, frame, words)
        if self.heads_territory(words) and (topic or not _AT_CUSTOMS.search(words)):
            frame = replace(frame, territory=words)
        elif self.heads_owner(words) if topic else _COUNTED_OWNER.fullmatch(words):
            frame = replace(frame, owner=words)
        if _TARGET.match(words) and not _REACHED.search(words):
            frame = replace(frame, kind=words)
        elif frame.kind and said is False:
            frame = replace(frame, kind="")
        return self.carry(frame, words)

    def release(self, frame: Frame, words: str) -> Frame:
        """The frame after words that may speak of the whole place: 全市."""
        return _released(self, frame, self.territory.in_city_words(words))

    def carry(self, frame: Frame, words: str) -> Frame:
        """The frame after words that may name modes of transport."""
        modes = "、".join(dict.fromkeys(_MODE.findall(words)))
        if modes and (_CARRIED.search(words) or words == modes):
            return replace(frame, mode=modes)
        if frame.mode and _ALL_MODES.search(words):
            return replace(frame, mode="")
        return frame


@lru_cache(maxsize=_MOST_KEPT)  # 增长, 其中 and the like come again and again
def _followed(governor: Governor, frame: Frame, words: str, topic: bool) -> Frame:
    return governor._follow(frame, words, topic)


@lru_cache(maxsize=_MOST_KEPT)
def _released(governor: Governor, frame: Frame, words: str) -> Frame:
    if not governor.territory.is_own(words):
        return frame
    period = "" if _A_SPAN.search(frame.period) else frame.period
    return replace(frame, period=period, territory="", owner="", placed=True)


@lru_cache(maxsize=_MOST_KEPT)
def _other_period(words: str, year: int | None, other: re.Pattern[str] | None) -> bool | None:
    words = COMPARISON.sub("", _OTHER_YEARS.sub("", words))
    last: tuple[int, bool] | None = None
    others = other.finditer(words) if other else ()
    for match in (*others, *_OTHER_PERIOD.finditer(words)):
        last = max(last or (-1, False), (match.start(), True))
    for match in _THIS_YEAR.finditer(words):
        last = max(last or (-1, False), (match.end(), False))
    for match in _YEAR.finditer(words):
        is_other = year is not None and int(match.group(1)) != year
        last = max(last or (-1, False), (match.end(), is_other))
    return last[1] if last else None
