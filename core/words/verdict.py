"""The verdict in words: can the first city be told from the second, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from cityflux.core.model.verdict import Verdict, Way
from cityflux.core.words.catalogue import Code, text
from cityflux.core.words.names import pick
from cityflux.core.words.numbers import number

#: How many groups are named that make the difference.
_NAMED = 3


def headline(code: Code, verdict: Verdict, cities: Mapping[str, str]) -> str:
    """Say in one sentence what can be told.

    Args:
        code: the language.
        verdict: what was found.
        cities: the names of the cities in that language.
    """
    first, second = cities[verdict.first], cities[verdict.second]
    if not verdict.told:
        return text(code, "verdict.open", first=first, second=second)
    if verdict.leader != verdict.first:
        first, second = second, first
    return text(code, "verdict.told", first=first, second=second)


def lead_in(code: Code, verdict: Verdict, cities: Mapping[str, str]) -> str:
    """Say before the ways of counting what they show."""
    if len({way.lead > 0 for way in verdict.ways}) > 1:
        return text(code, "verdict.depends")
    undecided = "verdict.agree" if verdict.told else "verdict.agree_undecided"
    key = undecided if verdict.ranked else "verdict.agree_in_brackets"
    return text(code, key, first=cities[verdict.leader])


def way(code: Code, verdict: Verdict, each: Way, cities: Mapping[str, str]) -> str:
    """Say who leads by how much, by one way of counting."""
    ahead = cities[verdict.first if each.lead > 0 else verdict.second]
    points = number(abs(each.lead), 1)
    what = _what(code, each)
    if points == number(0.0, 1):
        return text(code, "verdict.even", what=what, groups=each.groups)
    return text(code, "verdict.way", what=what, groups=each.groups, ahead=ahead, points=points)


class Counted(NamedTuple):
    """One way of counting: what is let in, of how many groups, who leads, and by how many points.

    The last two are empty where nobody does.
    """

    what: str
    groups: str
    ahead: str
    points: str


def counted(code: Code, verdict: Verdict, each: Way, cities: Mapping[str, str]) -> Counted:
    """One way of counting in the words of a table."""
    points = number(abs(each.lead), 1)
    even = points == number(0.0, 1)
    return Counted(
        _what(code, each),
        text(code, "verdict.groups", n=each.groups),
        "" if even else cities[verdict.first if each.lead > 0 else verdict.second],
        "" if even else points,
    )


def _what(code: Code, each: Way) -> str:
    if each.count == "other":
        return pick(code, each.name_zh, each.name_en)
    return text(code, f"verdict.{each.count}")


def why(code: Code, verdict: Verdict, cities: Mapping[str, str]) -> list[str]:
    """Say which groups make the difference; nothing where scores are not added up."""
    if not verdict.parts:
        return []
    narrow = [part for part in verdict.parts if part.n < part.of]
    rest = [part for part in verdict.parts if part.n == part.of]
    sentences = []
    if narrow and rest:
        low, high = min(part.n for part in narrow), max(part.n for part in narrow)
        sentences.append(
            text(
                code,
                "verdict.why" if low < high else "verdict.why_all",
                n=len(narrow),
                low=low,
                high=high,
                one=_points(code, verdict, sum(part.lead for part in narrow), cities),
                rest=len(rest),
                other=_points(code, verdict, sum(part.lead for part in rest), cities),
            )
        )
    named = [
        text(
            code,
            "verdict.part",
            group=pick(code, part.name_zh, part.name_en),
            points=_points(code, verdict, part.lead, cities),
        )
        for part in verdict.parts[:_NAMED]
    ]
    sentences.append(text(code, "verdict.parts", parts=text(code, "common.comma").join(named)))
    return sentences


def _points(code: Code, verdict: Verdict, lead: float, cities: Mapping[str, str]) -> str:
    ahead = cities[verdict.first if lead > 0 else verdict.second]
    return text(code, "verdict.points", ahead=ahead, points=number(abs(lead), 1))


def paragraph(code: Code, verdict: Verdict, cities: Mapping[str, str]) -> list[str]:
    """The whole verdict, a line for each sentence and each way of counting."""
    return [
        headline(code, verdict, cities),
        lead_in(code, verdict, cities),
        *(way(code, verdict, each, cities) for each in verdict.ways),
        *why(code, verdict, cities),
    ]
