"""The tables of ``cityflux whatif``."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.output import (
    figure,
    number,
    percent,
    print_json,
    print_table,
    printable,
)
from cityflux.core.cli.scoreboard import bracketed
from cityflux.core.words.catalogue import Code, codes_of, text
from cityflux.core.words.names import pick

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.whatif.outcome import Moved
    from cityflux.core.model.goal import GoalFacts, Needed

_NUMBERS = ("before", "after", "change")


def has_moved(row: Moved) -> bool:
    """Whether a score, a rank or a bracket is another one."""
    before = row.before, row.rank_before, row.bracket_before
    return (
        bool(row.change)
        or (row.change is None and before != (row.after, row.rank_after, row.bracket_after))
        or row.rank_before != row.rank_after
    )


def print_moved(
    connection: sqlite3.Connection,
    definition: Definition,
    rows: Sequence[Moved],
    top: int,
    lang: Code | None,
    color: bool,
) -> None:
    """Print the cities of the whole index, and the nodes below it that moved most.

    Args:
        connection: any connection.
        definition: the index.
        rows: all that there is, before and after.
        top: so many nodes at the most.
        lang: the language of the names; both without one.
        color: whether colours are wanted at all.
    """
    from cityflux.core.reading.nodes import node_names
    from cityflux.storage.catalog import city_names

    cities = {each: pick(lang or "zh", zh, en) for each, zh, en, _ in city_names(connection)}
    period = max(row.period for row in rows)
    whole = [row for row in rows if row.node == definition.id and row.period == period]
    whole.sort(key=lambda row: (row.rank_after or len(rows), -(row.after or 0.0)))
    city = text(lang or "zh", "common.city")
    print_table(
        f"{definition.name_zh} {definition.name_en} ({definition.id}), {period}",
        ["city", city, *_NUMBERS, "rank"],
        [[row.city, cities[row.city], *_numbers(row), _ranks(row)] for row in whole],
        color=color,
        right=_NUMBERS,
    )
    below = [row for row in rows if row.node != definition.id and has_moved(row)]
    below.sort(key=lambda row: -abs(row.change or 0.0))
    if not below and not any(map(has_moved, whole)):
        for code in codes_of(lang):
            click.echo(printable(text(code, "whatif.nothing")))
        return
    names = node_names(connection, definition.id, lang)
    print_table(
        f"what moved ({len(below[:top])} of {len(below)}; all with --json)",
        ["node", city, "period", *_NUMBERS, "rank"],
        [
            [
                names.get(row.node, row.node),
                cities[row.city],
                row.period,
                *_numbers(row),
                _ranks(row),
            ]
            for row in below[:top]
        ],
        color=color,
        right=_NUMBERS,
    )


def _numbers(row: Moved) -> list[str | None]:
    return [
        bracketed(row.before, row.bracket_before),
        bracketed(row.after, row.bracket_after),
        number(row.change, plus=True),
    ]


def _ranks(row: Moved) -> str:
    before, after = row.rank_before or "–", row.rank_after or "–"
    return f"{before}" if before == after else f"{before} → {after}"


def goal_object(facts: GoalFacts, saved: str | None) -> dict[str, Any]:
    """A goal and what it needs, for machines; with the sentences in both languages."""
    from cityflux.core.words.whatif import told

    said = {code: told(code, facts) for code in codes_of(None)}
    return {**asdict(facts), "said": said, "scenario": saved if facts.single else None}


def print_goal(facts: GoalFacts, top: int, lang: Code | None, color: bool) -> None:
    """Print what would do by itself, the smallest set, and the answer in words."""
    from cityflux.core.words.whatif import told

    columns = ["before", "after", "SD", "years", "rank", "in draws"]
    for title, needed in (
        (f"each by itself ({len(facts.single[:top])} of {len(facts.single)})", facts.single[:top]),
        ("together", facts.together if len(facts.together) > 1 else ()),
    ):
        if needed:
            print_table(
                title,
                ["indicator", "", *columns, "unit"],
                [_needed(each, lang) for each in needed],
                color=color,
                right=columns,
            )
    for code in codes_of(lang):
        for line in told(code, facts):
            click.echo(printable(line))


def _needed(each: Needed, lang: Code | None) -> list[Any]:
    return [
        each.indicator,
        pick(lang or "zh", each.name_zh, each.name_en),
        figure(each.before),
        figure(each.after),
        number(each.deviations),
        number(each.years, 1),
        each.rank,
        percent(each.chance),
        each.unit,
    ]


def print_scenarios(
    connection: sqlite3.Connection,
    index: str,
    name: str | None,
    top: int,
    as_json: bool,
    color: bool,
) -> None:
    """Print the scenarios of an index, or one of them beside the index.

    Args:
        connection: any connection.
        index: whose.
        name: of one; all are listed without it.
        top: so many rows of one at the most.
        as_json: whether for machines.
        color: whether colours are wanted at all.

    Raises:
        UnknownName: there is no such scenario.
    """
    from cityflux.core.reading.scenarios import scenario_board, scenarios

    found = scenario_board(connection, index, name) if name else scenarios(connection, index)
    if as_json:
        print_json(found)
        return
    if name:
        whole = [row for row in found if row["node_id"] == index]
        period = max(row["period"] for row in whole)
        columns = ["score", name]
        print_table(
            f"{index}, {period}: {name} beside the index",
            ["city", text("zh", "common.city"), *columns, "rank"],
            [
                [
                    row["city_id"],
                    row["city_zh"],
                    _score(row, ""),
                    _score(row, "scenario_"),
                    f"{row['rank'] or '–'} → {row['scenario_rank'] or '–'}",
                ]
                for row in whole
                if row["period"] == period
            ][:top],
            color=color,
            right=columns,
        )
        return
    print_table(
        f"scenarios of {index}",
        ["name", "made", "run", "settings", ""],
        [
            [
                each["name"],
                each["made"][:16],
                each["run_id"],
                _settings(each["settings"]),
                text("en", "whatif.stale") if each["stale"] else "",
            ]
            for each in found
        ],
        color=color,
    )


def _score(row: dict[str, Any], prefix: str) -> str | None:
    bracket = row[f"{prefix}bracket"]
    name = "score" if bracket else "comparable_score"
    return bracketed(row[f"{prefix}{name}"], bracket)


def _settings(settings: dict[str, Any]) -> str:
    parts = [
        f"{each['city']}.{each['indicator']}"
        + (f".{each['period']}" if each["period"] else "")
        + f"={each['value']:g}"
        for each in settings["figures"]
    ]
    parts += [f"{name}={weight:g}" for name, weight in settings["weights"].items()]
    return ", ".join(parts)
