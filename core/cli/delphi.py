"""``cityflux delphi``: panels of experts, in rounds."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.output import (
    json_option,
    language_option,
    number,
    print_json,
    print_table,
    printable,
)
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.words.catalogue import Code

if TYPE_CHECKING:
    from cityflux.storage.panels import Panel


def _sheet_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What the sheets that the experts fill in are, and where they go."""
    form = click.option(
        "--format",
        "form",
        type=click.Choice(["xlsx", "csv"]),
        default="xlsx",
        help="Of the sheets that the experts fill in.",
    )
    out = click.option(
        "--out",
        type=click.Path(path_type=Path, file_okay=False),
        default=Path(),
        help="The folder for them; this one unless given.",
    )
    return form(out(command))


@click.group(epilog="Example: cityflux delphi status jiang")
def delphi() -> None:
    """Ask a panel of experts in rounds for the weights of an index (德尔菲法).

    Experts stand under pseudonyms; their names never leave the database.
    """


@delphi.command(epilog="Example: cityflux delphi new jiang --index flow_index --experts names.txt")
@click.argument("name")
@click.option("--index", help="Begin a panel of this index; else the next round of one is opened.")
@click.option(
    "--kind",
    type=click.Choice(["scale", "ahp", "bwm"]),
    default="scale",
    show_default=True,
    help="Ratings, pairwise comparisons, or best and worst.",
)
@click.option("--node", "nodes", multiple=True, help="What is rated; repeatable.")
@click.option("--expert", "people", multiple=True, help="The name of an expert; repeatable.")
@click.option("--experts", type=click.Path(path_type=Path, exists=True), help="Names, one a line.")
@click.option("--open", "proposing", is_flag=True, help="Let experts strike and propose nodes.")
@click.option("--least", default=1, show_default=True, help="The bottom of the scale.")
@click.option("--most", default=5, show_default=True, help="The top of the scale.")
@click.option("--iqr", default=1.0, show_default=True, help="Agreed from this range downwards.")
@click.option("--cv", default=0.25, show_default=True, help="And this variation.")
@_sheet_options
@pass_session
def new(
    session: Session,
    name: str,
    index: str | None,
    kind: str,
    nodes: tuple[str, ...],
    people: tuple[str, ...],
    experts: Path | None,
    proposing: bool,
    least: int,
    most: int,
    iqr: float,
    cv: float,
    form: str,
    out: Path,
) -> None:
    """Begin the panel NAME with --index, or open its next round; write a file for each expert."""
    from cityflux.core.app import panels
    from cityflux.core.reading.names import node_called
    from cityflux.storage import panels as storage
    from cityflux.storage.panels import Panel

    with session.open() as connection:
        if index:
            rule = {**panels.RULE, "iqr": iqr, "cv": cv}
            panel = Panel(name, session.index(index).id, kind, least, most, rule)
        else:
            panel = storage.find_panel(connection, name)
        definition = session.index(panel.index_id)
        wanted = [node_called(connection, definition.id, each) for each in nodes]
        if index:
            names = [*people, *(panels.read_experts(experts) if experts else ())]
            known = panels.begin(connection, panel, definition, names, wanted, proposing=proposing)
            for expert, person in known.items():
                click.echo(printable(f"{expert}  {person}"))
        else:
            panels.next_round(connection, panel, definition, wanted, proposing=proposing)
        _write_files(connection, panel, form, out)


@delphi.command(epilog="Example: cityflux delphi files jiang --out asked")
@click.argument("name")
@_sheet_options
@pass_session
def files(session: Session, name: str, form: str, out: Path) -> None:
    """Write the questionnaires of the open round of NAME again."""
    from cityflux.storage.panels import find_panel

    with session.read() as connection:
        _write_files(connection, find_panel(connection, name), form, out)


def _write_files(connection: sqlite3.Connection, panel: Panel, form: str, out: Path) -> None:
    """Write a questionnaire for each expert."""
    from cityflux.core.app.panels import questionnaire
    from cityflux.core.cli.questionnaires import write
    from cityflux.storage.panels import experts, open_number

    opened = open_number(connection, panel.name)
    out.mkdir(parents=True, exist_ok=True)
    for expert in experts(connection, panel.name):
        asked = questionnaire(connection, panel, opened, expert)
        write(asked, out / f"{panel.name}-{opened}-{expert}.{form}")
    click.echo(
        f"{panel.name}: round {opened} is open; a file for each expert is in {out.resolve()}"
    )


