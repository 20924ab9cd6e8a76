"""``cityflux notes``: what a reader of an index must know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from cityflux.core.cli.output import json_option, print_json
from cityflux.core.cli.session import Session, pass_session

if TYPE_CHECKING:
    from cityflux.core.engine.compute import Computed


@click.command(epilog="Example: cityflux notes flow_index")
@click.argument("index", required=False)
@json_option
@pass_session
def notes(session: Session, index: str | None, as_json: bool) -> None:
    """List what the last run says of INDEX (or the default one), a line each.

    Breaks that a mean crosses, what is known of few cities, what a step touched, computed weights,
    and why something does not compare.
    """
    from cityflux.core.reading.indices import index_of
    from cityflux.core.reading.notes import notes_of

    with session.read() as connection:
        found = notes_of(connection, index_of(connection, session.index_name(index)).id)
    if as_json:
        print_json(found)
        return
    for note in found:
        click.echo(note)


def count_notes(done: Computed) -> None:
    """Say on standard error which rows were passed over, and how many notes there are besides."""
    said = [*done.passed_over]
    if others := len(done.notes) - len(said):
        kept = "1 note on its figures" if others == 1 else f"{others} notes on its figures"
        said.append(f"{kept}: cityflux notes {done.index_id}")
    print_notes(done.index_id, said)


def print_notes(index_id: str, said: Iterable[str]) -> None:
    """Print notes on an index on standard error, a line each."""
    for note in said:
        click.echo(f"note: {index_id}: {note}", err=True)
