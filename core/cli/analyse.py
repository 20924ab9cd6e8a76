"""``cityflux analyse``: what an index is made of, in the terms of the OECD/JRC handbook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cityflux.core.cli.output import json_option, language_option, print_json
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.reading.catalog import Language, city_names
from cityflux.core.reading.indices import definition_of
from cityflux.core.reading.nodes import node_names
from cityflux.core.reading.study import Study

if TYPE_CHECKING:
    from cityflux.core.engine.measures.correlation import Method

PARTS = ("statistics", "correlations", "consistency", "components", "effective_weights")


@click.command(epilog="Example: cityflux analyse flow_index --correlations --level 2")
@click.argument("index", required=False)
@click.option("--statistics", is_flag=True, help="Moments, extremes and gaps of each indicator.")
@click.option("--correlations", is_flag=True, help="How nodes hang together, two by two.")
@click.option("--consistency", is_flag=True, help="Cronbach's alpha of the children of each node.")
@click.option("--components", is_flag=True, help="Principal components, with a scree.")
@click.option(
    "--effective-weights", is_flag=True, help="Written weights beside those that take effect."
)
@click.option("--node", help="Only what stands under this node.")
@click.option(
    "--level",
    "levels",
    type=click.IntRange(min=0),
    metavar="LEVEL",
    multiple=True,
    help="Nodes of this level, the root is 0; twice: correlations between two.",
)
@click.option(
    "--method",
    type=click.Choice(["pearson", "spearman", "kendall"]),
    metavar="NAME",
    help="Of correlations: pearson (default), spearman, kendall.",
)
@click.option("--period", help="One of the index (default: the last), or all.")
@language_option
@json_option
@pass_session
def analyse(
    session: Session,
    /,
    index: str | None,
    node: str | None,
    levels: tuple[int, ...],
    method: Method | None,
    period: str | None,
    lang: Language | None,
    as_json: bool,
    **chosen: bool,
) -> None:
    """Analyse INDEX (or the default one): its statistics, or what is named.

    An observation is a city in a period. Figures are in their own unit, before any step of the
    index; scores are those of the last run.
    """
    from cityflux.core.cli import analysis_tables
    from cityflux.core.reading.names import node_called

    parts = [part for part in PARTS if chosen[part]] or ["statistics"]
    if method and "correlations" not in parts:
        raise click.UsageError("--method goes with --correlations")
    if levels and not {"correlations", "components"} & set(parts):
        raise click.UsageError("--level goes with --correlations or --components")
    if len(levels) > (2 if "components" not in parts else 1):
        raise click.UsageError("--level goes once, or twice with --correlations alone")
    with session.read() as connection:
        definition = definition_of(connection, session.index_name(index))
        node = node and node_called(connection, definition.id, node)
        study = Study(connection, definition, node, levels, method or "pearson", period)
        if as_json:
            print_json({part: getattr(study, part)() for part in parts})
            return
        names = node_names(connection, study.definition.id, lang)
        cities = city_names(connection, lang)
        for part in parts:
            show = getattr(analysis_tables, f"print_{part}")
            show(getattr(study, part)(), study, names, cities, color=session.color)
