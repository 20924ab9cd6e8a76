"""What would have to change, in a sentence or two."""

from __future__ import annotations

from cityflux.core.model.goal import GoalFacts, Needed
from cityflux.core.words.catalogue import Code
from cityflux.core.words.language import Language
from cityflux.core.words.numbers import figure, number, percent

#: Digits of a figure, and of effort and years.
_DIGITS = 6


def told(code: Code, goal: GoalFacts) -> list[str]:
    """The answer: one figure that would do, the smallest set, or how near one comes."""
    words, place = Language(code), 0 if code == "zh" else 1
    asked = {
        "period": words.period(goal.period),
        "city": goal.city[place],
        "node": goal.node[place],
        "rival": goal.rival[place],
        "rank": goal.rank,
        "now": goal.now,
        "of": goal.n,
    }
    aim = words.text("whatif.overtake" if goal.rival[0] else "whatif.reach", **asked)
    if goal.reached:
        return [words.text("whatif.reached", aim=aim, **asked)]
    lines = [_single(words, goal, aim)]
    if len(goal.together) > 1:
        changes = words.listed([_change(words, each) for each in goal.together])
        lines.append(
            words.text(
                "whatif.together",
                changes=changes,
                effort=number(goal.effort),
                chance=_chance(words, goal.chance),
            )
        )
    elif not goal.together and not goal.single:
        best = goal.nearest_together
        key = "whatif.not_together" if best else "whatif.not_at_all"
        lines.append(words.text(key, within=number(goal.within, 1), rank=best or 0))
    return lines


def _single(words: Language, goal: GoalFacts, aim: str) -> str:
    if not goal.single:
        if goal.nearest is None:
            return words.text("whatif.none", aim=aim)
        return words.text("whatif.short", aim=aim, rank=goal.nearest)
    first = goal.single[0]
    return words.text(
        "whatif.single",
        aim=aim,
        change=_change(words, first),
        effort=number(first.deviations),
        years=_years(words, first.years),
        chance=_chance(words, first.chance),
        n=len(goal.single),
    )


def _years(words: Language, years: float | None) -> str:
    if years is None:
        return words.text("whatif.never")
    return words.text("whatif.years", years=number(years, 1))


def _change(words: Language, each: Needed) -> str:
    name = each.name_zh if words.code == "zh" else each.name_en
    return words.text(
        "whatif.change",
        indicator=name or each.indicator,
        before=figure(each.before, _DIGITS),
        after=figure(each.after, _DIGITS),
        unit=words.unit(each.unit),
    )


def _chance(words: Language, share: float | None) -> str:
    return "" if share is None else words.text("whatif.chance", share=percent(share))
