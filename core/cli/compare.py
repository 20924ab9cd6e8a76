"""``cityflux compare``: two runs of an index, what changed, and because of which figures."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.output import json_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.steps.methods import Methods
    from cityflux.storage.results import StoredRun


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
    from cityflux.core.engine.analysis.history import two_runs
    from cityflux.storage.results import read_runs

    definition = session.index(index)
    with session.read() as connection:
        if list_runs:
            print_runs(definition, read_runs(connection, definition.id), as_json, session.color)
            return
        pair = two_runs(connection, definition.id, since, until)
        found = comparison(connection, pair, session.methods, definition.id, node, period)
    if as_json:
        print_json(found)
    else:
        _print_comparison(definition, found, top, session.color)


def comparison(
    connection: sqlite3.Connection,
    runs: tuple[StoredRun, StoredRun],
    methods: Methods,
    index_id: str,
    node: str | None = None,
    period: str | None = None,
) -> dict[str, Any]:
    """Compare two runs of an index.

    Args:
        connection: any connection.
        runs: the earlier and the later one.
        methods: those that the index may name.
        index_id: the index.
        node: whose scores are compared; those of the root without it.
        period: of which; the last one of the later definition without it.

    Returns:
        ``runs``, ``node``, ``period``, ``cities`` (score and rank before and after) and
        ``causes``, the greatest first (its effect on each city, and the figures that differ).

    Raises:
        NotEnoughData: a definition was not kept.
        IndexDefinitionError: there is no such node or period.
        StorageError: the log of changes does not reach back so far.
    """
    from cityflux.core.engine.analysis.attribution import attribute, check_place, ranked
    from cityflux.core.engine.analysis.history import state_of
    from cityflux.storage.rewind import read_changes

    before, after = (state_of(connection, index_id, run) for run in runs)
    node, period = check_place(after.definition, node, period)
    scores = [ranked(state, methods, node, period) for state in (before, after)]
    effects = attribute(before, after, methods, node, period)
    names = {*before.definition.figures, *after.definition.figures}
    figures: dict[str, list[dict[str, Any]]] = {}
    for change in read_changes(connection, runs[0].position, runs[1].position, sorted(names)):
        figures.setdefault(change.indicator_id, []).append(change._asdict())
    return {
        "index": index_id,
        "node": node,
        "period": period,
        "runs": [_described(run) for run in runs],
        "cities": [
            {
                "city": city,
                "before": scores[0].get(city, (None, None))[0],
                "after": scores[1].get(city, (None, None))[0],
                "rank_before": scores[0].get(city, (None, None))[1],
                "rank_after": scores[1].get(city, (None, None))[1],
            }
            for city in dict.fromkeys([*scores[1], *scores[0]])
        ],
        "causes": [
            {"cause": cause, "effects": effect, "figures": figures.get(cause, [])}
            for cause, effect in sorted(effects.items(), key=lambda item: -_size(item[1]))
        ],
    }


def print_runs(
    definition: Definition, runs: Sequence[StoredRun], as_json: bool, color: bool
) -> None:
    """Print the runs of an index, the last one first."""
    if as_json:
        print_json([_described(run) for run in reversed(runs)])
        return
    print_table(
        f"runs of {definition.name_zh} ({definition.id})",
        ["run", "started", "position", "definition", "scores changed", "version"],
        [
            [r.run_id, r.started, r.position, r.definition_hash[:12], r.changed, r.version]
            for r in reversed(runs)
        ],
        color=color,
        right=["run", "position", "scores changed"],
    )


def _described(run: StoredRun) -> dict[str, Any]:
    return {
        "run": run.run_id,
        "started": run.started,
        "position": run.position,
        "definition_hash": run.definition_hash,
        "changed": run.changed,
        "version": run.version,
    }


def _size(effect: dict[str, float | None]) -> float:
    return max((abs(each) for each in effect.values() if each is not None), default=0.0)


def _print_comparison(definition: Definition, found: dict[str, Any], top: int, color: bool) -> None:
    earlier, later = found["runs"]
    print_table(
        f"{definition.name_zh} ({definition.id}), {found['node']}, {found['period']}: "
        f"run {earlier['run']} ({earlier['started'][:16]}) and run {later['run']} "
        f"({later['started'][:16]})",
        ["city", "before", "after", "change", "rank"],
        [
            [
                each["city"],
                each["before"],
                each["after"],
                _signed(_minus(each["after"], each["before"])),
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
            [each["cause"], *(_signed(each["effects"].get(city)) for city in cities)]
            for each in causes[:top]
        ],
        color=color,
        right=cities,
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
    return f"{value:,.6g}" + (f" ({status})" if status != "ok" else "")


def _minus(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _signed(value: float | None) -> str | None:
    return None if value is None else f"{value:+.3f}"


def _moved(before: int | None, after: int | None) -> str:
    return f"{before or '–'}" if before == after else f"{before or '–'} → {after or '–'}"
