"""``cityflux compare``: two runs of an index, what changed, and because of which figures."""

from __future__ import annotations

from typing import Any

import click

from cityflux.core.cli.output import figure, json_option, number, print_json, print_table
from cityflux.core.cli.scoreboard import bracketed
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.indices import Index, index_of


@click.command(epilog="Example: cityflux compare flow_index --from 2026-06-30")
@click.argument("index", required=False)
@click.option("--from", "since", metavar="RUN", help="The earlier run: its number, or a day.")
@click.option("--to", "until", metavar="RUN", help="The later run; the last one if not given.")
@click.option("--node", help="Compare the scores of this node instead of the whole.")
@click.option("--period", help="Compare this period instead of the last one.")
@click.option("--runs", "list_runs", is_flag=True, help="List the runs of the index.")
@click.option("--top", default=10, show_default=True, help="How many causes and figures to print.")
@json_option
@pass_session
def compare(
    session: Session,
    index: str | None,
    since: str | None,
    until: str | None,
    node: str | None,
    period: str | None,
    list_runs: bool,
    top: int,
    as_json: bool,
) -> None:
    """Compare two runs of INDEX (or the default one), and say because of which figures it changed.

    Without --from, the later run is compared with the last one before it that knew other figures
    or another definition.
    """
    from cityflux.core.reading.names import node_called
    from cityflux.core.reading.runs import compare_runs, described_runs

    with session.read() as connection:
        chosen = index_of(connection, session.index_name(index))
        if list_runs:
            _print_runs(chosen, described_runs(connection, chosen.id), as_json, session.color)
            return
        node = node and node_called(connection, chosen.id, node)
        found = compare_runs(
            connection, session.methods, chosen.id, since, until, node=node, period=period
        )
    if as_json:
        print_json(found)
    else:
        _print_comparison(chosen, found, top, session.color)


def _print_runs(index: Index, runs: list[dict[str, Any]], as_json: bool, color: bool) -> None:
    """Print the runs of an index, the last one first."""
    if as_json:
        print_json(runs)
        return
    shown = ("run", "started", "position", "definition_hash", "changed", "version")
    print_table(
        f"runs of {index.name_zh} ({index.id})",
        ["run", "started", "position", "definition", "scores changed", "version"],
        [
            [run[name][:12] if name == "definition_hash" else run[name] for name in shown]
            for run in runs
        ],
        color=color,
        right=["run", "position", "scores changed"],
    )


def _print_comparison(index: Index, found: dict[str, Any], top: int, color: bool) -> None:
    earlier, later = found["runs"]
    print_table(
        f"{index.name_zh} ({index.id}), {found['node']}, {found['period']}: "
        f"run {earlier['run']} ({earlier['started'][:16]}) and run {later['run']} "
        f"({later['started'][:16]})",
        ["city", "before", "after", "change", "rank"],
        [
            [
                each["city"],
                bracketed(each["before"], "" if each["rank_before"] else "no rank"),
                bracketed(each["after"], "" if each["rank_after"] else "no rank"),
                number(_minus(each["after"], each["before"]), plus=True),
                _moved(each["rank_before"], each["rank_after"]),
            ]
            for each in found["cities"]
        ],
        color=color,
        right=["before", "after", "change"],
    )
    causes, cities = found["causes"], [each["city"] for each in found["cities"]]
    print_table(
        f"because of ({len(causes[:top])} of {len(causes)} causes)",
        ["cause", *cities],
        [
            [each["cause"], *(number(each["effects"].get(city), plus=True) for city in cities)]
            for each in causes[:top]
        ],
        color=color,
        right=cities,
        across=cities,
    )
    figures = [figure for each in causes for figure in each["figures"]]
    columns = ["indicator_id", "city_id", "period", "publisher", "before", "after"]
    print_table(
        f"figures that differ ({len(figures[:top])} of {len(figures)}; all with --json)",
        [name.removesuffix("_id") for name in columns],
        [[_figure(each, name) for name in columns] for each in figures[:top]],
        color=color,
        right=["before", "after"],
    )


def _figure(change: dict[str, Any], column: str) -> str | None:
    value = change[column]
    if column not in ("before", "after") or value is None:
        return None if value is None else str(value)
    status = change[f"status_{column}"]
    return figure(value) + (f" ({status})" if status != "ok" else "")


def _minus(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _moved(before: int | None, after: int | None) -> str:
    return f"{before or '–'}" if before == after else f"{before or '–'} → {after or '–'}"
