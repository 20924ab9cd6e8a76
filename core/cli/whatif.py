"""``cityflux whatif``: an index with other figures or weights, and what a rank would take."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cityflux.core.cli.output import json_option, language_option, print_json, printable
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.words.catalogue import Code, codes_of, text

if TYPE_CHECKING:
    from cityflux.core.engine.definition.index import Definition
    from cityflux.core.engine.whatif.seeking import Asked
    from cityflux.core.engine.whatif.settings import Settings


@click.command(epilog="Example: cityflux whatif main_cities_index --city wuhan --overtake chengdu")
@click.argument("index", required=False)
@click.option(
    "--set",
    "figures",
    multiple=True,
    metavar="FIGURE",
    help="city.indicator=value or city.indicator.period=value.",
)
@click.option("--weight", "weights", multiple=True, metavar="NODE=WEIGHT", help="0 leaves it out.")
@click.option("--reach", type=int, metavar="RANK", help="What it takes to be at a rank or better.")
@click.option("--overtake", metavar="CITY", help="What it takes to be above another city.")
@click.option("--city", help="The city that is to reach or to overtake.")
@click.option("--node", help="What is ranked, in place of the whole.")
@click.option("--period", help="The last one unless given.")
@click.option(
    "--within", default=1.0, metavar="SD", show_default=True, help="SD that each of a set may move."
)
@click.option(
    "--by",
    type=click.Choice(["deviations", "years"]),
    metavar="HOW",
    default="deviations",
    help="What comes first: least deviations or years.",
)
@click.option(
    "--draws",
    type=click.IntRange(min=0),
    metavar="N",
    default=200,
    show_default=True,
    help="Of the chance.",
)
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=1, help="Of the draws.")
@click.option(
    "--png",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw a goal into a file instead.",
)
@click.option("--save", metavar="NAME", help="Keep it as a scenario.")
@click.option("--top", default=10, show_default=True, help="How many rows to print.")
@language_option
@json_option
@pass_session
def whatif(
    session: Session,
    index: str | None,
    figures: tuple[str, ...],
    weights: tuple[str, ...],
    reach: int | None,
    overtake: str | None,
    city: str | None,
    node: str | None,
    period: str | None,
    within: float,
    by: str,
    draws: int,
    seed: int,
    png: Path | None,
    save: str | None,
    top: int,
    lang: Code | None,
    as_json: bool,
) -> None:
    """See INDEX move as figures or weights do, or ask what a rank would take."""
    from cityflux.core.engine.open_periods import at_hand
    from cityflux.core.engine.whatif.probing import Aim
    from cityflux.core.engine.whatif.seeking import Asked
    from cityflux.core.reading.names import city_called, node_called

    sets, goal = bool(figures or weights), reach is not None or overtake is not None
    if sets == goal or (reach and overtake):
        raise click.UsageError("say one thing: --set or --weight, --reach, or --overtake")
    if goal and not city:
        raise click.UsageError("--reach and --overtake need --city")
    definition = session.index(index)
    with session.open() if save else session.read() as connection:
        definition = at_hand(connection, definition)
        if sets:
            from cityflux.core.app.whatif import settings_of

            settings = settings_of(connection, definition, figures, weights)
            _set(connection, session, definition, settings, save, top, lang, as_json)
            return
        assert city is not None
        asked = Asked(
            Aim(
                city_called(connection, city),
                period or max(definition.periods.of),
                node_called(connection, definition.id, node) if node else definition.id,
            ),
            reach or 0,
            city_called(connection, overtake) if overtake else "",
            within,
            by,
        )
        _seek(connection, session, definition, asked, (draws, seed, top), save, png, lang, as_json)


def _say(lang: Code | None, key: str, **values: str) -> None:
    for code in codes_of(lang):
        click.echo(printable(text(code, key, **values)))


def _set(
    connection: sqlite3.Connection,
    session: Session,
    definition: Definition,
    settings: Settings,
    save: str | None,
    top: int,
    lang: Code | None,
    as_json: bool,
) -> None:
    from cityflux.core.app.whatif import keep_scenario, left_behind, what_if
    from cityflux.core.cli import whatif_tables as tables
    from cityflux.core.engine.whatif.outcome import moved

    before, after = what_if(connection, session, definition, settings)
    if save:
        keep_scenario(connection, definition, settings, after, save)
    rows = [*moved(before, after)]
    left = left_behind(connection, definition, settings)
    if as_json:
        print_json(
            {
                "settings": settings.written(),
                "moved": [row._asdict() for row in rows if tables.has_moved(row)],
                "cities": [row._asdict() for row in rows if row.node == definition.id],
                "left_as_they_are": left,
                "scenario": save,
            }
        )
        return
    tables.print_moved(connection, definition, rows, top, lang, session.color)
    if left:
        _say(lang, "whatif.left", names=", ".join(left))
    if save:
        _say(lang, "whatif.saved", name=save, index=definition.id)


def _seek(
    connection: sqlite3.Connection,
    session: Session,
    definition: Definition,
    asked: Asked,
    amounts: Sequence[int],
    save: str | None,
    png: Path | None,
    lang: Code | None,
    as_json: bool,
) -> None:
    from cityflux.core.app.whatif import facts_of, keep_scenario, seek_goal, what_if
    from cityflux.core.cli import whatif_tables as tables
    from cityflux.core.engine.whatif.settings import Setting, Settings

    draws, seed, top = amounts
    sought, known = seek_goal(connection, session, definition, asked, draws, seed)
    facts = facts_of(connection, definition, sought, known)
    if save and facts.single:
        first, aim = facts.single[0], asked.aim
        settings = Settings((Setting(aim.city, first.indicator, first.after, aim.period),))
        _, after = what_if(connection, session, definition, settings)
        keep_scenario(connection, definition, settings, after, save)
    if png:
        from cityflux.core.cli.picture import draw_goal

        draw_goal(facts, png, lang or "zh")
        return
    if as_json:
        print_json(tables.goal_object(facts, save))
        return
    tables.print_goal(facts, top, lang, session.color)
    if save and facts.single:
        _say(lang, "whatif.saved", name=save, index=definition.id)
