"""What a title says: the genre of the text, its period, and the place that it is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from itertools import pairwise
from typing import Literal

from cityflux.scrapers.communique.subjects import NOWHERE, Territory

#: A text whose genre is not known is ``other``, and read with the strictest frame.
Genre = Literal["communique", "bulletin", "report", "other"]

#: Digits in other scripts, for the years in titles: ``二〇一二年``.
NUMERALS = str.maketrans("〇零一二三四五六七八九０１２３４５６７８９", "0" + "0123456789" * 2)
_YEAR = r"(?:19|20)\d\d"
_COMMUNIQUE = re.compile(r"统计公报|国民经济和社会发展公报")
_REPORT = re.compile(r"政府工作报告|政府工作的报告")
_BULLETIN = re.compile(
    r"经济运行|经济形势|主要(?:经济|统计)?指标|统计(?:月报|快报)|运行(?:情况|简况|态势|分析)|经济(?:发展)?情况"
    r"|生产总值|GDP|进出口|零售总额|外贸|月度数据|季度数据"
)
_MONTHS = re.compile(
    r"(?P<quarter>第?一季度)|(?P<half>上半年)|(?P<nine>前三季度)"
    r"|(?P<span>1 ?(?:月份?)?[-~至到—–] ?(?P<last>1?\d) ?月)"
    r"|(?P<front>前(?P<count>[\d一二三四五六七八九十]{1,2})个月)"
    r"|(?<!\d)(?P<month>1?\d)月(?!\d{1,2}日)"
)
_DELIVERED = re.compile(rf"({_YEAR}) ?年 ?\d{{1,2}} ?月 ?\d{{1,2}} ?日[^。]{{0,6}}?在")
# The day on which a page came out, whose year is that of a bulletin's months.
_PRINTED = re.compile(rf"({_YEAR}) ?[-/.年] ?\d{{1,2}} ?[-/.月] ?\d{{1,2}}")
_ABOVE = re.compile(r"^.{2,8}?(?:省|市|自治区|自治州|地区|盟)(?=.{2,}(?:市|区|县|旗|州)$)")
_RANK = re.compile(r"(?<=..)(?:自治区|自治州|自治县|开发区|新区|地区|[省市区县州旗盟])$")
_NO_PLACE = re.compile(
    r"[\d０-９〇零一二三四五六七八九]{4}\s*年|关于|发布|公布|上半年|前?[一二三]季度|[\d—~至-]+月份?"
)
_OFFICE = re.compile(r"([\u4e00-\u9fff]{2,6}?)([市区县省州])(?:人民政府|统计局)")
_LONGEST_NAME = 4
_SENTENCE = re.compile(r"[。；]|，.*，")
_LONGEST_TITLE = 60
#: What a page gives as its title is cut off behind so many characters.
_LONGEST = 200
_BEGINNING = 2_000  # of a text, where it says whose it is


@dataclass(frozen=True, slots=True)
class Subject:
    """What a text is about.

    Attributes:
        title: its title; ``""`` where none was found.
        genre: what kind of text it is.
        year: the year that it reports on, or in which its period lies.
        period: its period in ISO 8601; ``""`` where it is not known.
        territory: the place that the title names, and its rank.
    """

    title: str = ""
    genre: Genre = "other"
    year: int | None = None
    period: str = ""
    territory: Territory = NOWHERE

    @property
    def own(self) -> re.Pattern[str] | None:
        """What the text calls its own period where that is no calendar year said as such."""
        if self.genre == "report":
            return re.compile(r"(?<![比较与同和])去年(?!同期)|过去的?一年|(?<!\d)一年来|全年")
        month = _last_month(self.period)
        if not month:
            return None
        names = {3: "|(?:第)?一季度", 6: "|上半年", 9: "|前三季度"}.get(month, "")
        year = f"(?:{self.year}年|今年)?"
        if "/" not in self.period and "Q" not in self.period:
            return re.compile(rf"{year}(?<!\d)0?{month}月(?:份|末|底)?")
        return re.compile(
            rf"{year}(?:1(?:月份?)?[-~至到—–]{month}月(?:份|末|底)?|前{month}个月"
            rf"|(?:截至|截止)?(?<![\d-]){month}月(?:末|底){names})"
        )

    @property
    def other(self) -> re.Pattern[str] | None:
        """What a report calls the year that it plans for."""
        return re.compile(r"今年|明年|本年度?|未来") if self.genre == "report" else None


def trim(title: str) -> str:
    """Cut off what a site hangs on a title: its own name, a footnote mark."""
    title = re.sub(r"[\s#]+", "", unescape(title[:_LONGEST]))
    found = re.match(r".*?统计公报(?:[(（]\d+[)）])?", title)
    return found.group() if found else title


def choose(titles: list[str], lines: list[str]) -> str:
    """The title of a text.

    Args:
        titles: what the page gives as its titles, the best one first.
        lines: the first lines of the text. A title may stand on two of them.
    """
    lines = [line for line in lines if len(line) < _LONGEST_TITLE and ">" not in line]
    pairs = [one + two for one, two in pairwise(lines) if year_of(one)]
    candidates = [trim(text) for text in (*titles, *lines)]
    for genre in (_COMMUNIQUE, _REPORT):
        fitting = [title for title in candidates if genre.search(title)]
        dated = [title for title in fitting if year_of(title)]
        if fitting and not dated and genre is _COMMUNIQUE:
            dated = [trim(pair) for pair in pairs if genre.search(pair)]
        if fitting:
            return (dated or fitting)[0]
    dated = [t for t in candidates if year_of(t) and not _SENTENCE.search(t)]
    dated = dated or [trim(t) for t in titles if _MONTHS.search(t) and _BULLETIN.search(t)]
    return next((title for title in dated if _BULLETIN.search(title)), (dated or [""])[0])


def read(title: str, text: str = "", site: Territory = NOWHERE) -> Subject:
    """Read a title.

    Args:
        title: the title.
        text: the text, which says when a report was delivered, and from when a month counts.
        site: the place of the site, which stands in where the title names none.
    """
    year, named = year_of(title), territory_of(title)
    territory = named if named.name else _named_in(title, text[:_BEGINNING]) or site
    if _COMMUNIQUE.search(title):
        return Subject(title, "communique", year, str(year or ""), territory)
    if _REPORT.search(title):
        delivered = _DELIVERED.search(title + text[:_BEGINNING])
        spoken = year or (int(delivered[1]) if delivered else None)
        past = spoken - 1 if spoken else None
        return Subject(title, "report", past, str(past or ""), territory)
    printed = _PRINTED.search(text[:_BEGINNING]) if year is None and title else None
    if printed and _MONTHS.search(title):
        year = int(printed[1])
    period = _period(title, year, text)
    if _BULLETIN.search(title) and period:
        return Subject(title, "bulletin", year, period, territory)
    return Subject(title, "other", year, period, territory)


def year_of(title: str) -> int | None:
    """The year that a title names: ``2015年暨“十二五”时期…``, ``二〇一二年…``; None without one."""
    found = re.search(rf"{_YEAR}(?=\s*年)", title[:_LONGEST].translate(NUMERALS))
    return int(found.group()) if found else None


def territory_of(title: str) -> Territory:
    """The place that a title names, without year: 上海, 云台区 of 海州市, 江东省."""
    title = title[:_LONGEST]
    head, *genre = re.split(r"国民经济|暨|政府工作|经济运行|经济形势|主要", title, maxsplit=1)
    name = _NO_PLACE.sub(" ", head)
    found = re.search(r"(?:^|[^\u4e00-\u9fff])([\u4e00-\u9fff]{2,16})[《》“”\s]*$", name)
    if not found or re.match(r"[全我本]", found[1]):
        return NOWHERE
    place = _ABOVE.sub("", found[1])
    rank = _RANK.search(place)
    if rank:
        return Territory(place[: rank.start()], rank.group())
    return Territory(place) if genre and len(place) <= _LONGEST_NAME else NOWHERE


def territory_of_site(titles: list[str]) -> Territory:
    """The city whose office a site's own name gives: 南昌 of 南昌市人民政府."""
    found = next(filter(None, map(_OFFICE.search, titles)), None)
    return Territory(found[1], found[2]) if found else NOWHERE