@delphi.command("import", epilog="Example: cityflux delphi import jiang answers/*.xlsx")
@click.argument("name")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True))
@click.option("--partial", is_flag=True, help="Take in what has answers, though others lack.")
@click.option("--correct", is_flag=True, help="In the place of an earlier answer, which stays.")
@pass_session
def import_answers(
    session: Session, name: str, files: tuple[Path, ...], partial: bool, correct: bool
) -> int:
    """Check the questionnaires FILES of the panel NAME and store them, each whole or not at all."""
    from cityflux.core.app.panels import take_in
    from cityflux.core.cli.questionnaires import read
    from cityflux.core.model.errors import CityfluxError
    from cityflux.storage.panels import find_panel

    failed = 0
    with session.open() as connection:
        panel = find_panel(connection, name)
        for path in files:
            try:
                given, digest = read(path)
                take_in(connection, panel, given, digest, partial=partial, correct=correct)
            except CityfluxError as error:
                failed += 1
                click.echo(printable(f"Error: {path.name}: {error}"), err=True)
            else:
                click.echo(f"{path.name}: {given.expert}, round {given.number}, stored")
    return 1 if failed else 0


@delphi.command(epilog="Example: cityflux delphi status jiang --round 1")
@click.argument("name", required=False)
@click.option("--round", "number", type=int, help="The last one unless given.")
@click.option(
    "--png", type=click.Path(path_type=Path, dir_okay=False), help="Draw it into a file instead."
)
@language_option
@json_option
@pass_session
def status(
    session: Session,
    name: str | None,
    number: int | None,
    png: Path | None,
    lang: Code | None,
    as_json: bool,
) -> None:
    """Say how far the panel NAME agrees, and where another round is worth while."""
    from cityflux.core.app.panel_results import status_of
    from cityflux.core.cli.delphi_tables import print_panels, print_status, status_object
    from cityflux.storage.panels import find_panel

    with session.read() as connection:
        if name is None:
            print_panels(connection, as_json=as_json, color=session.color)
            return
        found = status_of(connection, find_panel(connection, name), number)
    if png:
        from cityflux.core.cli.picture import draw_status

        draw_status(found, png, lang or "zh")
    elif as_json:
        print_json(status_object(found))
    else:
        print_status(found, lang, color=session.color)


@delphi.command(epilog="Example: cityflux delphi close jiang")
@click.argument("name")
@pass_session
def close(session: Session, name: str) -> None:
    """Close the round of the panel NAME that is open; nothing is added to it any more."""
    from cityflux.storage.database import write
    from cityflux.storage.panels import close_round, find_panel

    with session.open() as connection, write(connection):
        panel = find_panel(connection, name)
        closed = close_round(connection, panel.name)
    click.echo(f"{name}: round {closed} is closed")


@delphi.command(epilog="Example: cityflux delphi weights jiang --by median --integer")
@click.argument("name")
@click.option(
    "--by",
    type=click.Choice(["mean", "trimmed", "median"]),
    default="mean",
    show_default=True,
    help="How the experts' ratings become one.",
)
@click.option("--integer", is_flag=True, help="Rounded to whole points.")
@click.option("--force", is_flag=True, help="Also where judgements contradict each other.")
@json_option
@pass_session
def weights(
    session: Session, name: str, by: Any, integer: bool, force: bool, as_json: bool
) -> None:
    """Turn the last round of the panel NAME into weights, and keep them.

    They are used with compute --weight-set panel:NAME, and with audit --weights panel:NAME.
    """
    from cityflux.core.app.panel_results import keep_weights, weigh
    from cityflux.storage.panels import find_panel

    with session.open() as connection:
        panel = find_panel(connection, name)
        found = weigh(connection, panel, by, integer=integer, forced=force)
        keep_weights(connection, panel, found)
    if as_json:
        print_json(
            {
                "panel": name,
                "round": found.round,
                "method": found.method,
                "weights": dict(found.weights),
                "consistency": dict(found.ratios),
            }
        )
        return
    print_table(
        f"weights of {name}, round {found.round}, {found.method}",
        ["node", "weight"],
        [[node, number(weight)] for node, weight in found.weights.items()],
        color=session.color,
        right=["weight"],
    )
    for parent, ratio in found.ratios.items():
        click.echo(f"{parent}: consistency {number(ratio)}")


@delphi.command(epilog="Example: cityflux delphi links jiang --address http://127.0.0.1:8001")
@click.argument("name")
@click.option(
    "--address",
    default="http://127.0.0.1:8001",
    show_default=True,
    help="Where the experts reach cityflux web.",
)
@pass_session
def links(session: Session, name: str, address: str) -> None:
    """Make a link for each expert to answer the open round of NAME in a browser.

    Each opens one questionnaire and nothing else, at a site that runs with web --panel. Earlier
    links of the round open nothing any more. Only their hashes are kept: this is the only time
    that they are shown.
    """
    from cityflux.core.app.panels import new_links
    from cityflux.storage.panels import find_panel, names_of

    with session.open() as connection:
        panel = find_panel(connection, name)
        names = dict(names_of(connection, panel.name))
        for expert, token in new_links(connection, panel).tokens.items():
            link = f"{address.rstrip('/')}/panel/{token}"
            click.echo(printable(f"{expert}  {names.get(expert, '')}  {link}"))
