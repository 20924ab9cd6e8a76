"""``cityflux trends``: how figures or scores developed, and whether the cities draw together."""

from __future__ import annotations

import click

from cityflux.core.cli.output import json_option, language_option, print_json
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.catalog import Language, city_names
from cityflux.core.reading.indices import find_index
from cityflux.core.reading.trends import develop, subject_of
from cityflux.core.words.language import Language as Words


@click.command(epilog="Example: cityflux trends overall_economy.gdp --latest 5")
@click.argument("name", metavar="INDEX|INDICATOR")
@click.option("--node", help="Of an index: this node or indicator in place of the whole index.")
@click.option("--latest", type=click.IntRange(min=2), help="Look at so many last periods only.")
@language_option
@json_option
@pass_session
def trends(
    session: Session,
    /,
    name: str,
    node: str | None,
    latest: int | None,
    lang: Language | None,
    as_json: bool,
) -> None:
    """Say how the figures of INDICATOR, or the scores of INDEX, developed, city by city.

    First and latest figure, growth or change, ranks over time, distance to the leader and the
    years in which it closes at present growth; and whether the cities draw together. No growth is
    told across a break of the series (see the table breaks), over a change of sign or from zero.
    """
    from cityflux.core.cli.trend_tables import print_trends
    from cityflux.core.reading.names import node_called

    with session.read() as connection:
        if node and not find_index(connection, name):
            raise click.UsageError(f"--node goes with an index, and {name!r} is none")
        node = node and node_called(connection, name, node)
        subject = subject_of(connection, name, node, lang)
        found = develop(subject, latest).objects()
        if as_json:
            print_json(found)
        else:
            names = city_names(connection, lang)
            language = Words(lang or "en")
            print_trends(subject, found, names, color=session.color, language=language)
