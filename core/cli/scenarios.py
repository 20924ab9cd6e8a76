"""``cityflux scenarios``: what ``whatif --save`` kept of an index."""

from __future__ import annotations

import click

from cityflux.core.cli.output import json_option, language_option, printable
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.words.catalogue import Code, codes_of, text


@click.command(epilog="Example: cityflux scenarios flow_index --show richer")
@click.argument("index", required=False)
@click.option("--show", metavar="NAME", help="One of them beside the index.")
@click.option("--drop", metavar="NAME", help="Forget one of them.")
@click.option("--top", default=10, show_default=True, help="How many rows to print.")
@language_option
@json_option
@pass_session
def scenarios(
    session: Session,
    index: str | None,
    show: str | None,
    drop: str | None,
    top: int,
    lang: Code | None,
    as_json: bool,
) -> None:
    """List the scenarios of INDEX, or set one beside it."""
    from cityflux.core.cli.whatif_tables import print_scenarios

    if show and drop:
        raise click.UsageError("say one thing: --show or --drop")
    name = session.index(index).id
    if drop:
        _drop(session, name, drop, lang)
        return
    with session.read() as connection:
        print_scenarios(connection, name, show, top, as_json, session.color)


def _drop(session: Session, index: str, name: str, lang: Code | None) -> None:
    from cityflux.core.reading.scenarios import scenario_board
    from cityflux.storage.database import write
    from cityflux.storage.scenarios import drop_scenario

    with session.open() as connection:
        scenario_board(connection, index, name)  # where there is none, it says which there are
        with write(connection):
            drop_scenario(connection, index, name)
    for code in codes_of(lang):
        click.echo(printable(text(code, "whatif.dropped", name=name, index=index)))
