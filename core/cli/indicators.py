"""``cityflux indicators``: what is measured, what is known of it, what is doubted or disputed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from cityflux.core.cli.output import json_option, print_json, print_table
from cityflux.core.cli.session import Session, pass_session
from cityflux.core.cli.worklist import print_worklist
from cityflux.core.model.errors import PluginError
from cityflux.core.model.near import meant
from cityflux.core.reading.figures import (
    Known,
    disputed_figures,
    known_figures,
    suspect_figures,
)

if TYPE_CHECKING:
    from cityflux.core.plugin.manager import IndicatorPlugin


@click.group(
    invoke_without_command=True, epilog="Example: cityflux indicators --index flow_index --missing"
)
@click.option("--index", "name", metavar="INDEX", help="Only the indicators of an index.")
@click.option(
    "--missing",
    is_flag=True,
    help="List the figures that an index lacks, where they are printed, and what they bring.",
)
@click.option("--stale", is_flag=True, help="List those later than their frequency allows.")
@click.option("--suspect", is_flag=True, help="List the figures that are doubted, with the reason.")
@click.option("--conflicts", is_flag=True, help="List the figures that two sources dispute.")
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    default=0.05,
    show_default=True,
    help="With --conflicts: the share of the larger figure by which two may differ.",
)
@json_option
@click.pass_context
def indicators(
    context: click.Context,
    name: str | None,
    missing: bool,
    stale: bool,
    suspect: bool,
    conflicts: bool,
    tolerance: float,
    as_json: bool,
) -> None:
    """List the indicators: unit, how their figures come, and how many are known."""
    if context.invoked_subcommand:
        return
    session = context.ensure_object(Session)
    if suspect:
        with session.read() as connection:
            doubted = [dict(row) for row in suspect_figures(connection)]
        _print(session, "suspect figures", doubted, _SUSPECT_COLUMNS, as_json)
    elif conflicts:
        with session.read() as connection:
            disputed = [dict(row) for row in disputed_figures(connection, tolerance)]
        _print(session, "disputed figures", disputed, _CONFLICT_COLUMNS, as_json)
    elif stale:
        _list_stale(session, as_json)
    elif missing:
        print_worklist(session, name, as_json)
    else:
        _list_indicators(session, name, as_json)


_SUSPECT_COLUMNS = ("indicator_id", "city_id", "period", "value", "unit", "source_id", "note")
_CONFLICT_COLUMNS = (
    *("indicator_id", "city_id", "period", "used", "used_source", "used_priority"),
    *("other", "other_source", "other_priority", "unit", "difference", "reason"),
)


@indicators.command(epilog="Example: cityflux indicators accept people.population --city shanghai")
@click.argument("indicator")
@click.option("--city", help="Only the figures of this city.")
@click.option("--period", help="Only those of this period.")
@click.option("--source", help="Only those from this source.")
@pass_session
def accept(
    session: Session, indicator: str, city: str | None, period: str | None, source: str | None
) -> int:
    """Take the suspect figures of INDICATOR as sound, so that they enter the indices."""
    from cityflux.storage.database import write
    from cityflux.storage.observations import accept_figures

    if indicator not in session.plugins.indicators:
        hint = meant(indicator, session.plugins.indicators, "see: cityflux indicators")
        raise PluginError(f"there is no indicator {indicator!r}; {hint}")
    with session.open() as connection, write(connection):
        count = accept_figures(connection, indicator, city, period, source)
    if not count:
        click.echo(f"{indicator}: nothing is suspect there; see: cityflux indicators --suspect")
        return 1
    click.echo(f"{indicator}: {count} figure{'s' * (count > 1)} accepted")
    click.echo("bring the indices up to date with: cityflux compute")
    return 0


def state(plugin: IndicatorPlugin) -> str:
    """How the figures of an indicator come, in words."""
    access = {source.access for source in plugin.sources}
    ways = []
    if plugin.derived:
        ways.append("computed")
    if "live" in access:
        ways.append("live")
    if "bundled" in access:
        ways.append("bundled")
    if "declared" in access:
        scrapers = {source.scraper for source in plugin.sources if source.access == "declared"}
        ways.append(f"declared, read by no scraper ({', '.join(sorted(scrapers))})")
    return "; ".join(ways)


def _known(session: Session) -> dict[str, Known]:
    if not session.database.exists():
        return {}
    with session.read() as connection:
        return known_figures(connection)


def _list_indicators(session: Session, name: str | None, as_json: bool) -> None:
    known = _known(session)
    wanted = (
        [leaf.id for leaf in session.index(name).leaves]
        if name
        else list(session.plugins.indicators)
    )
    rows: list[dict[str, Any]] = []
    for identifier in wanted:
        plugin = session.plugins.indicators.get(identifier)
        count, cities, latest = known.get(identifier, Known())
        if plugin is None:
            continue
        declared = plugin.indicator
        rows.append(
            {
                "id": declared.id,
                "name_zh": declared.name_zh,
                "name_en": declared.name_en,
                "unit": declared.unit,
                "direction": declared.direction,
                "frequency": declared.frequency,
                "figures": count,
                "cities": cities,
                "latest": latest,
                "sources": state(plugin),
            }
        )
    shown = ("id", "name_zh", "unit", "figures", "cities", "latest", "sources")
    _print(session, "indicators", rows, shown, as_json)


def _list_stale(session: Session, as_json: bool) -> None:
    from cityflux.storage.staleness import Stale, read_stale

    with session.read() as connection:
        rows = [each._asdict() for each in read_stale(connection)]
    _print(session, "stale indicators", rows, Stale._fields, as_json)


def _print(
    session: Session, title: str, rows: list[dict[str, Any]], shown: Sequence[str], as_json: bool
) -> None:
    if as_json:
        print_json(rows)
        return
    print_table(
        f"{len(rows)} {title}",
        shown,
        [[row[column] for column in shown] for row in rows],
        color=session.color,
        right=("figures", "cities", "value", "used", "other", "difference", "days_late"),
    )
