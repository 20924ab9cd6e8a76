"""``cityflux compute``."""

from __future__ import annotations

import click

from cityflux.core.cli.output import console, json_option, print_json
from cityflux.core.cli.session import Session, pass_session


@click.command(epilog="Example: cityflux compute flow_index --as-of 2026-06-30")
@click.argument("index", required=False)
@click.option("--all", "everything", is_flag=True, help="All indices, as without INDEX.")
@click.option("--as-of", metavar="DATE", help="On what was known at the end of a day; not stored.")
@click.option("--exclude", metavar="NODE", multiple=True, help="Without this node; not stored.")
@click.option(
    "--weight-set",
    metavar="NAME",
    help="With this set of weights, or that of a panel:NAME; not stored.",
)
@json_option
@pass_session
def compute(
    session: Session,
    index: str | None,
    everything: bool,
    as_of: str | None,
    exclude: tuple[str, ...],
    weight_set: str | None,
    as_json: bool,
) -> int:
    """Compute INDEX, or all indices, from the stored figures and store every node.

    With --as-of, --exclude or --weight-set INDEX, or the default one, is computed so and printed.
    """
    from cityflux.core.app.job import Job
    from cityflux.core.cli.notes import count_notes, print_notes
    from cityflux.core.cli.scoreboard import print_evaluated
    from cityflux.core.engine.compute import evaluate

    trial = bool(as_of or exclude or weight_set)
    if everything and (index or trial):
        raise click.UsageError("--all goes with neither INDEX nor a trial")
    if trial:
        from cityflux.core.app.panel_results import PREFIX, with_panel

    definition = session.index(index) if index or trial else None
    wanted = [definition] if definition else None
    if trial and definition:
        of_panel = (weight_set or "").startswith(PREFIX)
        chosen = "" if of_panel else weight_set or ""
        definition = definition.variant(exclude=exclude, weight_set=chosen)
        with session.open() as connection:
            if of_panel and weight_set:
                definition = with_panel(connection, definition, weight_set)
            until = _end_of(as_of) if as_of else None
            scores = evaluate(connection, definition, session.methods, until)
            print_evaluated(
                connection, definition, scores, as_of=as_of, as_json=as_json, color=session.color
            )
        print_notes(definition.id, scores.notes)
        return 0
    with session.open() as connection:
        outcome = Job(connection, session).compute(wanted, force=True)
    if as_json:
        print_json(
            [
                {"index": done.index_id, "run": done.run_id, "changed": done.changed}
                for done in outcome.computed
            ]
        )
    for done in outcome.computed:
        if not as_json:
            click.echo(f"{done.index_id}: run {done.run_id}, {done.changed} scores changed")
        if index:
            print_notes(done.index_id, done.notes)
        else:
            count_notes(done)
    if not (failed := outcome.failed + outcome.broken):
        return 0
    out = console(session.color, stderr=True)
    for name, error in failed:
        out.print(f"failed: {name}: {error}", style="red", markup=False, soft_wrap=True)
    return 1


def _end_of(day: str) -> str:
    """The last moment of a day or of a longer period, as the database writes moments."""
    from cityflux.core.model.period import Period

    return f"{Period.parse(day).end.isoformat()}T23:59:59.999Z"
