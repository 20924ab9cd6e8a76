"""The tables of ``cityflux trends``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.charts import shows_unicode, sparkline
from cityflux.core.cli.output import console, figure, number, percent, print_table, printable
from cityflux.core.words import numbers
from cityflux.core.words.growth import no_growth, told

if TYPE_CHECKING:
    from cityflux.core.reading.trends import Subject
    from cityflux.core.words.language import Language

_RANKS = 12
_RANKS_ON_TERMINAL = 6
_COURSE = 24


def print_trends(
    subject: Subject,
    found: Mapping[str, Any],
    cities: Mapping[str, str],
    *,
    color: bool,
    language: Language,
) -> None:
    """Print the development of each city, its ranks over time, and whether they draw together."""
    figures = subject.scale == "ratio"
    ends = {end: _shared(found["cities"], f"{end}_period") for end in ("first", "latest")}
    columns = [period or end for end, period in ends.items()]
    columns += [*(["growth", "a year"] if figures else ["a year"]), "rank"]
    columns += [*(["of the leader"] if figures else []), "years to go"]
    print_table(
        subject.title,
        ["city", *columns],
        [[cities[row["city"]], *_cells(row, ends, figures, language)] for row in found["cities"]],
        color=color,
        right=columns,
    )
    for line in told(language, found["breaks"], lambda city: cities.get(city, city)):
        click.echo(printable(line))
    _print_ranks(found, cities, color)
    if found["convergence"]:
        click.echo(printable(f"sigma convergence: {_sigma(found['convergence'], figures)}"))
        click.echo(printable(f"beta convergence: {_beta(found['convergence'])}"))


def _shared(rows: Sequence[Mapping[str, Any]], name: str) -> str | None:
    """What all rows have under a name, if they have one thing."""
    values = {row[name] for row in rows}
    return values.pop() if len(values) == 1 else None


def _cells(
    row: Mapping[str, Any], ends: Mapping[str, str | None], figures: bool, language: Language
) -> list[str | None]:
    values: list[str | None] = [
        figure(row[f"{end}_value"]) + ("" if period else f" ({row[f'{end}_period']})")
        for end, period in ends.items()
    ]
    ranks = f"{_place(row, 'first')} to {_place(row, 'latest')}"
    if row["city"] == row["leader"]:
        years: str | None = "leads"
    else:
        years = number(row["years_to_leader"], 1)
    none = no_growth(language, row["no_growth"], row["broken"])
    if not figures:
        change = row["yearly_change"]
        return [*values, none if change is None else number(change, plus=True), ranks, years]
    levels = [row[f"level_{end}"] for end in ends]
    level = None if None in levels else " to ".join(percent(each, 1) for each in levels)
    rates = (row[name] for name in ("growth", "compound_growth"))
    growth = (none if rate is None else percent(rate, 1) for rate in rates)
    return [*values, *growth, ranks, level, years]


def _place(row: Mapping[str, Any], end: str) -> str:
    """The rank of n; a dash where so few cities compare that there is none."""
    rank = row[f"{end}_rank"]
    return numbers.MISSING if rank is None else f"{rank}/{row[f'{end}_n']}"


def _print_ranks(found: Mapping[str, Any], cities: Mapping[str, str], color: bool) -> None:
    every = sorted({row["period"] for row in found["ranks"]})
    on_terminal = console(color).is_terminal
    courses = _courses(found, every[-_COURSE:]) if on_terminal else {}
    periods = every[-(_RANKS_ON_TERMINAL if on_terminal else _RANKS) :]
    places = {(row["city"], row["period"]): row["rank"] for row in found["ranks"]}
    print_table(
        "rank over time",
        ["city", *periods, *(["course"] if courses else [])],
        [
            [
                cities[row["city"]],
                *(places.get((row["city"], period)) for period in periods),
                *([courses[row["city"]]] if courses else []),
            ]
            for row in found["cities"]
        ],
        color=color,
        right=periods,
    )


def _courses(found: Mapping[str, Any], periods: Sequence[str]) -> dict[str, str]:
    """A sparkline of the periods for each city, all on one scale."""
    figures = {(row["city"], row["period"]): row["value"] for row in found["ranks"]}
    shown = [value for (_, period), value in figures.items() if period in periods]
    return {
        row["city"]: sparkline(
            [figures.get((row["city"], period)) for period in periods],
            min(shown),
            max(shown),
            unicode=shows_unicode(),
        )
        for row in found["cities"]
    }


def _sigma(found: Mapping[str, Any], figures: bool) -> str:
    """Whether the cities lie closer together in the end than in the beginning."""
    first, last = found["sigma"][0], found["sigma"][-1]
    if first["sigma"] is None or last["sigma"] is None:
        return "one city alone, so that nothing draws together"
    way = "apart" if last["sigma"] > first["sigma"] else "together"
    what = "the logarithms" if figures else "the scores"
    return (
        f"the standard deviation of {what} of {found['units']} cities went from "
        f"{number(first['sigma'])} ({first['period']}) to "
        f"{number(last['sigma'])} ({last['period']}): "
        f"they drew {way}"
    )


def _beta(found: Mapping[str, Any]) -> str:
    """Whether those behind grew faster, and how fast the way to the common level is gone."""
    span = f"{found['units']} cities, {found['first']} to {found['latest']}"
    if found["slope"] is None:
        return f"cannot be told ({span}; it takes three that begin differently)"
    p_value = "unknown" if found["p_value"] is None else number(found["p_value"])
    slope = number(found["slope"], 4, plus=True)
    text = f"slope {slope} (p {p_value}, R² {number(found['r_squared'], 2)}; {span})"
    if found["half_life"]:
        return (
            f"{text}; {percent(found['speed'], 1)} of the way a year, "
            f"half of it in {number(found['half_life'], 1)} years"
        )
    return f"{text}; those behind did not grow faster" if found["slope"] >= 0 else text
