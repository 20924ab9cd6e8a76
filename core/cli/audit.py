"""``cityflux audit``: how sure the ranks of an index are."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import click

from cityflux.core.cli.audited import print_audit
from cityflux.core.cli.output import (
    json_option,
    language_option,
    number,
    percent,
    print_json,
    print_table,
    progress,
)
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.words.catalogue import Code, codes_of, text
from cityflux.core.words.names import pick

#: So many nodes are listed without which the ranks change most.
_LISTED = 5


@click.command(epilog="Example: cityflux audit flow_index --draws 10000 --seed 1")
@click.argument("index", required=False)
@click.option("--draws", type=click.IntRange(min=2), default=500, show_default=True)
@click.option(
    "--points",
    type=click.IntRange(min=0),
    default=64,
    show_default=True,
    help="Of the sensitivity analysis; 0 for none.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option(
    "--sampling",
    type=click.Choice(["lhs", "sobol", "random"]),
    default="lhs",
    show_default=True,
    help="A Latin hypercube, a Sobol sequence, or neither.",
)
@click.option(
    "--assumptions",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A TOML file that says what is varied, in place of the defaults.",
)
@click.option("--weights", metavar="panel:NAME", help="Draw the weights from a panel of experts.")
@click.option("--dask", metavar="ADDRESS", help="Draw on a Dask cluster, such as tcp://host:8786.")
@click.option("--all-nodes", is_flag=True, help="Keep the shares of ranks of every node.")
@language_option
@json_option
@pass_session
def audit(
    session: Session,
    index: str | None,
    draws: int,
    points: int,
    seed: int,
    sampling: str,
    assumptions: Path | None,
    weights: str | None,
    dask: str | None,
    all_nodes: bool,
    lang: Code | None,
    as_json: bool,
) -> None:
    """Say how sure each rank of INDEX is, of many draws; Ctrl-C keeps what is done."""
    from cityflux.core.app.audits import audit_index
    from cityflux.core.engine.audit.assumptions import read_assumptions
    from cityflux.core.engine.audit.gathering import Settings
    from cityflux.core.model.extra import need_extra

    if dask:
        need_extra("dask")
    definition = session.index(index)
    varied = read_assumptions(assumptions, definition) if assumptions else None
    settings = Settings(draws, points, seed, sampling, all_nodes)  # type: ignore[arg-type]
    with session.open() as connection, progress("auditing", session.color) as moved:
        experts = None
        if weights:
            from cityflux.core.app.panel_results import expert_weights, panel_of

            experts = expert_weights(connection, panel_of(connection, definition, weights))
        found = audit_index(
            connection,
            session,
            definition,
            settings,
            varied,
            lambda done: moved(done, draws),
            experts,
            dask,
        )
        if as_json:
            from cityflux.core.reading.audit_tables import audit_objects

            print_json(audit_objects(connection, definition.id))
            return
        print_audit(connection, definition.id, lang, color=session.color)
        if found.score_error:
            error = number(found.score_error, 4)
            for code in codes_of(lang):
                click.echo(text(code, "audit.score_error", error=error))
        _print_moves(connection, definition.id, lang, session.color)


def _print_moves(
    connection: sqlite3.Connection, index: str, lang: Code | None, color: bool
) -> None:
    """Print what moves the mean rank, and without which nodes it changes most."""
    from cityflux.core.reading.audit_tables import sensitivities
    from cityflux.core.reading.audits import audit_of
    from cityflux.core.words.audit import assumption

    found = audit_of(connection, index)
    assert found is not None
    codes = codes_of(lang)
    rows = [row for row in sensitivities(connection, index, found.period) if not row.city]
    moved = [row for row in rows if row.kind == "sobol"]
    if moved:
        click.echo()
        headings = ["", *(" ".join(text(c, f"audit.{key}") for c in codes) for key in _HEADINGS)]
        print_table(
            " ".join(text(code, "audit.moves") for code in codes),
            headings,
            [
                [
                    " ".join(assumption(code, row.subject) for code in codes),
                    f"{percent(row.value)} ({percent(row.low)} to {percent(row.high)})",
                    f"{percent(row.total)} ({percent(row.total_low)} to {percent(row.total_high)})",
                ]
                for row in moved
            ],
            color=color,
            right=headings[1:],
        )
    without = [row for row in rows if row.kind == "without" and row.value][:_LISTED]
    if without:
        click.echo()
        print_table(
            " ".join(text(code, "audit.without") for code in codes),
            ["node", ""],
            [
                [" ".join(pick(c, row.name_zh, row.name_en) for c in codes), number(row.value, 2)]
                for row in without
            ],
            color=color,
        )


#: The columns of what moves the ranks.
_HEADINGS = ("alone", "together")
