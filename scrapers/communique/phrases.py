"""What words before a number do with it: share, ratio, list, restatement, count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from cityflux.scrapers.communique.clauses import COMPARISON, Clause, unmask
from cityflux.scrapers.communique.numbers import Quantity

SHARE = re.compile(r"(?P<part>.*?)占(?P<whole>.*)")
# A ratio to something else, which says nothing about growth: 恢复至2019年的87.5%, 是上年的1.2倍.
RATIO = re.compile(
    r"(?:相当于|恢复[到至]).*的$|与.+之比为?$"
    r"|(?:完成|为|占)?(?:年度|全年)?(?:预期)?(?:目标|计划|任务)的$"
    r"|(?:为|是|达到?)?(?:(?:19|20)\d\d年|上年|去年)(?:同期)?的$"
)
IS = re.compile(
    r"(?:的)?(?:比重|比例|份额)?(?:分别|各|已)*"
    r"(?:为|达到?|是|约|近|超过?|的|提高到|上升到|升至|提升至)*$"
)
# A rate over several years, which says nothing about the time of the next number.
AVERAGED = re.compile(r"年均|年平均")
APART = re.compile(r"(?:分别|各|各自|均|都|依次)*$")
LIST = re.compile(r"分别|依次为|各为")
EXCHANGED = re.compile(r"(?:折合|折算|折|约合|换算)(?:成|为|约|人民币|美元)*$")
COPIES = re.compile(r"(?:总?印数(?:为|达到?)?)?")
HEDGED = re.compile(r"基本|大体|总体|略|大致")
RATES = ("%", "倍")
MOST_NUMBERS = 40  # of a clause
SMALLEST_COUNT = 1_000  # that is printed without its unit
POINTS = ("个百分点", "百分点")


def is_count(clause: Clause, quantity: Quantity) -> bool:
    """Whether a number without a unit ends its clause and may count heads: 常住人口766579."""
    if quantity.unit or quantity.decimals or quantity.value < SMALLEST_COUNT:
        return False
    return not unmask(clause.text[quantity.end :])


def before_comparison(lead: str) -> str:
    """What is compared: the words before 比上年, or ``""``."""
    comparison = COMPARISON.search(lead)
    return lead[: comparison.start()] if comparison else ""


def signed(rate: Quantity, growth: re.Match[str]) -> Quantity:
    """The rate with its sign; 下降-0.2% is a fall, and a fall of nought has no sign."""
    return replace(rate, value=0.0 - abs(rate.value)) if growth.groupdict().get("fall") else rate


def says_any(text: str, patterns: Iterable[str]) -> bool:
    """Whether any of some patterns occurs in a text."""
    return any(re.search(pattern, text) for pattern in patterns)