def _named_in(title: str, text: str) -> Territory | None:
    """The city that a title names without 市, where the text that follows calls it so."""
    cities = re.findall(r"(?=([\u4e00-\u9fff]{2,4})市(?![场民区值级直属]))", text)
    named = [name for name in cities if name in title and "年" not in name]
    return Territory(max(named, key=len)) if named else None


def _period(title: str, year: int | None, text: str) -> str:
    """The period of a title; a bulletin of a month that counts from January is about that span."""
    if year is None:
        return ""
    found = _MONTHS.search(title)
    if not found or found["last"] == "12":
        return str(year)
    if found["quarter"]:
        return f"{year}-Q1"
    if found["month"]:
        month = int(found["month"])
        if month > 1 and re.search(rf"(?<!\d)1(?:月份?)? ?[-~至到—–] ?{month} ?月", text):
            return f"{year}-01/{year}-{month:02d}" if month < 12 else str(year)
        return f"{year}-{month:02d}" if 0 < month < 13 else ""
    last = 6 if found["half"] else 9 if found["nine"] else _count(found["last"] or found["count"])
    return f"{year}-01/{year}-{last:02d}" if 1 < last < 12 else ""


def _count(text: str) -> int:
    return int(text) if text.isdigit() else "一二三四五六七八九十".find(text) + 1


def _last_month(period: str) -> int:
    if period.endswith("-Q1"):
        return 3
    found = re.fullmatch(r"\d{4}(?:-01/\d{4})?-(\d\d)", period)
    return int(found[1]) if found else 0
